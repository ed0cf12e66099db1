"""Attributes and bodies as OTLP's JSON has them, into Python's values. Raises Malformed."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any, Final

from .failure import Malformed, Unacceptable
from .values import MOST_DEPTH

_UINT64, _INT64 = 1 << 64, 1 << 63
_WORDS: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
#: Base64 may be the one for URLs, and without its padding.
_URL_SAFE = str.maketrans("-_", "+/")


def member(of: dict[str, Any], name: str) -> dict[str, Any]:
    """An object of an object; empty when it is not there."""
    found = of.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Malformed(f"{name} is no object")
    return found


def entries(of: dict[str, Any], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a list of an object, numbered."""
    found = of.get(name)
    if found is None:
        return
    if not isinstance(found, list):
        raise Malformed(f"{name} is no list")
    for number, item in enumerate(found):
        if not isinstance(item, dict):
            raise Malformed(f"{name}[{number}] is no object")
        yield number, item


def text(said: Any) -> str:
    """A string."""
    if said is None:
        return ""
    if not isinstance(said, str):
        raise Malformed("no string")
    return said


def integer(said: Any) -> int:
    """An int64, as a number or as its digits."""
    number = _integer(said)
    if not -_INT64 <= number < _INT64:
        raise Malformed("no integer of 64 bits")
    return number


def fixed(said: Any) -> int:
    """An integer of up to 64 bits without a sign, written likewise."""
    number = _integer(said)
    if not 0 <= number < _UINT64:
        raise Malformed("no integer of 64 bits from 0")
    return number


def _integer(said: Any) -> int:
    if said is None:
        return 0
    if isinstance(said, float) and said.is_integer():
        return int(said)
    if (
        isinstance(said, str)
        and len(said) <= 20
        and said.isascii()
        and said.removeprefix("-").isdecimal()
    ):
        return int(said)
    if not isinstance(said, int) or isinstance(said, bool):
        raise Malformed("no integer")
    return said


def hexadecimal(said: Any) -> bytes:
    """The bytes of an id."""
    try:
        return binascii.unhexlify(text(said))
    except ValueError:
        raise Malformed("no hexadecimal digits") from None


def attributes(of: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """The attributes of an object that has some."""
    return _pairs(of, "attributes", depth)


def value(said: Any, depth: int = 0) -> Any:
    """An AnyValue; None when it is empty, or of a kind that is not known."""
    if said is None:
        return None
    if not isinstance(said, dict):
        raise Malformed("a value is no object")
    for kind, read in _KINDS.items():
        if said.get(kind) is not None:
            return read(said, depth)
    return None


def _pairs(of: dict[str, Any], name: str, depth: int) -> dict[str, Any]:
    return {text(item.get("key")): value(item.get("value"), depth) for _, item in entries(of, name)}


def _bool(said: dict[str, Any], _: int) -> bool:
    if not isinstance(said["boolValue"], bool):
        raise Malformed("boolValue is neither true nor false")
    return said["boolValue"]


def _double(said: dict[str, Any], _: int) -> float:
    found = said["doubleValue"]
    if isinstance(found, str):
        found = _WORDS.get(found, found)
    try:
        return float(found)
    except (ValueError, TypeError):
        raise Malformed("doubleValue is no number") from None


def _bytes(said: dict[str, Any], _: int) -> bytes:
    digits = text(said["bytesValue"]).translate(_URL_SAFE).rstrip("=")
    try:
        return b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except ValueError:
        raise Malformed("bytesValue is no base64") from None


def _array(said: dict[str, Any], depth: int) -> list[Any]:
    inner = _deeper(depth)
    return [value(item, inner) for _, item in entries(member(said, "arrayValue"), "values")]


def _map(said: dict[str, Any], depth: int) -> dict[str, Any]:
    return _pairs(member(said, "kvlistValue"), "values", _deeper(depth))


def _deeper(depth: int) -> int:
    if depth >= MOST_DEPTH:
        raise Unacceptable(f"lists and maps nested over {MOST_DEPTH} deep")
    return depth + 1


_KINDS: Final[dict[str, Callable[[dict[str, Any], int], Any]]] = {
    "stringValue": lambda said, _: text(said["stringValue"]),
    "intValue": lambda said, _: integer(said["intValue"]),
    "boolValue": _bool,
    "doubleValue": _double,
    "arrayValue": _array,
    "kvlistValue": _map,
    "bytesValue": _bytes,
}
