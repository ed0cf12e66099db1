"""Protocol Buffers' wire format, read strictly: bytes in, fields out; and how fields are written.

Whatever the bytes are, nothing but Malformed is raised. A tag is kept as it is written, field
number and wire type in one, so that a known field of another wire type is just unknown, as the
format wants it. https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from .failure import Malformed

_FIXED64, _FIXED32 = Struct("<Q").unpack_from, Struct("<I").unpack_from
_VARINT, _I64, _LEN, _GROUP, _GROUP_END, _I32 = range(6)
_MASK = (1 << 64) - 1
#: Groups are not in OTLP; a later version's, inside of each other, are skipped so deep.
_MOST_GROUPS = 32


class Field(NamedTuple):
    """One field. `number` is a scalar's value; other content lies from `begin` to `end`."""

    tag: int
    number: int
    begin: int
    end: int


def varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """An unsigned number of 64 bits, and where it ends. Raises Malformed."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            raise Malformed(f"a number is cut off at byte {at}")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & _MASK, at
    raise Malformed(f"a number of more than ten bytes before byte {at}")


def signed(number: int) -> int:
    """A varint as int64."""
    return number - (1 << 64) if number >> 63 else number


def fields(data: bytes, at: int, end: int) -> Iterator[Field]:
    """The fields of a message that lies there. Raises Malformed."""
    groups: list[int] = []
    while at < end:
        begin = at
        tag, at = varint(data, at, end)
        kind = tag & 7
        if not 0 < tag >> 3 < 1 << 29:
            raise Malformed(f"no field has the number {tag >> 3}, at byte {begin}")
        if kind in {_GROUP, _GROUP_END}:
            _grouped(groups, tag, begin)
            continue
        field = _content(data, tag, begin, at, end)
        at = field.end
        if not groups:
            yield field
    if groups:
        raise Malformed(f"a group does not end, at byte {at}")


def _content(data: bytes, tag: int, begin: int, at: int, end: int) -> Field:
    kind, number = tag & 7, 0
    if kind == _VARINT:
        number, stop = varint(data, at, end)
        return Field(tag, number, at, stop)
    if kind == _LEN:
        size, at = varint(data, at, end)
    elif kind in (_I64, _I32):
        size = 8 if kind == _I64 else 4
    else:
        raise Malformed(f"no field has the wire type {kind}, at byte {begin}")
    if size > end - at:
        raise Malformed(f"a field of {size} bytes at byte {begin}, where {end - at} are left")
    if kind != _LEN:
        (number,) = (_FIXED64 if kind == _I64 else _FIXED32)(data, at)
    return Field(tag, number, at, at + size)


def _grouped(groups: list[int], tag: int, at: int) -> None:
    """Note that a group begins or ends; what is in it is not for us."""
    if tag & 7 == _GROUP:
        if len(groups) >= _MOST_GROUPS:
            raise Malformed(f"groups are nested too deep at byte {at}")
        groups.append(tag >> 3)
    elif not groups or groups.pop() != tag >> 3:
        raise Malformed(f"a group ends that did not begin, at byte {at}")


def number_of(value: int) -> bytes:
    """An unsigned number of 64 bits as a varint."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def varint_field(field: int, value: int) -> bytes:
    """A number's field, of a field number below 16."""
    return bytes([field << 3]) + number_of(value & _MASK)


def bytes_field(field: int, content: bytes) -> bytes:
    """A field of bytes, or of a message."""
    return bytes([field << 3 | _LEN]) + number_of(len(content)) + content


def text_field(field: int, text: str) -> bytes:
    """A string's field."""
    return bytes_field(field, text.encode())
