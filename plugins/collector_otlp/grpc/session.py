"""One connection of gRPC without its socket: bytes in, calls out, answers back as they are given.

The server's half of HTTP/2 (RFC 9113) as far as unary calls need it. Rules:

1. A client may send as much as it likes: messages are limited each, and all together. So the
   connection's window is opened again as it is used, and a stream's has room for a whole message.
2. What breaks HTTP/2's rules, or keeps us busy with nothing, ends its connection and no other.
3. Whoever is told to go, by GOAWAY, still gets the answers of the calls that are complete.
"""

from __future__ import annotations

from collector.api import NOTHING, Line, Resource, Server, WebResponse, WrongProtocol

from . import frames
from .calls import MOST, Calls
from .frames import ENHANCE_YOUR_CALM, PROTOCOL_ERROR, Broken, Frame
from .headers import LARGEST_LIST, HeaderBlocks
from .stream import PREFIX

#: What a client may send of one connection before it must be told of more room.
_ROOM = 1 << 26
#: Frames that are no data, since the last call that ended: pings, settings, calls that are taken
#: back. A client that pings every 10 s and has nothing to send makes them in a day.
_IDLE_FRAMES = 10_000
#: Seconds for a client to take what was written last.
_STALLED = 300.0
_TLS = b"\x16\x03"
_TEXT = b"This port takes OTLP over gRPC. OTLP over HTTP has a port of its own.\n"
_NOT_HTTP1 = (
    b"HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Type: text/plain\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(_TEXT), _TEXT)
)


class GrpcSession:
    """See `collector.api.WebSession`."""

    def __init__(
        self, server: Server, line: Line, peer: tuple[str, int], resource: Resource = NOTHING
    ) -> None:
        self._server, self._line = server, line
        self._cutter, self._blocks = frames.Cutter(), HeaderBlocks()
        self._calls = Calls(server, line, peer, self._is_empty)
        #: The beginning, until it is known whether it is the preface.
        self._greeting: bytes | None = b""
        #: Headers whose end has not come.
        self._open: tuple[Frame, bytes] | None = None
        #: The last call, the bytes since the client was told of more room, and idle frames.
        self._last = self._used = self._idle = 0
        #: Nothing more is read; the answers under way are still written.
        self._over = False
        self._until = 0.0
        self._parts = False
        self._within(server.limits.header_timeout)

    def _within(self, seconds: float) -> None:
        self._until = self._server.reactor.seconds() + seconds

    def feed(self, data: bytes) -> None:
        """Bytes from the client. Raises WrongProtocol."""
        if self._over:
            return
        try:
            if self._greeting is not None:
                data = self._greeted(self._greeting + data)
            self._read(data)
        except Broken as e:
            self._server.refused("bad_request")
            self._line.write(frames.goaway(self._last, e.code, str(e)))
            self._finish()

    def _read(self, data: bytes) -> None:
        for frame in self._cutter.feed(data):
            if self._over:
                break
            self._take(frame)

    def _greeted(self, data: bytes) -> bytes:
        """What comes after the preface. Raises WrongProtocol."""
        size = len(frames.PREFACE)
        if data[:size] != frames.PREFACE[: len(data)]:
            if data.startswith(_TLS):
                raise WrongProtocol("TLS")
            self._server.refused("bad_request")
            self._line.write(_NOT_HTTP1)
            self._finish()
            return b""
        if len(data) < size:
            self._greeting = data
            return b""
        self._greeting = None
        self._greet()
        self._within(self._server.limits.idle_timeout)
        return data[size:]

    def _greet(self) -> None:
        window = min(self._server.limits.max_body + PREFIX, frames.LARGEST_WINDOW)
        ours = {
            frames.MAX_CONCURRENT_STREAMS: MOST,
            frames.INITIAL_WINDOW_SIZE: max(window, frames.WINDOW),
            frames.MAX_FRAME_SIZE: frames.LARGEST_FRAME,
            frames.MAX_HEADER_LIST_SIZE: LARGEST_LIST,
        }
        room = frames.window_update(0, _ROOM - frames.WINDOW)
        self._line.write(frames.settings(ours) + room)
        if self._parts:
            self._line.write(frames.goaway(frames.EVERY_STREAM, frames.NO_ERROR))

    def _take(self, frame: Frame) -> None:
        kind = frame.kind
        if self._open is not None and kind != frames.CONTINUATION:
            raise Broken(PROTOCOL_ERROR, "headers have no end")
        if kind == frames.DATA and frame.payload:
            self._data(frame)
            return
        self._idle += 1
        if self._idle > _IDLE_FRAMES:
            raise Broken(ENHANCE_YOUR_CALM, "many frames and no call")
        if kind == frames.DATA:
            self._data(frame)
        elif kind == frames.HEADERS:
            self._headers(frame, frame.payload)
        elif kind == frames.CONTINUATION:
            self._continued(frame)
        else:
            self._control(frame)

    def _data(self, frame: Frame) -> None:
        if not 0 < frame.stream <= self._last:
            raise Broken(PROTOCOL_ERROR, "data before headers")
        self._used += len(frame.payload)
        if self._used > _ROOM // 2:  # rule 1
            self._line.write(frames.window_update(0, self._used))
            self._used = 0
        ended = bool(frame.flags & frames.END_STREAM)
        if ended:
            self._idle = 0
        self._calls.data(frame.stream, frame.payload, ended=ended)

    def _headers(self, head: Frame, block: bytes) -> None:
        if len(block) > LARGEST_LIST:
            raise Broken(ENHANCE_YOUR_CALM, "the headers are too long")
        if not head.flags & frames.END_HEADERS:
            self._open = head, block
            return
        self._open = None
        pairs = self._blocks.decode(block)  # all of them, for they change the table
        number, ended = head.stream, bool(head.flags & frames.END_STREAM)
        if self._calls.trailers(number, ended=ended):
            return
        if not number % 2:
            raise Broken(PROTOCOL_ERROR, "a client's streams are odd")
        if number > self._last:
            self._last = number
            self._calls.begin(number, pairs, ended=ended)

    def _continued(self, frame: Frame) -> None:
        if self._open is None or self._open[0].stream != frame.stream:
            raise Broken(PROTOCOL_ERROR, "headers go on that have not begun")
        head, block = self._open
        flags = head.flags | frame.flags & frames.END_HEADERS
        self._headers(head._replace(flags=flags), block + frame.payload)

    def _control(self, frame: Frame) -> None:
        kind, is_ack = frame.kind, frame.flags & frames.ACK
        if kind == frames.WINDOW_UPDATE:
            self._calls.more_room(frame.stream, frames.number_in(frame.payload))
        elif kind == frames.PING and not is_ack:
            self._line.write(frames.frame(frames.PING, frames.ACK, 0, frame.payload))
        elif kind == frames.SETTINGS and not is_ack:
            self._line.write(frames.frame(frames.SETTINGS, frames.ACK, 0))
            size = frames.settings_in(frame.payload).get(frames.INITIAL_WINDOW_SIZE)
            if size is not None:
                self._calls.room(size)
        elif kind == frames.RST_STREAM:
            self._calls.drop(frame.stream)
        elif kind == frames.PUSH_PROMISE:
            raise Broken(PROTOCOL_ERROR, "a client pushes nothing")

    def turn_away(self, response: WebResponse) -> None:
        """Before anything has come."""
        self._greet()
        self._line.write(frames.goaway(0, ENHANCE_YOUR_CALM, "too many connections"))
        self._finish()

    # --- its end ---

    def _is_empty(self) -> None:
        limits = self._server.limits
        self._within(limits.parting_timeout if self._parts else limits.idle_timeout)
        if self._over:
            self._finish()

    def _finish(self) -> None:
        self._over = True
        self._calls.drop_all()
        self._within(_STALLED)
        self._line.end()

    @property
    def deadline(self) -> float:
        """When a call has lasted too long, or the wait for one."""
        return self._calls.deadline if self._calls else self._until

    def expire(self) -> None:
        """It has."""
        if self._calls:
            self._calls.expire()
        elif self._over:
            self._line.abort()
        else:
            self.quiesce()

    def part(self) -> None:
        """See `WebSession`. Calls that the client begins before it hears of it are taken too."""
        self._parts = True
        if self._over:
            return
        if self._greeting is None:
            self._line.write(frames.goaway(frames.EVERY_STREAM, frames.NO_ERROR))
        now, patience = self._server.reactor.seconds(), self._server.limits.parting_timeout
        self._until = min(self._until, now + patience)

    def quiesce(self) -> None:
        """Rule 3."""
        if self._over:
            return
        if self._greeting is None:
            self._line.write(frames.goaway(self._last, frames.NO_ERROR))
        self._calls.send_away()
        self._over = True
        if not self._calls:
            self._finish()

    def closed(self) -> None:
        """The connection is gone."""
        self._over = True
        self._calls.drop_all()
