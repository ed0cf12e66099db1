"""A statement's text in, its tokens with their places out."""

from __future__ import annotations

import re
from typing import NamedTuple

from .fault import Fault

#: Longest statement. Far beyond what a person writes, and what is made of it stays small.
MAX_TEXT = 16_384

#: No alternative can begin where another one can, so the scan is linear.
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<bytes>0x[0-9a-fA-F]*)
    |(?P<float>[0-9]*\.[0-9]+)
    |(?P<int>[0-9]+)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>=>|==|!=|<=|>=|[-+*/<>()\[\]{},.:=])""",
    re.VERBOSE | re.DOTALL,
)
#: Go's escapes of one letter.
_LETTERS = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    '"': '"',
    "'": "'",
}
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL
)


class Token(NamedTuple):
    """One word, sign or literal. `kind` is a group's name above, or `end`."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """All tokens but space, and an `end`. Raises Fault."""
    if len(text) > MAX_TEXT:
        raise Fault(f"a statement has at most {MAX_TEXT} characters", MAX_TEXT)
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Fault(_unknown(text[at]), at, len(text) if text[at] == '"' else at + 1)
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match[0], at, match.end()))
        at = match.end()
    found.append(Token("end", "", len(text), len(text)))
    return found


def _unknown(character: str) -> str:
    match character:
        case '"':
            return "this string has no end"
        case "'" | "`":
            return 'a string stands in double quotes: "..."'
        case "&" | "|" | "!":
            return "operators are words here: and, or, not"
    return "a character that means nothing here"


def unquoted(token: Token) -> str:
    """The text that a string literal means, with Go's escapes. Raises Fault at a wrong one."""

    def meant(escape: re.Match[str]) -> str:
        code = escape[1] or escape[2] or escape[3]
        if code or escape[4]:
            number = int(code, 16) if code else int(escape[4], 8)
            if number <= 0x10FFFF and not 0xD800 <= number < 0xE000:
                return chr(number)
        elif escape[5] in _LETTERS:
            return _LETTERS[escape[5]]
        start = token.start + 1 + escape.start()
        raise Fault("no such escape; a backslash of a pattern is written twice", start, start + 2)

    return _ESCAPE.sub(meant, token.text[1:-1])
