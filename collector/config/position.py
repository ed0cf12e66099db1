"""Where in the file a character of a value stands: through quotes, escapes, folds and blocks."""

from __future__ import annotations

import re

from .source import Place

_HEADER = re.compile(r"[|>][^\n]*\n")
_ESCAPE = re.compile(r"\\(?:x..|u....|U........|.)", re.DOTALL)


def position(text: str, place: Place, value: str, offset: int) -> Place:
    """The place of `value[offset]`, where the value begins at `place` in the file's text.

    The value's own place where the two cannot be followed side by side, as when a part came from
    elsewhere.
    """
    at = _index(text, place)
    header = _HEADER.match(text, at)
    at = header.end() if header else at + (text[at : at + 1] in {'"', "'"})
    for character in value[:offset]:
        found = _after(text, at, character)
        if found is None:
            return place
        at = found
    at = _skipped(text, at, value[offset : offset + 1])
    line = text.count("\n", 0, at) + 1
    return line, at - text.rfind("\n", 0, at)


def _index(text: str, place: Place) -> int:
    at = 0
    for _ in range(place[0] - 1):
        at = text.find("\n", at) + 1
    return at + place[1] - 1


def _skipped(text: str, at: int, character: str) -> int:
    """Past what the value does not have here: indentation, a second quote or `$`."""
    if character and not character.isspace():
        while at < len(text) and text[at].isspace():
            at += 1
        if text[at : at + 1] in {"'", "$"} and text[at] != character:
            at += 1
    return at


def _after(text: str, at: int, character: str) -> int | None:
    if character.isspace():
        end = at
        while end < len(text) and text[end].isspace() and (end == at or text[end] != "\n"):
            end += 1
        return at + 1 if text[at : at + 1] == character else max(end, at)
    at = _skipped(text, at, character)
    if text[at : at + 1] == character:
        return at + 1
    escape = _ESCAPE.match(text, at)
    if escape is None:
        return None
    return at + 2 if escape[0][1:] == character else escape.end()
