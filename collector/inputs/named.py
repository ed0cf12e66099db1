"""Which mistakes of peers the log has told of: each is told once."""

from __future__ import annotations

#: More are not told: a thousand lines say enough, and memory stays bounded.
_MOST = 1024


class Named:
    """Of one receiver or listener. Peers may cause what is asked for as often as they like."""

    def __init__(self) -> None:
        self._told: set[tuple[str, str]] = set()

    def is_new(self, ip: str, what: str) -> bool:
        """Whether that is to be told of this peer: not yet told, and there is room to remember."""
        if (ip, what) in self._told or len(self._told) >= _MOST:
            return False
        self._told.add((ip, what))
        return True
