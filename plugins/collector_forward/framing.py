r"""Where a connection's frames end: bytes in, whole frames out. No I/O, no time.

A frame is one MessagePack array, and nothing says before it how long it is. On a connection that
begins with `[` or `{` frames are JSON texts instead, one after the other, with or without line
ends between them.
"""

from __future__ import annotations

import re

from collector.api import WrongProtocol

from .failure import Undecodable
from .oversize import HEAD, Oversize, Passing
from .scan import is_array, skip, unpacker

_NIL = 0xC0
_TLS_HANDSHAKE = b"\x16\x03"
_METHODS = re.compile(rb"(?:GET|PUT|POST|HEAD|OPTIONS|PRI|DELETE|PATCH|CONNECT) ")
_SYSLOG = re.compile(rb"(?:\d+ )?<\d")
_JSON_TOKEN = re.compile(rb'["\[\]{}]')
_STRING_PART = re.compile(rb'(?:[^"\\]|\\.)*+', re.DOTALL)
#: JSON is what small clients write by hand, an event a frame.
_MAX_JSON = 1 << 20


class MessagePackFraming:
    """Arrays, cut where they end; nil between them is a heartbeat, and nothing to anybody."""

    def __init__(self, max_size: int, *, passes: bool = True) -> None:
        """`passes`: a longer frame comes as its head, an `Oversize`; else it is refused."""
        self._max = max_size
        self._passes = passes
        self._passing: Passing | None = None  # such a frame, on its way
        self._scanner = unpacker()
        self._kept: list[bytes] = []  # the unfinished frame
        #: What was found behind whole frames: no more will come.
        self.wrong: WrongProtocol | None = None
        self._begin = 0  # where it begins, and where the read bytes end, in the scanner's count
        self._end = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole now. Raises WrongProtocol."""
        if self.wrong is not None:
            raise self.wrong
        return self._cut(data) if self._passing is None else self._pass(self._passing, data)

    def _cut(self, data: bytes) -> list[bytes]:
        base = self._end
        self._end += len(data)
        self._scanner.feed(data)
        frames: list[bytes] = []
        done = self._begin
        while done < self._end:
            if done >= base and data[done - base] != _NIL and not is_array(data[done - base]):
                wrong = WrongProtocol(spoken(data[done - base :]))
                return self._end_with(frames, wrong)
            try:
                end = self._next()
            except WrongProtocol as e:
                return self._end_with(frames, e)
            if end is None:
                break
            frame = data[max(done - base, 0) : end - base]
            if done < base:
                frame, self._kept = b"".join([*self._kept, frame]), []
            if end - done > self._max:
                try:
                    frame = self._oversize(frame)
                except WrongProtocol as e:
                    return self._end_with(frames, e)
            if frame[0] != _NIL:
                frames.append(frame)
            done = end
        self._begin = done
        self._keep(data, done - base)
        return frames

    def _next(self) -> int | None:
        try:
            return skip(self._scanner)
        except Undecodable as e:
            raise WrongProtocol("broken MessagePack") from e

    def _keep(self, data: bytes, at: int) -> None:
        rest = data[at:] if at > 0 else data
        if rest:
            self._kept.append(rest)
        elif self._end > self._max:  # the scanner's buffer has grown; what it counts has too
            self._scanner, self._begin, self._end = unpacker(), 0, 0
        if self._end - self._begin > self._max:
            self._begin_to_pass()

    def _oversize(self, frame: bytes) -> bytes:
        """A frame that is whole and too long. Raises WrongProtocol."""
        passing = self._new_passing()
        try:
            passing.feed(frame)
        except Undecodable as e:
            raise self._too_long() from e
        return passing.frame()

    def _begin_to_pass(self) -> None:
        passing, kept = self._new_passing(), self._kept
        self._scanner, self._begin, self._end, self._kept = unpacker(), 0, 0, []
        for piece in kept:
            self._pass(passing, piece)
        self._passing = passing

    def _new_passing(self) -> Passing:
        if not self._passes:
            raise self._too_long()
        return Passing()

    def _pass(self, passing: Passing, data: bytes) -> list[bytes]:
        try:
            rest = passing.feed(data)
        except Undecodable as e:
            raise self._too_long() from e
        if rest is None:
            return []
        self._passing = None
        frames: list[bytes] = [passing.frame()]
        try:
            return frames + self._cut(rest)
        except WrongProtocol as e:
            return self._end_with(frames, e)

    def _too_long(self) -> WrongProtocol:
        return WrongProtocol(f"frames of more than {self._max} bytes")

    def _end_with(self, frames: list[bytes], why: WrongProtocol) -> list[bytes]:
        """After whole frames it is said with the next read: those come first."""
        if not frames:
            raise why
        self._scanner, self._begin, self._end, self._kept = unpacker(), 0, 0, []
        self.wrong = why
        return frames

    @property
    def unfinished(self) -> int:
        """Bytes of a frame whose end has not come."""
        return self._passing.size if self._passing else self._end - self._begin

    def rest(self) -> bytes:
        """Those bytes, which somebody else goes on with."""
        return b"".join(self._kept)


class JsonFraming:
    """JSON texts, cut where their outermost bracket closes."""

    def __init__(self, max_size: int) -> None:
        self._max = min(max_size, _MAX_JSON)
        self._kept = bytearray()
        self._at = 0  # how far it has been looked at
        self._depth = 0
        self._quoted = False
        #: As above.
        self.wrong: WrongProtocol | None = None
        self._head = b""  # of a text that is too long, and how much of it is kept no more
        self._passed = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole now. Raises WrongProtocol."""
        if self.wrong is not None:
            raise self.wrong
        self._kept += data
        frames: list[bytes] = []
        begin = 0
        while self._advance():
            if not self._depth and not self._quoted:
                frames.append(self._text(begin))
                begin = self._at
        del self._kept[:begin]
        self._at -= begin
        if self._depth < 0 or (not self._depth and not self._quoted and self._kept.strip()):
            self.wrong = WrongProtocol("no JSON")
            if not frames:
                raise self.wrong
        if len(self._kept) > self._max or self._passed:
            self._let_pass()
        return frames

    def _text(self, begin: int) -> bytes:
        text = bytes(self._kept[begin : self._at]).lstrip()
        size = self._passed + len(text)
        if size <= self._max:
            return text
        head, self._head, self._passed = self._head + text, b"", 0
        return Oversize.of(head, size)

    def _let_pass(self) -> None:
        """All but the head of what has been looked at is not kept."""
        passed = bytes(self._kept[: self._at])
        if not self._passed:
            passed = passed.lstrip()
        self._head = (self._head + passed)[:HEAD]
        self._passed += len(passed)
        del self._kept[: self._at]
        self._at = 0

    def _advance(self) -> bool:
        """To behind the next bracket or the end of a string, if it is there."""
        if self._quoted:
            return self._leave_string()
        found = _JSON_TOKEN.search(self._kept, self._at)
        if found is None:
            self._at = len(self._kept)
            return False
        self._at = found.end()
        token = found[0]
        if token == b'"':
            self._quoted = True
            return self._leave_string()
        self._depth += 1 if token in b"[{" else -1
        return self._depth >= 0

    def _leave_string(self) -> bool:
        found = _STRING_PART.match(self._kept, self._at)
        assert found is not None  # it may be empty
        self._at = found.end()
        if self._kept[self._at : self._at + 1] != b'"':
            return False
        self._at += 1
        self._quoted = False
        return True

    @property
    def unfinished(self) -> int:
        """Bytes of a frame whose end has not come."""
        return self._passed + len(self._kept)


def is_json(first: bytes) -> bool:
    """Whether a connection that begins so will bring JSON."""
    return first[:1] in (b"[", b"{")


def spoken(data: bytes) -> str:
    """What somebody speaks who begins so, for the log."""
    if data.startswith(_TLS_HANDSHAKE):
        return "TLS"
    if _METHODS.match(data):
        return "HTTP"
    if _SYSLOG.match(data):
        return "syslog"
    return "no Fluent Forward"
