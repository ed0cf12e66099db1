"""The place in a statement up to which it was read, and its steps from token to token."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .fault import Fault
from .lexer import Token, tokens

#: Nesting of brackets and of operators, together. CPython reads 100 levels of an expression, and a
#: level here is up to three there.
MAX_DEPTH = 24
#: Operands of one chain, and items of one list.
MAX_ITEMS = 1000

T = TypeVar("T")


class Cursor:
    """The tokens of one text; what raises Fault, does so at the next token."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    @property
    def _last(self) -> int:
        """Where the token before the next one ends."""
        return self._tokens[self._at - 1].end

    def _take(self) -> Token:
        token = self._next
        self._at += token.kind != "end"
        return token

    def _is(self, *texts: str) -> bool:
        return self._next.kind in {"sign", "name"} and self._next.text in texts

    def _took(self, *texts: str) -> bool:
        found = self._is(*texts)
        self._at += found
        return found

    def _expect(self, text: str, after: str) -> None:
        if not self._took(text):
            raise self._misread(f"expected {text} {after}")

    def _misread(self, message: str) -> Fault:
        token = self._next
        found = ", found the end" if token.kind == "end" else ""
        return Fault(message + found, token.start, token.end)

    def _deeper(self, read: Callable[[], T]) -> T:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._misread(f"nested deeper than {MAX_DEPTH} levels")
        result = read()
        self._depth -= 1
        return result

    def _several(self, end: str, read: Callable[[], T], what: str) -> tuple[T, ...]:
        """What stands between commas up to a closing bracket."""
        found: list[T] = []
        while not self._took(end):
            if found:
                self._expect(",", f"or {end} after {what}")
            if len(found) == MAX_ITEMS:
                raise self._misread(f"more than {MAX_ITEMS} here")
            found.append(self._deeper(read))
        return tuple(found)
