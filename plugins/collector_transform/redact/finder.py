"""Texts in, the places in them that must not be shown out.

Most texts are done with by one search for all hints at once, in many texts joined: 0.5 us for a
line of 212 characters, where one search a line takes 0.8 and one for each detector 7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..ottl.fault import Failed
from ..ottl.regex import Pattern, WrongPattern
from .detector import Detector

#: Texts that are joined; a find in one makes the others be looked at again, each by itself.
_JOINED = 32
#: Detectors whose hints are tried together once more where something may be: 24 us become 16.
_PART = 6


class Find(NamedTuple):
    """Where something was found, and the number of its detector."""

    start: int
    end: int
    number: int


class Finder:
    """Looks for what the detectors find."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        numbered = list(enumerate(detectors))
        together = [one for one in numbered if one[1].can_be_joined]
        try:
            self._hints = _any_of(together)
        except WrongPattern:  # too large together
            together, self._hints = [], None
        alone = [one for one in numbered if one not in together]
        self._alone = [detector.hint for _, detector in alone]
        parts = [together[n : n + _PART] for n in range(0, len(together), _PART)]
        self._parts = [(_any_of(part), part) for part in parts] + [(None, alone)]

    def suspects(self, texts: Sequence[str]) -> Iterator[int]:
        """The numbers of those texts in which something may be."""
        for start in range(0, len(texts), _JOINED):
            group = texts[start : start + _JOINED]
            if self._alone or _found(self._hints, "\n".join(group)):
                yield from (n for n, text in enumerate(group, start) if self.suspects_one(text))

    def suspects_one(self, text: str) -> bool:
        """Whether something may be in it."""
        return (self._hints is not None and _found(self._hints, text)) or any(
            _found(hint, text) for hint in self._alone
        )

    def finds(self, text: str) -> list[Find]:
        """What is found, from left to right, none of it overlapping. Raises Failed."""
        found = [
            Find(start, end, number)
            for hints, part in self._parts
            if part and _found(hints, text)
            for number, detector in part
            for start, end in detector.spans(text)
        ]
        return list(_apart(sorted(found))) if len(found) > 1 else found


def _any_of(those: Sequence[tuple[int, Detector]]) -> Pattern | None:
    if not those:
        return None
    return Pattern("|".join(f"(?:{detector.hint.text})" for _, detector in those))


def _found(hints: Pattern | None, text: str) -> bool:
    """Whether any is; without hints, nobody knows, so that it is looked at more closely."""
    try:
        return hints is None or hints.found_in(text)
    except (Failed, UnicodeError):
        return True


def _apart(finds: list[Find]) -> Iterator[Find]:
    """One instead of those that overlap, from the beginning of the first to the last one's end."""
    last = finds[0]
    for find in finds[1:]:
        if find.start >= last.end:
            yield last
            last = find
        elif find.end > last.end:
            last = last._replace(end=find.end)
    yield last
