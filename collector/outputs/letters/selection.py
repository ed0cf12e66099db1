"""Which letters are meant: by reason, time and text, and how many."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from ...fields import seconds
from ...letter import Letter


class Selection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of these must be so; what is empty says nothing."""

    reason: str = ""
    #: In ns since the epoch, from the first up to before the second.
    since: int = 0
    until: int = 0
    #: In the row, or in what the server said.
    contains: str = ""
    #: 0: no limit.
    limit: int = 0

    def takes(self, letter: Letter) -> bool:
        """Whether this letter is meant, as long as the limit is not reached."""
        return (
            self.reason in {"", letter.reason}
            and self.since <= letter.time
            and (not self.until or letter.time < self.until)
            and (
                self.contains.encode("utf-8", "replace") in letter.row
                or self.contains in letter.text
            )
        )


def moment(text: str, now_ns: int) -> int:
    """In ns since the epoch: `2h` before now, or an ISO time, of UTC if it names no zone.

    Raises ValueError with what was expected.
    """
    try:
        return max(0, now_ns - int(seconds(text) * 1e9))
    except ValueError:
        pass
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        expected = "expected an age such as 2h or a time such as 2026-01-31T12:00:00Z"
        raise ValueError(expected) from None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0, round(when.timestamp() * 1e6) * 1000)
