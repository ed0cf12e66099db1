"""Detectors: a text in, the places of what must not be shown out.

1. A pattern gives candidates, and `within` says which parts of one are meant: those whose check
   digits are right, for example. Both take time that grows with the text alone.
2. `hint` is found in every text in which the detector finds something. All hints together are one
   regex that most texts are done with, so each may be looser than its pattern, never stricter.
   Texts are joined by line ends for that: one with an anchor or a named group is tried alone.
3. A text with more candidates than `MAX_CANDIDATES` raises Failed: a check costs 10 to 50 us.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from ..ottl.fault import Failed
from ..ottl.regex import Pattern

#: Candidates of one detector in one text.
MAX_CANDIDATES = 500

Span = tuple[int, int]

_ALONE = re.compile(r"[\^$]|\\[Az]|\(\?P?<")
_NEGATED = re.compile(r"(?<!\\)\[\^")


def whole(candidate: str) -> Iterator[Span]:
    """All of a candidate."""
    yield 0, len(candidate)


def with_digit(candidate: str) -> Iterator[Span]:
    """The same if it has a digit: words have none."""
    if any(c.isdigit() for c in candidate):
        yield 0, len(candidate)


def unquoted(candidate: str) -> Iterator[Span]:
    """What follows a quotation mark, or all."""
    yield int(candidate[0] in "\"'"), len(candidate)


class Detector:
    """What is looked for, by name; `group` of the pattern is the candidate."""

    def __init__(
        self,
        name: str,
        pattern: str,
        *,
        hint: str = "",
        group: int = 0,
        within: Callable[[str], Iterable[Span]] = whole,
    ) -> None:
        """Raises WrongPattern."""
        self.name = name
        self._pattern = Pattern(pattern)
        self.hint = Pattern(hint) if hint else self._pattern
        self.can_be_joined = _ALONE.search(_NEGATED.sub("[", self.hint.text)) is None
        self._group = group
        self._within = within

    def spans(self, text: str) -> list[Span]:
        """Where it finds something. Raises Failed."""
        if not self.hint.found_in(text):
            return []
        found: list[Span] = []
        for n, (start, end) in enumerate(self._pattern.spans(text, self._group)):
            if n >= MAX_CANDIDATES:
                raise Failed(f"over {MAX_CANDIDATES} places to look at")
            found += [(start + a, start + b) for a, b in self._within(text[start:end]) if a < b]
        return found
