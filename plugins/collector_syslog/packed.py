"""Messages that rsyslog has compressed (`compression.mode="single"`): a frame in, its text out.

It is a `z` and a zlib stream. That is never UTF-8, so nobody looks for it in a frame that is.
"""

from __future__ import annotations

import zlib

_HEADERS = (b"zx\x01", b"zx\x5e", b"zx\x9c", b"zx\xda")
_TRAILERS = b"\0\r\n"
#: Bytes of a message: a small frame may claim to be a thousand times as long.
_MOST = 65536


def unpacked(frame: bytes) -> bytes:
    """What was packed; the frame itself where it is not packed, or damaged, or too long.

    The checksum may lack its last bytes: a listener takes them for a trailer where they look so.
    """
    if not frame.startswith(_HEADERS):
        return frame
    inflating = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        text = inflating.decompress(frame[3:], _MOST)
    except zlib.error:
        return frame
    checksum = zlib.adler32(text).to_bytes(4, "big")
    if not inflating.eof or not checksum.startswith(inflating.unused_data):
        return frame
    return text.rstrip(_TRAILERS) or frame
