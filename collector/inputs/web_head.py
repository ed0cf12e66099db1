"""The head of an HTTP/1.1 request while it comes in: target and headers in, the request out."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import unquote

from ..event import Resource
from .web_messages import WebRequest

#: Bytes and number of the headers of a request; Apache's limit is 100 of 8,190 bytes each.
_LONGEST = 16384
_HEADERS = 500


class Head:
    """Of one request; whoever parses says what has come, and asks whether it is too long."""

    __slots__ = ("_fields", "_headers", "_number", "_size", "_target")

    def __init__(self) -> None:
        self._target = b""
        self._headers: dict[str, str] = {}
        #: Of the headers; and the bytes that came for all of the head.
        self._number = self._fields = self._size = 0

    @property
    def is_too_long(self) -> bool:
        """Whether what was read of it is more than anybody needs."""
        return self._fields > _LONGEST or self._number > _HEADERS or len(self._target) > _LONGEST

    @property
    def is_endless(self) -> bool:
        """Whether so much has come without its end."""
        return self._size > _LONGEST

    def came(self, size: int) -> None:
        """So many bytes more, whole lines or not."""
        self._size += size

    def add_target(self, part: bytes) -> None:
        """A part of the target."""
        self._target += part

    def add(self, name: bytes, value: bytes) -> None:
        """One header line."""
        self._number += 1
        self._fields += len(name) + len(value)
        headers, key, said = self._headers, _name(name), _text(value)
        headers[key] = f"{headers[key]}, {said}" if key in headers else said

    def request(self, method: bytes, peer: tuple[str, int], resource: Resource) -> WebRequest:
        """The request that it begins."""
        target = self._target
        if target[:1] != b"/":  # the absolute form, RFC 9112 section 3.2.2
            target = b"/" + target.partition(b"//")[2].partition(b"/")[2]
        path, _, query = target.decode("latin-1").partition("?")
        if "%" in path:
            path = unquote(path, errors="replace")
        said = method.decode("latin-1")
        return WebRequest(said, path, query, self._headers, *peer, resource=resource)


@lru_cache(512)
def _name(name: bytes) -> str:
    return name.decode("latin-1").lower()


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
