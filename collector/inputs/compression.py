"""Compressed input, in any number of members one after the other, up to a size.

Members are found by their magic and not by what is said of them; only `deflate` has none.
"""

from __future__ import annotations

import sys
import zlib
from typing import Protocol

try:
    from isal import isal_zlib as _inflate
except ImportError:
    _inflate = zlib  # type: ignore[misc]
if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_BY_MAGIC = frozenset({"gzip", "x-gzip", "zstd"})
#: What `decoded` knows, for an Accept-Encoding header.
ENCODINGS = "gzip, deflate, zstd"
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
#: A frame of this many bytes of anything may stand between zstd frames: 184D2A50 to 184D2A5F.
_SKIPPABLE = b"\x2a\x4d\x18"
#: A zstd frame may ask for a window of 2 GiB; 8 MiB is what RFC 8878 3.1.1.1.2 tells all to take.
_WINDOW_LOG = 23
#: Decompressed at a time.
_PIECE = 1 << 20
#: Compressed bytes taken at a time, at first and at most: a frame may have a million members of
#: 20 bytes, and what follows each would be copied.
_FIRST_STEP, _STEP = 256, 1 << 18


class _Inflating(Protocol):
    """What zlib, isal and zstd have in common, near enough."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


class Damaged(Exception):
    """Compressed data that cannot be decompressed; the message says why, in a few words."""


class TooLong(Exception):
    """More than may be decompressed."""


class UnknownEncoding(Exception):
    """A Content-Encoding that is none of `ENCODINGS`."""


def decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """A body without its Content-Encoding, and at most `limit` bytes of it.

    Raises UnknownEncoding, Damaged or TooLong.
    """
    encoding = encoding.strip().lower()
    if encoding in _BY_MAGIC:
        return expand(body, limit)
    if encoding == "deflate":
        return _inflated(body, limit)
    if encoding not in ("", "identity"):
        raise UnknownEncoding(encoding)
    if len(body) > limit:
        raise TooLong
    return body


def _inflated(body: bytes, limit: int) -> bytes:
    """`deflate` means zlib's format (RFC 9110 8.4.1.2); many send it without the header."""
    parts: list[bytes] = []
    try:
        _, room = _member(_inflate.decompressobj(zlib.MAX_WBITS), body, 0, parts, limit)
    except Damaged:
        parts.clear()
        _, room = _member(_inflate.decompressobj(-zlib.MAX_WBITS), body, 0, parts, limit)
    if room < 0:
        raise TooLong
    return b"".join(parts)


def is_compressed(payload: bytes) -> bool:
    """Whether this is gzip or zstd."""
    return payload.startswith((_GZIP, _ZSTD)) or _is_skippable(payload)


def expand(payload: bytes, limit: int) -> bytes:
    """All members of a payload, decompressed. Raises Damaged, and TooLong above `limit`."""
    parts: list[bytes] = []
    at, room = 0, limit
    while at < len(payload):
        magic = payload[at : at + 4]
        if magic.startswith(_GZIP):
            at, room = _member(_inflate.decompressobj(31), payload, at, parts, room)
        elif magic == _ZSTD:
            options = {int(zstd.DecompressionParameter.window_log_max): _WINDOW_LOG}
            at, room = _member(zstd.ZstdDecompressor(options=options), payload, at, parts, room)
        elif _is_skippable(magic):
            at += 8 + int.from_bytes(payload[at + 4 : at + 8], "little")
        elif parts and not payload[at:].strip(b"\0"):
            break  # some writers fill up with zeros
        else:
            raise Damaged("bytes that are neither gzip nor zstd")
        if room < 0:
            raise TooLong
    return b"".join(parts)


def _is_skippable(magic: bytes) -> bool:
    return magic[1:4] == _SKIPPABLE and magic[0] & 0xF0 == 0x50


def _member(
    inflating: _Inflating, data: bytes, at: int, parts: list[bytes], room: int
) -> tuple[int, int]:
    """One member, a piece at a time; where it ends, and what room is left: below 0 if none."""
    taken, step = b"", _FIRST_STEP
    while room >= 0:
        if not taken and getattr(inflating, "needs_input", True):
            taken = data[at : at + step]
            at, step = at + len(taken), min(2 * step, _STEP)
        last = not taken and at >= len(data)
        try:
            piece = inflating.decompress(taken, _PIECE)
        except Exception as e:  # zlib, isal and zstd each have their own
            raise Damaged("the compressed data are damaged") from e
        room -= len(piece)
        parts.append(piece)
        if inflating.eof:
            return at - len(inflating.unused_data), room
        if last and not piece:
            raise Damaged("the compressed data are cut off")
        taken = getattr(inflating, "unconsumed_tail", b"")  # zstd keeps it itself
    return at, room
