"""OTTL's comparisons and arithmetic: two values of any type in, what its rules say out."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from .fault import Failed
from .values import NUMBERS, Moment, Span, kind, wrapped

#: Types that have an order, each among its own.
_ORDERED = frozenset({str, bool, bytes, Span})


def equal(left: Any, right: Any) -> bool:
    """`==`. Numbers of both types are compared as numbers; a bool is none."""
    a, b = type(left), type(right)
    if a is b:
        if a is dict or a is list:
            return _same(left, right)
        return bool(left.ns == right.ns if a is Moment else left == right)
    if a in NUMBERS and b in NUMBERS:
        return bool(left == right)
    return (a is bytes and not left and right is None) or (
        b is bytes and not right and left is None
    )


def _same(left: Any, right: Any) -> bool:
    if len(left) != len(right):
        return False
    if type(left) is list:
        return all(map(equal, left, right))
    return all(key in right and equal(value, right[key]) for key, value in left.items())


def unequal(left: Any, right: Any) -> bool:
    """`!=`."""
    return not equal(left, right)


def ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """`<`, `<=`, `>` or `>=`: false for types that have no order, or none with each other."""

    def compared(left: Any, right: Any) -> bool:
        a, b = type(left), type(right)
        if a in NUMBERS:
            return b in NUMBERS and compare(left, right)
        if a is b is Moment:
            return compare(left.ns, right.ns)
        return a is b and a in _ORDERED and compare(left, right)

    return compared


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": equal,
    "!=": unequal,
    "<": ordered(operator.lt),
    "<=": ordered(operator.le),
    ">": ordered(operator.gt),
    ">=": ordered(operator.ge),
}


def _numbers(name: str, do: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def calculated(left: Any, right: Any) -> Any:
        a, b = type(left), type(right)
        if a is b is int:
            return wrapped(do(left, right))
        if a is b is float:
            return do(left, right)
        raise Failed(f"{name} of {kind(left)} and {kind(right)}")

    return calculated


_add_numbers = _numbers("a sum", operator.add)
_subtract_numbers = _numbers("a difference", operator.sub)


def add(left: Any, right: Any) -> Any:
    """`+`."""
    match left, right:
        case (Moment(), Span()):
            return Moment(left.ns + right.ns, left.zone)
        case (Span(), Moment()):
            return Moment(left.ns + right.ns, right.zone)
        case (Span(), Span()):
            return Span(wrapped(left.ns + right.ns))
    return _add_numbers(left, right)


def subtract(left: Any, right: Any) -> Any:
    """`-`."""
    match left, right:
        case (Moment(), Moment()):
            return Span(wrapped(left.ns - right.ns))
        case (Moment(), Span()):
            return Moment(left.ns - right.ns, left.zone)
        case (Span(), Span()):
            return Span(wrapped(left.ns - right.ns))
    return _subtract_numbers(left, right)


def _quotient(left: Any, right: Any) -> Any:
    if right == 0:
        raise Failed("a division by zero")
    if type(left) is float:
        return left / right
    size = abs(left) // abs(right)  # Go cuts towards zero
    return size if (left < 0) == (right < 0) else -size


def _product(left: Any, right: Any) -> Any:
    product = left * right
    if type(product) is float and math.isinf(product):
        raise Failed("a product that is too large")
    return product


MATH: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": add,
    "-": subtract,
    "*": _numbers("a product", _product),
    "/": _numbers("a quotient", _quotient),
}
