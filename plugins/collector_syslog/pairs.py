"""Text made of `key=value`: text in, names and values out, each in one pass."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Pairs = dict[str, str | list[str]]

_KEY = r"[A-Za-z_][A-Za-z0-9_.@:-]{0,127}"
# An unquoted value goes to the next separator; a comma, a bar or a semicolon is one only where a
# key follows, at once or after a space (Check Point has bars, F5 commas). The last `*` is not
# possessive: what goes back inside of such a group was broken before Python 3.11.5.
_PAIR = re.compile(
    rf"(?:^|(?<=[\s,;|]))({_KEY})="
    rf'(?:"((?:[^"\\]++|\\.)*+)"|([^\s,;|"]*+(?:[,;|](?! ?{_KEY}=)[^\s,;|"]*+)*))',
    re.DOTALL,
)
_BARS = re.compile(rf"\|{_KEY}=")
_FIRST = re.compile(rf"\s*+{_KEY}=")
_ESCAPE = re.compile(r'\\(["\\])')
# What CEF has of keys. A value goes to the space before the next one.
_SPACED_KEY = re.compile(r"(?:^| )([^\s=\\|\"]{1,128}+)=")


def starts(text: str) -> bool:
    """Whether a text begins with a key."""
    return _FIRST.match(text) is not None


def read(text: str) -> Pairs:
    """The pairs of a text, whatever stands between them."""
    if '"' not in text and _BARS.search(text):  # Check Point's values have spaces
        return separated(text, "|")
    pairs: Pairs = {}
    for found in _PAIR.finditer(text):
        key, quoted, plain = found.groups()
        keep(pairs, key, plain if quoted is None else _ESCAPE.sub(r"\1", quoted))
    return pairs


def spaced(text: str) -> Pairs:
    """The pairs of a text in which values may hold spaces: each ends where a key begins."""
    pairs: Pairs = {}
    key, value = "", 0
    for found in _SPACED_KEY.finditer(text):
        if key:
            keep(pairs, key, text[value : found.start()])
        key, value = found[1], found.end()
    if key:
        keep(pairs, key, text[value:])
    return pairs


def separated(text: str, separator: str) -> Pairs:
    """The pairs of a text that has one separator; what has no `=` belongs to the value before."""
    pairs: Pairs = {}
    key, parts = "", [""]
    for piece in text.split(separator):
        name, equals, rest = piece.partition("=")
        if equals and name.strip():
            if key:
                keep(pairs, key, separator.join(parts))
            key, parts = name.strip(), [rest]
        elif piece:
            parts.append(piece)
    if key:
        keep(pairs, key, separator.join(parts))
    return pairs


def attributes(
    names: Sequence[str], header: Sequence[str], pairs: Pairs, prefix: str
) -> dict[str, Any]:
    """A header's fields under their names, and pairs with a prefix to theirs."""
    found: dict[str, Any] = dict(zip(names, header, strict=True))
    for key, value in pairs.items():
        found[prefix + key] = value
    return found


def keep(pairs: Pairs, key: str, value: str) -> None:
    """Keep a value; those of a key that comes again are a list."""
    known = pairs.get(key)
    if known is None:
        pairs[key] = value
    elif isinstance(known, list):
        known.append(value)
    else:
        pairs[key] = [known, value]
