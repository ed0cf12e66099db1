r"""Messages of several lines: a new one begins only at a PRI, or at a count before a PRI.

`<34>... Exception` LF `\tat A.b` LF `<34>...` are two messages. The last one of a connection ends
when the connection does, or when a quiet time says so (`flush`). All else is as `autoframing` has
it: NUL ends a message too, and counted frames are counted.
"""

from __future__ import annotations

import re

from .autoframing import AutoFraming
from .framing import Cut, strip_cr

_NEXT = re.compile(rb"\n(?=(?:[1-9][0-9]{0,9} )?<[0-9]{1,3}>)|\0")
# The end of a read that may be an LF before such a beginning.
_PERHAPS = re.compile(rb"\n(?:[1-9][0-9]{0,9} ?)?(?:<[0-9]{0,3})?\Z")
_LONGEST = 17
_LINE_ENDS = b"\r\n"


class MultilineFraming(AutoFraming):
    """See the module."""

    def feed(self, data: bytes) -> Cut:
        """See `Framing`."""
        cut = super().feed(data)
        self._between = False  # a line is not known to be whole
        return cut

    def _run(self, data: bytes) -> bytes | None:
        return None

    def _trailed(self, data: bytes, at: int, frames: list[bytes]) -> int:
        found = _NEXT.search(data, at)
        if found is not None:
            frames.append(_trimmed(self._open.end(data[at : found.start()])))
            return found.end()
        perhaps = _PERHAPS.search(data, max(at, len(data) - _LONGEST))
        self._open.add(data[at : perhaps.start()] if perhaps else data[at:])
        if perhaps:
            self._rest = data[perhaps.start() :]
        return len(data)

    def finish(self) -> list[bytes]:
        """See `Framing`; what might have been a beginning is part of the last message."""
        if self._known and self._open and not self._missing:
            rest, self._rest = self._rest, b""
            return [_trimmed(self._open.end(rest))]
        return super().finish()

    def flush(self) -> list[bytes]:
        """Nothing more has come for a while: the message that is open is whole, unless counted."""
        if not self._open or self._missing:
            return []
        return self.finish()


def _trimmed(frame: bytes) -> bytes:
    """Without the line ends behind it; a Marked frame stays as it is."""
    whole = strip_cr(frame)
    return whole.rstrip(_LINE_ENDS) if whole is not frame or type(frame) is bytes else frame
