"""Framing that syslog senders really use, told apart frame by frame.

One connection may mix octet counting (RFC 6587 3.4.1), LF, CRLF and NUL trailers (3.4.2):

- a frame that begins `[1-9][0-9]{0,9} SP <` is octet-counted; once a connection has sent one,
  a count that fits a frame needs no `<`: any number may begin a line of text;
- so is one that begins `[1-9][0-9]{0,9} SP z` and a zlib header: rsyslog's compressed messages;
- any other frame ends at LF or NUL. Python's SysLogHandler sends NUL over TCP;
- trailers, and spaces before a `<`, are skipped between frames (Cisco ASA puts one there);
- where a counted frame ends and no frame can begin, the sender counted characters instead of
  bytes: the gap up to the next LF or octet count is the tail of the frame before. It is given
  back to it when both came in one read, else it is a frame of its own; flagged either way.

Nearly all traffic is lines that begin with `<`. A read that holds nothing else is one run,
found with a single regex search (75 ns a line; a loop over the frames costs ten times that).
"""

from __future__ import annotations

import re

import msgspec

from .framing import MAX_FRAME, Cut, Marked, Unfinished, WrongProtocol, fits, strip_cr

_NOT_PRI = re.compile(rb"\n(?!<)")
_BETWEEN = re.compile(rb"[\n\r\0]*(?: +(?=<))?")
_COUNT = re.compile(rb"([1-9][0-9]{0,9})(?: |\Z)")
_TRAILER = re.compile(rb"[\n\0]")
_NEXT_FRAME = re.compile(rb"[\n\0]|(?<![0-9])[1-9][0-9]{0,9} <[0-9]{1,3}>")
_LONGEST_COUNT = 5  # four digits and the space
#: Counts of the fast way, as they are sent.
_SIZES = {b"%d" % size: size for size in range(1, 10_000)}
_PRI, _LINE_END = ord("<"), b"\r\n"
#: How rsyslog's compressed messages begin: no text does, but by `^`.
_PACKED = (b"zx\x01", b"zx\x5e", b"zx\x9c", b"zx\xda")
_MAYBE_PACKED = (b"z", b"zx")
#: How far a miscounted frame may reach beyond its count.
_LONGEST_GAP = 4096
#: How the connection begins of a peer that speaks something else; so long that no line of text
#: begins like it: "POST" alone would close the door to "POSTFIX", "HEAD" to "HEADER".
_STRANGERS = (
    (b"\x16\x03", "TLS"),
    (b"GET /", "HTTP"),
    (b"POST /", "HTTP"),
    (b"PUT /", "HTTP"),
    (b"HEAD /", "HTTP"),
    (b"OPTIONS /", "HTTP"),
    (b"OPTIONS *", "HTTP"),
    (b"PRI * HTTP/2", "HTTP/2"),
    (b"PROXY TCP", "the PROXY protocol"),
    (b"PROXY UNKNOWN", "the PROXY protocol"),
    (b"\r\n\r\n\x00\r\nQUIT\n", "the PROXY protocol"),
    (b"SSH-", "SSH"),
)


_State = tuple[bytes, int, int, bytes, bool, bool, bool, bool]


class AutoFraming:
    """See the module. `feed` raises WrongProtocol for TLS, HTTP and the like."""

    def __init__(self, max_size: int = MAX_FRAME) -> None:
        self._max = max_size
        self._open = Unfinished(max_size)
        self._missing = 0  # of a counted frame
        self._rest = b""  # too little to tell what it begins
        self._known = False  # the peer speaks syslog, or at least text
        self._counts = False  # it has sent a counted frame
        self._nul = False  # the last frame that was not counted ended so
        self._after_count = False  # the frame before was one
        self._between = False  # between two frames, and nothing is special

    @property
    def name(self) -> str:
        """Of the framing that the peer was last seen to use."""
        return "octet_counting" if self._counts else "nul" if self._nul else "lf"

    @property
    def unfinished(self) -> int:
        """See `Framing`."""
        return self._open.held

    def feed(self, data: bytes) -> Cut:
        """See `Framing`."""
        if self._between and _is_line(data, self._max):
            return data
        if self._rest:
            data, self._rest = self._rest + data, b""
        if not self._known and not self._greeted(data):
            return []
        if self._missing or self._after_count:
            cut: Cut = self._frames(data)
        else:
            run = self._run(data)
            cut = self._frames(data) if run is None else run
        self._between = not (self._open or self._missing or self._after_count or self._rest)
        return cut

    def _greeted(self, data: bytes) -> bool:
        for hello, name in _STRANGERS:
            if data.startswith(hello):
                raise WrongProtocol(name)
            if hello.startswith(data):
                self._rest = data  # too little to tell
                return False
        self._known = True
        return True

    def _run(self, data: bytes) -> bytes | None:
        """All of a read that is lines beginning with `<`; None when it is something else."""
        kept = self._open.kept
        if kept is None or (kept or data)[:1] != b"<" or b"\0" in data:
            return None
        end = data.rfind(b"\n") + 1
        if not end:
            self._open.add(data)
            return b""
        run = kept + data[:end] if kept or end < len(data) else data
        odd = data[end : end + 1] not in b"<" or _NOT_PRI.search(run, 0, len(run) - 1)
        if odd or not fits(run, self._max):
            return None
        if kept:
            self._open = Unfinished(self._max)
        if end < len(data):
            self._open.add(data[end:])
        return run.replace(b"\r\n", b"\n") if b"\r" in run else run

    def _frames(self, data: bytes) -> list[bytes]:
        frames: list[bytes] = []
        at = 0
        while at < len(data):
            if self._after_count and not self._missing:
                at = self._all_counted(data, at, frames)
            if self._missing:
                at = self._counted(data, at, frames)
            elif self._open:
                at = self._trailed(data, at, frames)
            else:
                before, at = at, self._begin(data, at, frames)
                if at < 0:
                    self._rest = data[before:]
                    break
        return [frame for frame in frames if frame]

    def _begin(self, data: bytes, at: int, frames: list[bytes]) -> int:
        """At the start of a frame: where to go on; -1 when more bytes are needed to tell."""
        between = _BETWEEN.match(data, at)
        assert between is not None  # it matches nothing too
        at = between.end()
        rest = data[at : at + 1]
        if not rest or (rest == b" " and not data[at : at + _LONGEST_GAP].strip(b" ")):
            return len(data) if not rest else self._undecided(data, at, frames)
        found = _COUNT.match(data, at)
        if found is not None and (start := found.end()) == len(data):
            return -1
        if found is not None and data[start:] in _MAYBE_PACKED:
            return -1
        if found is not None and (
            data[start] == _PRI or self._may_count(int(found[1])) or data.startswith(_PACKED, start)
        ):
            self._counts = True
            self._missing = int(found[1])
            return self._counted(data, start, frames)
        if self._after_count and rest != b"<":
            return self._gap(data, at, frames)
        self._after_count = False
        return self._trailed(data, at, frames)

    def _may_count(self, size: int) -> bool:
        """Whether a number that no `<` follows is a count."""
        return self._counts and size <= self._max

    def _undecided(self, data: bytes, at: int, frames: list[bytes]) -> int:
        """Spaces, and nothing after them yet."""
        return -1 if len(data) - at < _LONGEST_GAP else self._trailed(data, at, frames)

    def _counted(self, data: bytes, at: int, frames: list[bytes]) -> int:
        end = min(at + self._missing, len(data))
        piece = data[at:end]
        self._missing -= len(piece)
        if self._missing:
            self._open.add(piece)
            return end
        frame = self._open.end(piece)
        self._after_count = not frame.endswith(b"\n")  # a counted trailer: no doubt of the end
        frames.append(frame if isinstance(frame, Marked) else frame.rstrip(b"\r\n"))
        return end

    def _all_counted(self, data: bytes, at: int, frames: list[bytes]) -> int:
        """Regular counted frames, one after the other, as most who count send them."""
        find, size_of, add, whole = data.find, _SIZES.get, frames.append, len(data)
        while True:
            start = find(b" ", at, at + _LONGEST_COUNT) + 1
            size = size_of(data[at : start - 1]) if start else None
            if size is None or size > self._max:
                return at
            end = start + size
            if end > whole or data[start] != _PRI or data[end - 1] in _LINE_END:
                return at
            add(data[start:end])
            at = end

    def _trailed(self, data: bytes, at: int, frames: list[bytes]) -> int:
        found = _TRAILER.search(data, at)
        if found is None:
            self._open.add(data[at:])
            return len(data)
        frames.append(strip_cr(self._open.end(data[at : found.start()])))
        self._nul = found[0] == b"\0"
        return found.end()

    def _gap(self, data: bytes, at: int, frames: list[bytes]) -> int:
        """After a counted frame comes what cannot begin one."""
        found = _NEXT_FRAME.search(data, at, at + _LONGEST_GAP)
        if found is None and len(data) - at < _LONGEST_GAP:
            return -1
        self._after_count = False
        if found is None:
            return self._trailed(data, at, frames)
        gap = strip_cr(data[at : found.start()])
        frames.append(self._mended(frames.pop() if frames else b"", gap))
        return found.start()

    def _mended(self, frame: bytes, gap: bytes) -> bytes:
        """A frame with the tail that its count left out."""
        if isinstance(frame, Marked):
            size = frame.original_size + len(gap)
            return Marked.make(frame, *frame.flags, "framing_error", size=size)
        return Unfinished(self._max).end(frame + gap, "framing_error")

    def state(self) -> bytes:
        """See `Movable`."""
        kept, size = self._open.state()
        known = self._known, self._counts, self._after_count, self._between
        return msgspec.msgpack.encode((kept, size, self._missing, self._rest, *known))

    def restore(self, state: bytes) -> None:
        """See `Movable`."""
        kept, size, missing, rest, *known = msgspec.msgpack.decode(state, type=_State)
        self._open.restore(kept, size)
        self._missing, self._rest = missing, rest
        self._known, self._counts, self._after_count, self._between = known

    def finish(self) -> list[bytes]:
        """The last frame may lack its trailer; a counted one that stopped short is flagged."""
        rest, self._rest = self._rest, b""
        if not self._known:  # so it was not what it began like
            self._known = True
            return self._frames(rest) + self.finish()
        if self._missing:
            size = len(self._open) + self._missing
            self._missing = 0
            if not self._open:
                return []
            flags = () if self._open.kept is None else ("truncated",)
            return [self._open.end(b"", *flags, size=size)]
        rest = rest.lstrip(b"\n\r\0")
        flags = ("framing_error",) if rest and self._after_count else ()
        last = strip_cr(self._open.end(rest, *flags))
        return [last] if last.strip(b"\n\r\0 ") else []


def _is_line(data: bytes, limit: int) -> bool:
    """Whether a read is one line that begins with `<`: the way of most quiet connections."""
    return (
        data.startswith(b"<")
        and data.find(b"\n") == len(data) - 1
        and len(data) <= limit
        and b"\0" not in data
        and not data.endswith(b"\r\n")
    )
