"""Short pieces of requests, by their bytes: most attributes come again and again.

A hit costs a dict's look-up; to read an attribute strictly costs twenty of them. What is not quite
as exporters write it raises Doubt, IndexError or UnicodeDecodeError, and is read strictly then.
"""

from __future__ import annotations

from struct import Struct
from typing import Any

from .values import BOOL, DOUBLE, INT, STRING
from .wire import signed, varint

#: Of at most 129 bytes each.
_MOST = 8192
_DOUBLE = Struct("<d").unpack_from


class Doubt(Exception):
    """This way is too short for these bytes."""


class Texts(dict[bytes, str]):
    """Keys, and severities as texts."""

    __slots__ = ()

    def __missing__(self, raw: bytes) -> str:
        text = raw.decode()
        if len(self) >= _MOST:
            self.clear()
        self[raw] = text
        return text


class Attributes(dict[bytes, tuple[str, Any]]):
    """Of an attribute with its tag and length, of at most 127 bytes: key and value."""

    __slots__ = ("texts",)

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self.texts = texts

    def __missing__(self, raw: bytes) -> tuple[str, Any]:
        size, key = len(raw), raw[3]
        at = 4 + key  # of the value's tag, length, tag and content
        if raw[1] != size - 2 or raw[2] != 10 or key > 127 or raw[at] != 18:
            raise Doubt
        if raw[at + 1] != size - at - 2:
            raise Doubt
        found = self.texts[raw[4:at]], _scalar(raw, at + 2, size)
        if len(self) >= _MOST:
            self.clear()
        self[raw] = found
        return found


def _scalar(raw: bytes, at: int, end: int) -> Any:
    """What never changes; a list is another one each time."""
    tag = raw[at]
    if tag == STRING and raw[at + 1] == end - at - 2:
        return raw[at + 2 :].decode()
    if tag in {INT, BOOL}:
        number, stop = varint(raw, at + 1, end)
        if stop == end:
            return signed(number) if tag == INT else bool(number)
    if tag == DOUBLE and end - at == 9:
        return _DOUBLE(raw, at + 1)[0]
    raise Doubt


def long_text(data: bytes, at: int, end: int, texts: Texts) -> tuple[str, str]:
    """Key and value of an attribute that lies there and is a long string."""
    key = at + 2 + data[at + 1]
    value, begin = varint(data, key + 1, end)
    size, text = varint(data, begin + 1, end)
    if data[at] != 10 or data[at + 1] > 127 or data[key] != 18 or data[begin] != STRING:
        raise Doubt
    if begin + value != end or text + size != end:
        raise Doubt
    return texts[data[at + 2 : key]], data[text:end].decode()
