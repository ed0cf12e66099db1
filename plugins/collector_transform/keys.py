"""Keys of attributes in, whether patterns match them out."""

from __future__ import annotations

from collections.abc import Sequence

from .ottl.regex import Pattern


class MatchingKeys(dict[str, bool]):
    """Whether one of the patterns matches a key. Raises Failed where it is too long for a regex.

    Keys are few and come with each event: 0.03 us instead of 0.4 for one that is remembered.
    """

    most = 4096
    longest = 256

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        super().__init__()
        self._patterns = tuple(patterns)

    def __missing__(self, key: str) -> bool:
        found = any(pattern.found_in(key) for pattern in self._patterns)
        if len(key) <= self.longest:
            if len(self) >= self.most:
                self.clear()
            self[key] = found
        return found
