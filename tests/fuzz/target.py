"""What atheris is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Target(NamedTuple):
    """Something that keeps its promises whatever bytes it is given."""

    #: Makes the function of any bytes, which raises when a promise is broken.
    make: Callable[[], Callable[[bytes], None]]
    #: Inputs to begin with.
    seeds: Sequence[bytes]
