"""A statement or a condition as text in, its tree out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .cursor import MAX_DEPTH, MAX_ITEMS, Cursor
from .enums import ENUMS
from .fault import Fault
from .lexer import Token, unquoted
from .nearest import did_you_mean
from .syntax import (
    Call,
    Compare,
    Junction,
    ListOf,
    Literal,
    MapOf,
    Math,
    Name,
    Node,
    Not,
    Path,
    Statement,
)

_CONSTANTS = {"true": True, "false": False, "nil": None}
_KEYWORDS = {"and", "or", "not", "where", *_CONSTANTS}
_COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}
_INT64 = 1 << 63

T = TypeVar("T")


def parse_statement(text: str) -> Statement:
    """`editor(...)`, or `editor(...) where condition`. Raises Fault."""
    return _Parser(text).statement()


def parse_condition(text: str) -> Node:
    """A condition, without `where`. Raises Fault."""
    return _Parser(text).whole(_Parser.condition)


def parse_path(text: str) -> Path:
    """A path alone. Raises Fault."""
    return _Parser(text).whole(_Parser.path)


def parse_value(text: str) -> Node:
    """A value, such as a path. Raises Fault."""
    return _Parser(text).whole(_Parser.value)


class _Parser(Cursor):
    # --- the whole --------------------------------------------------------------------------------

    def whole(self, read: Callable[[_Parser], T]) -> T:
        """What `read` reads, and nothing after it."""
        found = read(self)
        if self._next.kind != "end":
            raise self._misread(self._rest())
        return found

    def _rest(self) -> str:
        if self._is("where"):
            return "a condition stands alone here, without an editor and where"
        return "expected the end, or an operator such as and, or, =="

    def statement(self) -> Statement:
        token = self._next
        if token.kind != "name" or token.text in _KEYWORDS:
            raise self._misread('expected an editor, such as set(log.body, "text")')
        if token.text[0].isupper():
            raise self._misread("expected an editor; what begins with a capital only gives a value")
        self._take()
        if not self._is("("):
            self._at -= 1
            raise self._misread('expected an editor, such as set(log.body, "text")')
        editor = self._call(token)
        where = self.condition() if self._took("where") else None
        if self._next.kind != "end":
            raise self._misread("expected where, or the end" if where is None else self._rest())
        return Statement(token.start, self._last, editor, where)

    # --- conditions -------------------------------------------------------------------------------

    def condition(self) -> Node:
        return self._truth(self._or())

    def _or(self) -> Node:
        return self._junction("or", lambda: self._junction("and", self._not))

    def _junction(self, word: str, read: Callable[[], Node]) -> Node:
        parts = [read()]
        while self._took(word):
            parts.append(read())
            if len(parts) > MAX_ITEMS:
                raise self._misread(f"more than {MAX_ITEMS} here")
        if len(parts) == 1:
            return parts[0]
        return Junction(parts[0].start, self._last, word, tuple(map(self._truth, parts)))

    def _not(self) -> Node:
        start = self._next.start
        if not self._took("not"):
            return self._comparison()
        return Not(start, self._last, self._truth(self._deeper(self._not)))

    def _comparison(self) -> Node:
        left = self._sum()
        if self._is("="):
            raise self._misread("compare with ==")
        if not (self._next.kind == "sign" and self._next.text in _COMPARISONS):
            if isinstance(left, Path) and self._next.kind == "name" and self._is_no_word():
                raise self._misread("expected an operator, such as == or and")
            return left
        sign = self._take().text
        right = self._sum()
        self._value(left)
        return Compare(left.start, self._last, sign, left, self._value(right))

    def _is_no_word(self) -> bool:
        return self._next.text not in {"and", "or", "where"}

    @staticmethod
    def _truth(node: Node) -> Node:
        if isinstance(node, Junction | Not | Compare | Call):
            return node
        if isinstance(node, Literal) and isinstance(node.value, bool):
            return node
        hint = "; compare it, as in == true" if isinstance(node, Path) else ""
        raise Fault(f"expected a condition, which is true or false{hint}", node.start, node.end)

    @staticmethod
    def _value(node: Node) -> Node:
        if isinstance(node, Junction | Not | Compare):
            raise Fault("expected a value, found a condition", node.start, node.end)
        return node

    # --- values -----------------------------------------------------------------------------------

    def value(self) -> Node:
        return self._value(self._sum())

    def _sum(self) -> Node:
        return self._chain("+", "-", read=lambda: self._chain("*", "/", read=self._primary))

    def _chain(self, *signs: str, read: Callable[[], Node]) -> Node:
        left = read()
        before = self._depth
        while self._next.kind == "sign" and self._next.text in signs:
            self._value(left)
            sign = self._take().text
            right = self._value(self._deeper(read))
            self._depth += 1  # each operator nests what is left of it
            left = Math(left.start, self._last, sign, left, right)
        self._depth = before
        return left

    def _primary(self) -> Node:
        token = self._take()
        match token.kind:
            case "string":
                return Literal(token.start, token.end, unquoted(token))
            case "bytes":
                return Literal(token.start, token.end, _bytes(token))
            case "int" | "float":
                return _number(token, "")
            case "name":
                return self._named(token)
        return self._signed(token)

    def _signed(self, token: Token) -> Node:
        match token.text:
            case "-" | "+" if self._next.kind in {"int", "float"}:
                return _number(self._take(), token.text, token.start)
            case "(":
                if self._is(")"):
                    raise self._misread("lambdas are not supported")
                found = self._deeper(self._or)
                if self._is(","):
                    raise self._misread("expected ) here; lambdas are not supported")
                self._expect(")", "here")
                return found
            case "[":
                items = self._several("]", self.value, "an item")
                return ListOf(token.start, self._last, items)
            case "{":
                pairs = self._several("}", self._pair, "an entry")
                return MapOf(token.start, self._last, pairs)
            case "=>":
                raise Fault("lambdas are not supported", token.start, token.end)
        self._at -= token.kind != "end"
        raise self._misread("expected a value")

    def _pair(self) -> tuple[str, Node]:
        token = self._next
        if token.kind != "string":
            raise self._misread("expected a key, which is a string")
        self._take()
        self._expect(":", "after a key")
        return unquoted(token), self.value()

    def _named(self, token: Token) -> Node:
        text = token.text
        if text in _CONSTANTS:
            return Literal(token.start, token.end, _CONSTANTS[text])
        if text in _KEYWORDS:
            self._at -= 1
            raise self._misread("expected a value")
        if self._is("("):
            if text[0].islower():
                said = "an editor changes an event and stands first; expected a value"
                guess = "; names of converters begin with a capital, as IsMatch and Concat do"
                raise Fault(said + guess, token.start, token.end)
            call = self._call(token)
            return Call(call.start, self._last, text, call.arguments, self._keys())
        if text[0].isupper():
            return _constant(token)
        return self._path(token)

    def _call(self, token: Token) -> Call:
        self._expect("(", f"after {token.text}")
        arguments = self._several(")", self._argument, "an argument")
        return Call(token.start, self._last, token.text, arguments)

    def _argument(self) -> tuple[str, Node]:
        ahead = self._tokens[self._at + 1] if self._next.kind == "name" else self._next
        if ahead.kind == "sign" and ahead.text == "=":
            name = self._take().text
            self._take()
            return name, self.value()
        return "", self.value()

    def path(self) -> Path:
        token = self._take()
        if token.kind != "name":
            raise Fault("expected a path, such as log.body", token.start, token.end)
        return self._path(token)

    def _path(self, token: Token) -> Path:
        names = [token.text]
        while self._took("."):
            if self._next.kind != "name":
                raise self._misread("expected a name after the dot")
            names.append(self._take().text)
        return Path(token.start, self._last, tuple(names), self._keys())

    def _keys(self) -> tuple[Node, ...]:
        keys: list[Node] = []
        while self._took("["):
            keys.append(self._deeper(self.value))
            self._expect("]", "after a key")
            if len(keys) > MAX_DEPTH:
                raise self._misread(f"more than {MAX_DEPTH} keys")
        return tuple(keys)


def _constant(token: Token) -> Node:
    """An enum, or the name of a converter that is handed on: what it is, the compiler says."""
    if token.text in ENUMS:
        return Literal(token.start, token.end, ENUMS[token.text])
    if "_" in token.text:
        said = f"no enum is called {token.text}{did_you_mean(token.text, ENUMS)}"
        raise Fault(said, token.start, token.end)
    return Name(token.start, token.end, token.text)


def _bytes(token: Token) -> bytes:
    if len(token.text) % 2 or len(token.text) == 2:
        raise Fault("expected two digits for each byte after 0x", token.start, token.end)
    return bytes.fromhex(token.text[2:])


def _number(token: Token, sign: str, start: int | None = None) -> Literal:
    at = token.start if start is None else start
    if token.kind == "float":
        return Literal(at, token.end, float(sign + token.text))
    if len(token.text) > 19 or not -_INT64 <= int(sign + token.text) < _INT64:
        raise Fault("expected a number of 64 bits", at, token.end)
    return Literal(at, token.end, int(sign + token.text))
