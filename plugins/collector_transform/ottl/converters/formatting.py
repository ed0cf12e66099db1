"""Go's `fmt.Sprintf`: the verbs that make sense for values of events."""

from __future__ import annotations

import re
from typing import Any

from ..fault import Failed
from ..values import json_text, number_text, text_of

#: Widths beyond this would only make text longer.
_MAX_WIDTH = 200
_VERB = re.compile(r"%(?:%|([-+# 0]*)([0-9]{0,9})(?:\.([0-9]{0,9}))?(.)?)", re.DOTALL)
_INTEGERS = frozenset("dxXob")
_DOUBLES = frozenset("feEgG")


def formatted(text: str, arguments: list[Any]) -> str:
    """The text with its verbs filled in; mistakes stand in it as Go writes them. Raises Failed."""
    rest = iter(arguments)
    missing = object()

    def filled(verb: re.Match[str]) -> str:
        if verb[0] == "%%":
            return "%"
        if verb[4] is None:
            return "%!(NOVERB)"
        value = next(rest, missing)
        if value is missing:
            return f"%!{verb[4]}(MISSING)"
        return _one(verb, value)

    done = _VERB.sub(filled, text)
    left = [f"{_go_type(value)}={_plain(value)}" for value in rest]
    return done + (f"%!(EXTRA {', '.join(left)})" if left else "")


def _one(verb: re.Match[str], value: Any) -> str:
    flags, width, precision, letter = verb.groups()
    if int(width or 0) > _MAX_WIDTH or int(precision or 0) > _MAX_WIDTH:
        raise Failed(f"a width over {_MAX_WIDTH}")
    if letter in "sv" or (letter == "q" and isinstance(value, str)):
        return _padded(_text(letter, precision, value), flags, width)
    number = type(value)
    if (number is int and letter in _INTEGERS) or (number is float and letter in _DOUBLES):
        spec = "".join(c for c in flags if c in "+# 0-").replace("-", "<")
        point = f".{precision or 0}" if precision is not None and number is float else ""
        zero = "" if "<" in spec else "0" * ("0" in spec)
        sign = "+" if "+" in spec else " " if " " in spec else ""
        align = "<" if "<" in spec else ""
        other = "#" if "#" in spec else ""
        return format(value, f"{align}{sign}{other}{zero}{width}{point}{letter}")
    if letter == "t" and number is bool:
        return _padded(_plain(value), flags, width)
    return f"%!{letter}({_go_type(value)}={_plain(value)})"


def _text(letter: str, precision: str | None, value: Any) -> str:
    text = json_text(value) if letter == "q" else _plain(value)
    if letter == "s" and not isinstance(value, str | bytes | dict | list):
        return f"%!s({_go_type(value)}={text})"
    return text if precision is None else text[: int(precision or 0)]


def _plain(value: Any) -> str:
    if value is None:
        return "<nil>"
    return number_text(value) if type(value) is float else text_of(value)


def _padded(text: str, flags: str, width: str) -> str:
    size = int(width or 0)
    return text.ljust(size) if "-" in flags else text.rjust(size)


def _go_type(value: Any) -> str:
    names = {str: "string", bool: "bool", int: "int64", float: "float64", type(None): "<nil>"}
    return names.get(type(value), "value")
