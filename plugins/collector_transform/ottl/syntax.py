"""What a statement says: the tree that the parser makes and the compiler reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """Something with a place in its statement."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A value as it stands; an enum's number too."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A converter that is handed on and not called: `SHA256`."""

    name: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`log.attributes["a"][0]`: the names between dots, then the keys between brackets."""

    names: tuple[str, ...]
    keys: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A converter or editor with its arguments, and the keys of what it gives."""

    name: str
    arguments: tuple[tuple[str, Node], ...]  # the name is empty where it is not said
    keys: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """`[1, body]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapOf(Node):
    """`{"a": 1}`."""

    items: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Math(Node):
    """`left + right`, and the other three."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`left == right`, and the other five."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Junction(Node):
    """`and` or `or` between two or more."""

    word: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`not part`."""

    part: Node


@dataclass(frozen=True, slots=True)
class Statement(Node):
    """An editor, and the condition under which it is called."""

    editor: Call
    where: Node | None
