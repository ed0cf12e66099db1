"""All converters by name."""

from __future__ import annotations

from .collections import COLLECTIONS
from .hashing import HASHING
from .parsing import PARSING
from .text import TEXTS_OF
from .times import TIMES
from .types import TYPES

CONVERTERS = {**TYPES, **TEXTS_OF, **TIMES, **PARSING, **HASHING, **COLLECTIONS}
