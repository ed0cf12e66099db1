"""HPACK: header blocks in, fields out, and how ours are written (RFC 7541)."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from hpack import Decoder, HPACKError

from .frames import COMPRESSION_ERROR, Broken

#: Of the names and values of a request, each counted with 32 bytes more (RFC 9113 6.5.2).
LARGEST_LIST = 16384
#: Blocks that are remembered, of at most so many bytes.
_MOST, _LONGEST = 64, 1024

Pairs = tuple[tuple[str, str], ...]

# It says each header in debug lines, and a token is one.
logging.getLogger("hpack").setLevel(logging.WARNING)


class HeaderBlocks:
    """Those of one connection, in their order.

    A client that goes on says the same in the same bytes, which mean the same until the table of
    the two changes: then a block costs a look in a dict, and not 50 us.
    """

    def __init__(self) -> None:
        self._decoder = Decoder(LARGEST_LIST)
        self._known: dict[bytes, Pairs] = {}

    def decode(self, block: bytes) -> Pairs:
        """The fields of a block. Raises Broken."""
        found = self._known.get(block)
        if found is not None:
            return found
        table = self._decoder.header_table
        before = (table.maxsize, *table.dynamic_entries)
        try:
            pairs = self._decoder.decode(block, raw=True)
        except (HPACKError, IndexError) as e:
            raise Broken(COMPRESSION_ERROR, "the headers cannot be decoded") from e
        found = tuple((_text(name), _text(value)) for name, value in pairs)
        if before != (table.maxsize, *table.dynamic_entries):
            self._known.clear()
        elif len(block) <= _LONGEST and len(self._known) < _MOST:
            self._known[block] = found
        return found


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")


def encoded(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A block that is the same on every connection: it uses no table (section 6.2.2)."""
    return b"".join(b"\0" + _string(name) + _string(value) for name, value in pairs)


def _string(text: bytes) -> bytes:
    """Section 5.2, without Huffman's code."""
    size = len(text)
    if size < 127:
        return bytes([size]) + text
    head, size = bytearray([127]), size - 127
    while size > 127:
        head.append(size & 127 | 128)
        size >>= 7
    head.append(size)
    return bytes(head) + text
