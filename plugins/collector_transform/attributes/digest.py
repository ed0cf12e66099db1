"""A value in, the digest that stands for it out."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

from ..ottl.values import json_text, wrapped


def digest(value: Any) -> str:
    """OpenTelemetry's: SHA-256 in hex of a text's UTF-8, of a number's 8 bytes, of a bool's one.

    Nothing for an empty text and for nil. A map or list, which it makes empty, is hashed as its
    JSON. Raises Failed.
    """
    data = _bytes(value)
    return hashlib.sha256(data).hexdigest() if data else ""


def _bytes(value: Any) -> bytes:  # noqa: PLR0911 one for each type
    match value:
        case None:
            return b""
        case str():
            return value.encode("utf-8", "replace")
        case bytes():
            return value
        case bool():
            return bytes([value])
        case int():
            return wrapped(value).to_bytes(8, "little", signed=True)
        case float():
            return struct.pack("<d", value)
    return json_text(value).encode("utf-8", "replace")
