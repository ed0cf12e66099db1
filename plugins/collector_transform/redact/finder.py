"""Texts in, the places in them that must not be shown out.

Most texts are done with by one search for all hints at once, in many texts joined: 0.5 us for a
line of 212 characters, where one search a line takes 0.8 and one for each detector 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ..ottl.fault import Failed
from ..ottl.regex import MAX_PATTERN, Pattern, WrongPattern
from .detector import Detector

#: Texts that are joined at first; where something is found, each half is tried, and so on.
_JOINED = 32
#: Detectors whose hints are tried together once more where something may be: 24 us become 16.
_PART = 6
#: Characters of hints that are one regex.
_LONGEST = MAX_PATTERN // 2

Numbered = tuple[int, Detector]


class Find(NamedTuple):
    """Where something was found, and the number of its detector."""

    start: int
    end: int
    number: int


class Finder:
    """Looks for what the detectors find, but for finds that match one of `allowed`."""

    def __init__(self, detectors: Sequence[Detector], allowed: Sequence[Pattern] = ()) -> None:
        self._allowed = allowed
        alone = [one for one in enumerate(detectors) if not one[1].can_be_joined]
        self._hints: list[Pattern] = []
        self._parts: list[tuple[Pattern | None, list[Numbered]]] = []
        for pack in _packs([one for one in enumerate(detectors) if one[1].can_be_joined]):
            try:
                self._hints.append(_any_of(pack))
            except WrongPattern:  # too large together
                alone += pack
            else:
                parts = (pack[n : n + _PART] for n in range(0, len(pack), _PART))
                self._parts += [(_any_of(part), part) for part in parts]
        self._alone = [detector.hint for _, detector in alone]
        self._parts.append((None, alone))

    def suspects(self, texts: Sequence[str]) -> list[int]:
        """The numbers of those texts in which something may be."""
        if self._alone:
            return [n for n, text in enumerate(texts) if self.suspects_one(text)]
        found: list[int] = []
        for start in range(0, len(texts), _JOINED):
            self._narrow(texts[start : start + _JOINED], start, found)
        return found

    def _narrow(self, texts: Sequence[str], start: int, found: list[int]) -> None:
        """Add the number of each suspect, the first text's being `start`."""
        joined = "\n".join(texts)
        if not any(_found(hints, joined) for hints in self._hints):
            return
        if len(texts) == 1:
            found.append(start)
            return
        middle = len(texts) // 2
        self._narrow(texts[:middle], start, found)
        self._narrow(texts[middle:], start + middle, found)

    def suspects_one(self, text: str) -> bool:
        """Whether something may be in it."""
        return any(_found(hint, text) for hint in (*self._hints, *self._alone))

    def finds(self, text: str) -> list[Find]:
        """What is found, from left to right, none of it overlapping. Raises Failed."""
        found = [
            Find(start, end, number)
            for hints, part in self._parts
            if hints is None or _found(hints, text)
            for number, detector in part
            for start, end in detector.spans(text)
            if not (self._allowed and self._is_allowed(text[start:end]))
        ]
        return list(_apart(sorted(found))) if len(found) > 1 else found

    def _is_allowed(self, found: str) -> bool:
        return any(pattern.found_in(found) for pattern in self._allowed)


def _packs(those: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    """Detectors whose hints together are short enough for one regex."""
    pack: list[Numbered] = []
    size = 0
    for one in those:
        length = len(one[1].hint.text)
        if pack and size + length > _LONGEST:
            yield pack
            pack, size = [], 0
        pack.append(one)
        size += length
    if pack:
        yield pack


def _any_of(those: Sequence[Numbered]) -> Pattern:
    return Pattern("|".join(f"(?:{detector.hint.text})" for _, detector in those))


def _found(hints: Pattern, text: str) -> bool:
    try:
        return hints.found_in(text)
    except (Failed, UnicodeError):  # nobody knows: it is looked at more closely
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
