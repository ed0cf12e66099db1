"""One call on its connection, and the room that its client has for answers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from collector.api import Exchange, WebRequest

from .frames import FLOW_CONTROL_ERROR, LARGEST_WINDOW, WINDOW, Broken
from .headers import Pairs

#: Before a message: whether it is compressed, and its length.
PREFIX = 5


@dataclass
class Stream:
    """From its headers until its answer is written."""

    id: int
    exchange: Exchange
    #: Bytes of an answer's message that may be sent.
    window: int
    #: When it has lasted too long: until it is complete, and when nobody takes its answer.
    deadline: float
    complete: bool = False

    def end(self) -> str:
        """All has come: give the request its message, or say what is wrong with it."""
        self.complete, self.deadline = True, math.inf
        exchange = self.exchange
        body = b"".join(exchange.chunks)
        exchange.chunks = []
        if len(body) < PREFIX:
            return f"a message and its prefix are expected, and {len(body)} bytes have come"
        size = int.from_bytes(body[1:PREFIX], "big")
        if size != len(body) - PREFIX or body[0] > 1:
            return f"one message of {size} bytes is expected, and {len(body) - PREFIX} have come"
        exchange.request.body = body[PREFIX:]
        if not body[0]:
            exchange.request.headers.pop("content-encoding")  # type: ignore[attr-defined]
        return ""


def request_of(pairs: Pairs, peer: tuple[str, int]) -> WebRequest:
    """The call that these headers begin."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    headers["content-encoding"] = headers.get("grpc-encoding", "identity")
    method, path = headers.get(":method", ""), headers.get(":path", "")
    return WebRequest(method, path, "", headers, *peer)


class Windows:
    """How much a client lets us send, RFC 9113 section 5.2."""

    def __init__(self) -> None:
        self._connection = WINDOW
        #: Of a stream that begins.
        self.initial = WINDOW

    def take(self, stream: Stream, size: int) -> bool:
        """Whether there is room for so much; then it is taken."""
        if size > min(self._connection, stream.window):
            return False
        self._connection -= size
        stream.window -= size
        return True

    def more(self, size: int, stream: Stream | None) -> None:
        """Of one stream, or of all together. Raises Broken."""
        if stream is None:
            self._connection = _checked(self._connection + size)
        else:
            stream.window = _checked(stream.window + size)

    def begin_with(self, size: int, streams: list[Stream]) -> None:
        """The client's setting for all streams has changed. Raises Broken."""
        for stream in streams:
            stream.window = _checked(stream.window + size - self.initial)
        self.initial = _checked(size)


def _checked(window: int) -> int:
    if window > LARGEST_WINDOW:
        raise Broken(FLOW_CONTROL_ERROR, "a window is too large")
    return window
