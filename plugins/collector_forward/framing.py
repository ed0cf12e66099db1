r"""Where a connection's frames end: bytes in, whole frames out. No I/O, no time.

A frame is one MessagePack array, and nothing says before it how long it is. On a connection that
begins with `[` or `{` frames are JSON texts instead, one after the other, with or without line
ends between them.
"""

from __future__ import annotations

import re

from collector.api import WrongProtocol

from .failure import Undecodable
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

    def __init__(self, max_size: int) -> None:
        self._max = max_size
        self._scanner = unpacker()
        self._kept: list[bytes] = []  # the unfinished frame
        self._wrong: WrongProtocol | None = None
        self._begin = 0  # where it begins, and where the read bytes end, in the scanner's count
        self._end = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole now. Raises WrongProtocol."""
        if self._wrong is not None:
            raise self._wrong
        base = self._end
        self._end += len(data)
        self._scanner.feed(data)
        frames: list[bytes] = []
        done = self._begin
        while done < self._end:
            if done >= base and data[done - base] != _NIL and not is_array(data[done - base]):
                wrong = WrongProtocol(spoken(data[done - base :]))
                return self._end_with(frames, wrong)
            end = self._next()
            if end is None:
                break
            if end - done > self._max:
                return self._end_with(frames, self._too_long())
            frame = data[max(done - base, 0) : end - base]
            if done < base:
                frame, self._kept = b"".join([*self._kept, frame]), []
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
            raise self._too_long()

    def _too_long(self) -> WrongProtocol:
        return WrongProtocol(f"frames of more than {self._max} bytes")

    def _end_with(self, frames: list[bytes], why: WrongProtocol) -> list[bytes]:
        """After whole frames it is said with the next read, or never: those come first."""
        if not frames:
            raise why
        self._scanner, self._begin, self._end, self._kept = unpacker(), 0, 0, []
        self._wrong = why
        return frames

    @property
    def unfinished(self) -> int:
        """Bytes of a frame whose end has not come."""
        return self._end - self._begin

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

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole now. Raises WrongProtocol."""
        self._kept += data
        frames: list[bytes] = []
        begin = 0
        while self._advance():
            if not self._depth and not self._quoted:
                frames.append(bytes(self._kept[begin : self._at]).strip())
                begin = self._at
        del self._kept[:begin]
        self._at -= begin
        if self._depth < 0 or (not self._depth and not self._quoted and self._kept.strip()):
            raise WrongProtocol("no JSON")
        if len(self._kept) > self._max:
            raise WrongProtocol(f"frames of more than {self._max} bytes")
        return frames

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
        return len(self._kept)


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
