"""What is wrong inside of a text of a configuration, said by the plugin that reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

#: Longest part of a line that is shown.
_WIDTH = 100


class Slip(NamedTuple):
    """One fault of one text."""

    message: str
    #: From the mapping or value that the validator was given to the text.
    way: tuple[str | int, ...]
    #: The part of the text that is wrong.
    start: int
    end: int


class Misread(ValueError):
    """Raised by a validator of a component's model: each slip is reported at its own place.

    The messages are shown, and so is the line of the text: it must be one that holds no secret.
    """

    def __init__(self, slips: Sequence[Slip]) -> None:
        super().__init__("a text cannot be read")
        self.slips = tuple(slips)


def excerpt(text: str, start: int, end: int) -> str:
    """The line of the text with a caret under its wrong part, both shortened."""
    first = text.rfind("\n", 0, start) + 1
    line = text[first:].partition("\n")[0]
    cut = max(0, start - first - _WIDTH // 2)
    shown = "".join(c if c.isprintable() else " " for c in line[cut : cut + _WIDTH])
    at = start - first - cut
    size = max(1, min(end - start, len(shown) - at))
    return f"    {shown}\n    {' ' * at}{'^' * size}"
