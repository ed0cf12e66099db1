"""Converters that ask for the type of a value, or give it another."""

from __future__ import annotations

import math
import struct
from typing import Any

from ..fault import Failed
from ..signature import ANY, LIST, function, table
from ..values import json_text, kind, text_of, wrapped

_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})
#: More digits are no number of 64 bits, and Python's own reading takes longer than linear.
_MAX_DIGITS = 64


def to_int(value: Any) -> int | None:
    """`Int`: None for what is no number of 64 bits."""
    try:
        match value:
            case bool() | int():
                return wrapped(int(value))
            case float():
                return wrapped(int(value))
            case str() if len(value) <= _MAX_DIGITS and _is_plain(value):
                found = int(value)
                return found if found == wrapped(found) else None
    except (ValueError, OverflowError):
        pass
    return None


def to_double(value: Any) -> float | None:
    """`Double`: None for what is no number."""
    try:
        match value:
            case bool() | int() | float():
                return float(value)
            case str() if _is_plain(value):
                return float(value)
    except (ValueError, OverflowError):
        pass
    return None


def _is_plain(text: str) -> bool:
    """Whether Python reads in it what Go does: no sign between the digits, no space around them."""
    return "_" not in text and text.isascii() and text == text.strip()


def _to_bool(value: Any) -> bool | None:
    match value:
        case bool() | int() | float():
            return bool(value)
        case str():
            return True if value in _TRUE else False if value in _FALSE else None
    return None


def _to_string(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bytes():
            return value.hex()
        case dict() | list():
            return json_text(value)
    return text_of(value)


def _is(*types: type) -> Any:
    wanted = frozenset(types)
    return lambda value: type(value) in wanted


def _is_empty(value: Any) -> bool:
    match value:
        case bytes():
            return not value.strip(b"\0")
        case None | str() | bool() | int() | float() | dict() | list():
            return not value
    return not value.ns


def _length(value: Any) -> int:
    match value:
        case str():
            return len(value.encode("utf-8", "replace"))
        case dict() | list() | bytes():
            return len(value)
    raise Failed(f"{kind(value)} has no length")


def _first(values: list[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _hex(value: Any) -> str | None:
    match value:
        case bool():
            return "01" if value else "00"
        case int():
            return f"{value % (1 << 64):X}"
        case float():
            return struct.pack(">d", value).hex()
        case str():
            return value.encode("utf-8", "replace").hex()
        case bytes():
            return value.hex()
    return None


def _log(value: Any) -> float:
    number = to_double(value)
    if number is None or not number > 0:
        raise Failed("a logarithm of what is no number over 0")
    return math.log(number)


TYPES = table(
    function("Int", to_int, value=ANY),
    function("Double", to_double, value=ANY),
    function("Bool", _to_bool, value=ANY),
    function("String", _to_string, value=ANY),
    function("Hex", _hex, value=ANY),
    function("Log", _log, "float", value=ANY),
    function("IsInt", _is(int), "bool", value=ANY),
    function("IsDouble", _is(float), "bool", value=ANY),
    function("IsBool", _is(bool), "bool", value=ANY),
    function("IsString", _is(str), "bool", value=ANY),
    function("IsMap", _is(dict), "bool", value=ANY),
    function("IsList", _is(list), "bool", value=ANY),
    function("IsEmpty", _is_empty, "bool", value=ANY),
    function("Len", _length, "int", target=ANY),
    function("Coalesce", _first, values=LIST),
)
