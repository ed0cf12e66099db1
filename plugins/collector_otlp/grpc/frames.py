"""HTTP/2's frames: bytes in, frames out, and how ours are written (RFC 9113 sections 4 and 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from struct import Struct
from typing import Final, NamedTuple

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE = range(9)
CONTINUATION = 9
END_STREAM = ACK = 1
END_HEADERS = 4
_PADDED, _PRIORITIZED = 8, 32
#: Errors, section 7.
NO_ERROR, PROTOCOL_ERROR, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR = 0, 1, 3, 6
REFUSED_STREAM, COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 7, 9, 11
#: Settings, section 6.5.2.
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = 3, 4, 5, 6
#: A window's size when nothing is said, and at most.
WINDOW, LARGEST_WINDOW = 65535, (1 << 31) - 1
PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#: What clients are told: a request is one frame, where 16 KiB would make two of 100 records.
LARGEST_FRAME = 1 << 20
_HEAD = Struct(">HBBBI")
_SETTING = Struct(">HI")
_U32 = Struct(">I")
#: The size of a frame of this type, where it has but one.
_SIZES: Final = {PRIORITY: 5, RST_STREAM: 4, PING: 8, WINDOW_UPDATE: 4}


class Broken(Exception):
    """The connection cannot go on: an error code, and why in a few words."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


class Frame(NamedTuple):
    """One frame, without its padding and its priority."""

    kind: int
    flags: int
    stream: int
    payload: bytes


class Cutter:
    """Of one connection, after its preface."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now. Raises Broken."""
        if self._rest:
            data = self._rest + data
        at, size = 0, len(data)
        try:
            while size - at >= 9:
                high, low, kind, flags, stream = _HEAD.unpack_from(data, at)
                length = high << 8 | low
                if length > LARGEST_FRAME:
                    raise Broken(FRAME_SIZE_ERROR, f"a frame of {length} bytes")
                if size - at - 9 < length:
                    break
                payload = data[at + 9 : at + 9 + length]
                at += 9 + length
                if flags & _PADDED or kind not in {DATA, CONTINUATION}:
                    payload = _content(kind, flags, payload)
                yield Frame(kind, flags, stream & LARGEST_WINDOW, payload)
        finally:
            self._rest = data[at:]


def _content(kind: int, flags: int, payload: bytes) -> bytes:
    """Without padding and priority. Raises Broken."""
    if len(payload) != _SIZES.get(kind, len(payload)):
        raise Broken(FRAME_SIZE_ERROR, f"a frame of type {kind} has {len(payload)} bytes")
    if kind not in {DATA, HEADERS}:
        return payload
    begin, end = 0, len(payload)
    if flags & _PADDED:
        begin, end = 1, end - (payload[0] if payload else end + 1)
    if kind == HEADERS and flags & _PRIORITIZED:
        begin += 5
    if begin > end:
        raise Broken(PROTOCOL_ERROR, "a frame is all padding")
    return payload[begin:end]


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One of ours."""
    size = len(payload)
    return _HEAD.pack(size >> 8, size & 255, kind, flags, stream) + payload


def settings(values: Mapping[int, int]) -> bytes:
    """SETTINGS."""
    return frame(SETTINGS, 0, 0, b"".join(_SETTING.pack(*pair) for pair in values.items()))


def settings_in(payload: bytes) -> dict[int, int]:
    """The values of a SETTINGS frame. Raises Broken."""
    if len(payload) % _SETTING.size:
        raise Broken(FRAME_SIZE_ERROR, "half a setting")
    return dict(_SETTING.iter_unpack(payload))


def reset(stream: int, code: int) -> bytes:
    """RST_STREAM."""
    return frame(RST_STREAM, 0, stream, _U32.pack(code))


#: In place of `last`, of a server that goes on with what comes: its client opens no more.
EVERY_STREAM = (1 << 31) - 1


def goaway(last: int, code: int, why: str = "") -> bytes:
    """GOAWAY: streams after `last` were not looked at."""
    return frame(GOAWAY, 0, 0, _U32.pack(last) + _U32.pack(code) + why.encode())


def window_update(stream: int, more: int) -> bytes:
    """WINDOW_UPDATE."""
    return frame(WINDOW_UPDATE, 0, stream, _U32.pack(more))


def number_in(payload: bytes) -> int:
    """Of a WINDOW_UPDATE."""
    (number,) = _U32.unpack(payload)
    return int(number & LARGEST_WINDOW)
