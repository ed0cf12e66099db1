r"""Attributes and bodies as Protocol Buffers have them: bytes in, Python's values out.

A string that is not UTF-8 costs nobody the record: its bytes are shown as `\xNN`.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Any

from .failure import Unacceptable
from .wire import Field, fields, signed

#: Lists and maps inside of each other. Protocol Buffers' own libraries stop near 48.
MOST_DEPTH = 64
Span = tuple[int, int]

_DOUBLE = Struct("<d").unpack_from
#: Of AnyValue.
STRING, BOOL, INT, DOUBLE, ARRAY, MAP, BYTES = 10, 16, 24, 33, 42, 50, 58
#: Of KeyValue; and of ArrayValue and KeyValueList, whose only field has the tag of a key.
_KEY, _VALUE = 10, 18


class Reader:
    """Of one record, or of a resource or scope. Raises Malformed and Unacceptable."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        #: Whether there was a string that is not UTF-8.
        self.invalid = False

    def text(self, field: Field) -> str:
        """A string."""
        raw = self.raw(field)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self.invalid = True
            return raw.decode("utf-8", "backslashreplace")

    def raw(self, field: Field) -> bytes:
        """Bytes."""
        return self._data[field.begin : field.end]

    def attribute(self, at: int, end: int, depth: int = 0) -> tuple[str, Any]:
        """A KeyValue."""
        key, spans = "", []
        for field in fields(self._data, at, end):
            if field.tag == _KEY:
                key = self.text(field)
            elif field.tag == _VALUE:
                spans.append((field.begin, field.end))
        return key, self.value(spans, depth)

    def value(self, spans: Iterable[Span], depth: int = 0) -> Any:
        """An AnyValue; None when it is empty. What comes in several pieces is joined."""
        found, before = None, 0
        for at, end in spans:
            for field in fields(self._data, at, end):
                tag = field.tag
                if tag in {ARRAY, MAP}:
                    more = self._array(field, depth) if tag == ARRAY else self._map(field, depth)
                    found = _joined(found, more) if tag == before else more
                elif tag in {STRING, BOOL, INT, DOUBLE, BYTES}:
                    found = self._scalar(field)
                else:
                    continue
                before = tag
        return found

    def _scalar(self, field: Field) -> Any:
        tag = field.tag
        if tag == STRING:
            return self.text(field)
        if tag == BYTES:
            return self.raw(field)
        if tag == DOUBLE:
            return _DOUBLE(self._data, field.begin)[0]
        return signed(field.number) if tag == INT else bool(field.number)

    def _array(self, field: Field, depth: int) -> list[Any]:
        return [self.value([item], depth + 1) for item in self._items(field, depth)]

    def _map(self, field: Field, depth: int) -> dict[str, Any]:
        return dict(self.attribute(*item, depth + 1) for item in self._items(field, depth))

    def _items(self, field: Field, depth: int) -> Iterable[Span]:
        if depth >= MOST_DEPTH:
            raise Unacceptable(f"lists and maps nested over {MOST_DEPTH} deep")
        return [
            (item.begin, item.end)
            for item in fields(self._data, field.begin, field.end)
            if item.tag == _KEY
        ]


def _joined(one: Any, more: Any) -> Any:
    """The first, grown: a copy for each of a million pieces would take hours."""
    (one.update if isinstance(one, dict) else one.extend)(more)
    return one
