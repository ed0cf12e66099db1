"""Texts that come with each event in, what was once found out about them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from .ottl.regex import Pattern

T = TypeVar("T")


class Remembered(dict[str, T]):
    """Answers by text. Few texts come again and again: 0.03 us for one that is remembered."""

    most = 4096
    longest = 256

    def __init__(self, answer: Callable[[str], T]) -> None:
        super().__init__()
        self._answer = answer

    def __missing__(self, text: str) -> T:
        found = self._answer(text)
        if len(text) <= self.longest:
            if len(self) >= self.most:
                self.clear()
            self[text] = found
        return found


def matching(patterns: Sequence[Pattern]) -> Remembered[bool]:
    """Whether one of the patterns matches. Raises Failed where a text is too long for a regex."""
    found = [pattern.found_in for pattern in patterns]
    return Remembered(lambda text: any(one(text) for one in found))
