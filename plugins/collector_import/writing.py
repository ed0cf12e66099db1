"""Entries in, the text of a configuration out, with what is said of them as comments."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from .entries import Block, Entry, Note, Scalar, walk

_WIDTH = 100
#: Text that needs no quotes, when the source does not show how it is written.
_PLAIN = re.compile(r"[A-Za-z_/][\w./:-]*[\w./-]|[A-Za-z_]|\d+(\.\d+)?[A-Za-z]+|[\d.]+:\d+")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_IN_FLOW = re.compile(r"[,\[\]{}]")


def written(root: Block, last: list[str]) -> str:
    """The whole file. `last`: comments for its end."""
    return "\n".join([*_lines(root, ""), *last]) + "\n"


def noted(note: Note, indent: str) -> list[str]:
    """A note as lines of comment."""
    lines = wrap(f"import: {note.kind}: {note.text}", _WIDTH - len(indent) - 4)
    return [f"{indent}# {'  ' if n else ''}{line}" for n, line in enumerate(lines)]


def _lines(block: Block, indent: str) -> Iterator[str]:
    for entry in block.entries:
        yield from _entry(entry, indent)


def _entry(entry: Entry, indent: str) -> Iterator[str]:
    value = entry.value
    yield from (f"{indent}{text}".rstrip() for text in entry.above)
    if entry.beside and (value is None or (entry.key is None and isinstance(value, Block))):
        yield f"{indent}{entry.beside}"
    for note in entry.notes:
        yield from noted(note, indent)
    if value is None:
        return
    beside = f"  {entry.beside}" if entry.beside else ""
    head = f"{indent}-" if entry.key is None else f"{indent}{scalar(Scalar(entry.key))}:"
    if isinstance(value, Scalar):
        first, *rest = _scalar_lines(value, f"{indent}  ")
        yield f"{head} {first}".rstrip() + beside
        yield from rest
    elif not value.carried():
        yield from _lines(value, indent)
        yield f"{head} {'[]' if value.listed else '{}'}{beside}"
    elif (inline := _inline(value)) and len(head) + len(inline) < _WIDTH:
        yield f"{head} {inline}{beside}"
    elif entry.key is None:
        yield from _item(value, indent)
    else:
        yield head + beside
        yield from _lines(value, f"{indent}  ")


def _item(value: Block, indent: str) -> Iterator[str]:
    """An item of a list on the dash's own line, unless a comment stands in the way."""
    below = list(_lines(value, f"{indent}  "))
    if below[0].lstrip().startswith("#") or not below[0]:
        yield f"{indent}-"
        yield from below
    else:
        yield f"{indent}- {below[0].removeprefix(indent).lstrip()}"
        yield from below[1:]


def _inline(value: Block) -> str:
    """A block in brackets, where the source has it so and nothing is said inside."""
    if not value.flow or any(
        entry.above or entry.beside or entry.notes or entry.value is None for entry in walk(value)
    ):
        return ""
    parts = [_inline_entry(entry) for entry in value.entries]
    if not all(parts):
        return ""
    return f"[{', '.join(parts)}]" if value.listed else f"{{{', '.join(parts)}}}"


def _inline_entry(entry: Entry) -> str:
    if isinstance(entry.value, Block):
        below = _inline(entry.value) if entry.value.entries else ""
        text = below or (("[]" if entry.value.listed else "{}") if not entry.value.entries else "")
    else:
        assert entry.value is not None
        text = scalar(entry.value, flow=True)
    return text if entry.key is None or not text else f"{scalar(Scalar(entry.key))}: {text}"


def _scalar_lines(value: Scalar, indent: str) -> list[str]:
    text = value.value
    if value.style in {"|", ">"} and isinstance(text, str) and _is_literal(text):
        body = text.removesuffix("\n")
        mark = "|" if text.endswith("\n") else "|-"
        return [mark, *(f"{indent}{line}".rstrip(" ") for line in body.split("\n"))]
    return [scalar(value)]


def _is_literal(text: str) -> bool:
    """Whether a block of text shows it as it is."""
    lines = text.removesuffix("\n").split("\n")
    return bool(lines[0]) and all(
        line.isprintable() and line == line.rstrip(" ") for line in lines
    ) and not text.startswith(" ") and not text.endswith("\n\n")  # fmt: skip


def scalar(value: Scalar, *, flow: bool = False) -> str:
    """A scalar on one line; empty for none outside of brackets."""
    given = value.value
    if not isinstance(given, str):
        return _number(given, flow=flow)
    plain = value.style == "plain" or (
        not value.style and _PLAIN.fullmatch(given) and given.lower() not in _WORDS
    )
    if plain and given.isprintable() and not (flow and _IN_FLOW.search(given)):
        return given
    if given.isprintable() and (value.style != '"' or '"' in given or "\\" in given):
        return "'" + given.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, given)) + '"'


def _number(given: Any, *, flow: bool) -> str:
    if given is None:
        return "null" if flow else ""
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, float) and not math.isfinite(given):
        return f".{given}".replace(".-", "-.")
    return str(given)


def _escaped(character: str) -> str:
    if character in {'"', "\\"}:
        return f"\\{character}"
    if character.isprintable():
        return character
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character, f"\\U{ord(character):08x}")
