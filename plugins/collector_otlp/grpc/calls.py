"""The calls of one connection: headers and data in, complete requests out, answers back.

1. A call is shown to `admit` when its headers are in, and `received` when its message is.
2. What is refused is answered at once, and its stream reset: what still comes of it is thrown away.
3. Answers go out in any order; one waits where its client has no room for it.
4. No call waits for ever: for its message, nor for a client to take its answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from collector.api import Exchange, Line, Server

from . import frames, status
from .frames import PROTOCOL_ERROR, Broken
from .headers import Pairs
from .stream import PREFIX, Stream, Windows, request_of

#: Calls at once, of a connection; more are told to come again.
MOST = 256
#: Seconds for a client to take an answer.
_STALLED = 300.0


class Calls:
    """`emptied` is called when the last of them has ended."""

    def __init__(
        self, server: Server, line: Line, peer: tuple[str, int], emptied: Callable[[], None]
    ) -> None:
        self._server, self._line, self._peer, self._emptied = server, line, peer, emptied
        self._windows = Windows()
        self._streams: dict[int, Stream] = {}

    def __len__(self) -> int:
        return len(self._streams)

    # --- what comes ---

    def begin(self, number: int, pairs: Pairs, *, ended: bool) -> None:
        """Rule 1."""
        if len(self._streams) >= MOST:
            self._line.write(frames.reset(number, frames.REFUSED_STREAM))
            return
        server = self._server
        request = request_of(pairs, self._peer)
        if not request.headers.get("content-type", "").startswith("application/grpc"):
            server.refused("content_type")
            self._line.write(status.not_grpc(number))
            return
        exchange = Exchange(partial(self._answered, number), request, persistent=True)
        due = server.reactor.seconds() + server.limits.body_timeout
        stream = Stream(number, exchange, self._windows.initial, due, ended)
        self._streams[number] = stream
        early = server.admit(request)
        if early is not None:
            exchange.answer(early)
        elif ended:
            self._ended(stream)

    def data(self, number: int, data: bytes, *, ended: bool) -> None:
        """A part of a message; of a call that has ended it is thrown away."""
        stream = self._streams.get(number)
        if stream is None or stream.complete:
            return
        exchange, server, size = stream.exchange, self._server, len(data)
        exchange.chunks.append(data)
        exchange.size += size
        server.buffered += size
        stream.deadline += size / server.limits.min_rate
        if exchange.size > server.limits.max_body + PREFIX:
            self._refuse(stream, "too_large", 413, "The message is too large.")
        elif server.buffered > server.limits.max_buffered:
            self._refuse(stream, "busy", 503, "Too many messages are being read.")
        elif ended:
            self._ended(stream)

    def trailers(self, number: int, *, ended: bool) -> bool:
        """Headers of a call that has begun; whether there is one. Raises Broken."""
        stream = self._streams.get(number)
        if stream is None:
            return False
        if stream.complete or not ended:
            raise Broken(PROTOCOL_ERROR, "headers in the middle of a call")
        self._ended(stream)
        return True

    def _ended(self, stream: Stream) -> None:
        wrong = stream.end()
        if wrong:
            self._refuse(stream, "malformed", 400, f"The call cannot be read: {wrong}.")
        else:
            self._server.received(stream.exchange)

    # --- what goes ---

    def _refuse(self, stream: Stream, reason: str, code: int, text: str) -> None:
        self._server.refused(reason)
        stream.exchange.answer(self._server.refuse(code, text))

    def _answered(self, number: int) -> None:
        """Rules 2 and 3."""
        stream = self._streams.get(number)
        if stream is None:
            return
        response = stream.exchange.response
        assert response is not None
        if response.status != 200:
            written = status.refused(number, response)
        elif self._windows.take(stream, len(response.body) + PREFIX):
            written = status.taken(number, response)
        else:
            stream.deadline = self._server.reactor.seconds() + _STALLED
            return
        if not stream.complete:
            written += frames.reset(number, frames.NO_ERROR)
        self._line.write(written)
        self.drop(number)

    def more_room(self, number: int, size: int) -> None:
        """The client takes so much more, of a call or (0) of all. Raises Broken."""
        stream = self._streams.get(number)
        if stream is not None or not number:
            self._windows.more(size, stream)
            self._answer_waiting()

    def room(self, size: int) -> None:
        """The client takes so much of each call. Raises Broken."""
        self._windows.begin_with(size, list(self._streams.values()))
        self._answer_waiting()

    def _answer_waiting(self) -> None:
        waiting = [n for n, stream in self._streams.items() if stream.exchange.response]
        for number in waiting:
            self._answered(number)

    # --- their end ---

    def drop(self, number: int) -> None:
        """Nobody waits for it any more."""
        stream = self._streams.pop(number, None)
        if stream is not None:
            self._server.buffered -= stream.exchange.size
            if not self._streams:
                self._emptied()

    def drop_all(self) -> None:
        """The connection ends; nobody is told."""
        streams, self._streams = self._streams, {}
        self._server.buffered -= sum(stream.exchange.size for stream in streams.values())

    def send_away(self) -> None:
        """Those that are not complete may go elsewhere."""
        for stream in [s for s in self._streams.values() if not s.complete]:
            self._line.write(frames.reset(stream.id, frames.REFUSED_STREAM))
            self.drop(stream.id)

    @property
    def deadline(self) -> float:
        """Rule 4: when the first of them has lasted too long."""
        return min((stream.deadline for stream in self._streams.values()), default=math.inf)

    def expire(self) -> None:
        """It has."""
        now = self._server.reactor.seconds()
        for stream in [s for s in self._streams.values() if s.deadline <= now]:
            if stream.complete:
                self._line.write(frames.reset(stream.id, frames.FLOW_CONTROL_ERROR))
                self.drop(stream.id)
            else:
                self._refuse(stream, "slow", 408, "The call took too long.")
