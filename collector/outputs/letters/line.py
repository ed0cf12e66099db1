"""A letter to a line of JSON, and back, byte for byte."""

from __future__ import annotations

import msgspec

from ...letter import MAX_HISTORY, MAX_TEXT, Death, Letter, Natural
from ...text import as_text

#: The format of a line, written into each.
VERSION = 1


class _Line(msgspec.Struct, omit_defaults=True, kw_only=True):
    version: int
    time: Natural
    component: str
    reason: str
    row: str | None = None
    #: Instead of `row`, when that is not UTF-8.
    row_base64: bytes | None = None
    format: str = ""
    text: str = ""
    attempts: Natural = 0
    history: tuple[Death, ...] = ()


_decoder = msgspec.json.Decoder(_Line)


def encoded(letter: Letter, component: str) -> bytes:
    """With the line end. Whatever is in the letter, this raises nothing."""
    line = _Line(
        version=VERSION,
        time=letter.time,
        component=component,
        reason=as_text(letter.reason),
        format=letter.format,
        text=as_text(letter.text[:MAX_TEXT]),
        attempts=letter.attempts,
        history=letter.history[-MAX_HISTORY:],
    )
    try:
        line.row = letter.row.decode()
    except UnicodeDecodeError:
        line.row_base64 = letter.row
    return msgspec.json.encode(line) + b"\n"


def decoded(line: bytes) -> Letter | None:
    """None: it is no letter, or half of one."""
    try:
        found = _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if found.version != VERSION or (found.row is None) == (found.row_base64 is None):
        return None
    return Letter(
        row=found.row_base64 or (found.row or "").encode(),
        reason=found.reason,
        text=found.text,
        format=found.format,
        attempts=found.attempts,
        history=found.history,
        time=found.time,
    )
