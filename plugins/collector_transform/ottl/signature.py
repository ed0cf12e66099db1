"""What a function of OTTL takes and gives: read by the compiler, which checks calls by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from . import values


@dataclass(frozen=True)
class Kind:
    """What an argument may be."""

    #: As it stands in a message: `a string`.
    name: str
    #: Gives the value, converted or not; raises Failed where it may not be. None: anything may.
    check: Callable[[Any], Any] | None = None
    #: What the compiler calls values that need no check.
    given: frozenset[str] = frozenset()
    #: Must stand as it is in the statement: it is looked at once.
    literal: bool = False
    #: What is made of a literal; raises ValueError saying what is wrong with it.
    prepare: Callable[[Any], Any] | None = None


def _kind(name: str, check: Callable[[Any], Any], given: str) -> Kind:
    return Kind(name, check, frozenset({given}))


ANY = Kind("a value")
TEXT = _kind("a string", values.is_text, "str")
INT = _kind("an int", values.is_int, "int")
BOOL = _kind("a bool", values.is_bool, "bool")
MAP = _kind("a map", values.is_map, "map")
LIST = _kind("a list", values.is_list, "list")
TIME = _kind("a time", values.is_moment, "time")
DURATION = _kind("a duration", values.is_span, "duration")


def _texts(value: Any) -> list[str]:
    return [values.is_text(item) for item in values.is_list(value)]


#: A list of strings.
TEXTS = Kind("a list of strings", _texts)
#: The name of a converter that takes a string and gives one.
FUNCTION = Kind("the name of a converter")

REQUIRED: Final = object()


def literal(name: str, prepare: Callable[[Any], Any]) -> Kind:
    """A kind whose values are prepared when the statement is read."""
    return Kind(name, literal=True, prepare=prepare)


def choice(*words: str) -> Kind:
    """One of these words, as a literal."""

    def prepare(value: Any) -> str:
        if value not in words:
            raise ValueError(f"expected one of {', '.join(words)}")
        return str(value)

    return literal(f"one of {', '.join(words)}", prepare)


@dataclass(frozen=True)
class Param:
    """One argument, by position or name."""

    name: str
    kind: Kind
    default: Any = REQUIRED


@dataclass(frozen=True)
class Function:
    """A converter or editor."""

    name: str
    #: Called with all arguments by position; an editor with the value of its target first. It must
    #: end, in time that grows with its input, and raise nothing but Failed on any input.
    call: Callable[..., Any]
    params: tuple[Param, ...]
    #: What it gives, as the compiler calls it; an editor, what its target must hold.
    gives: str = "any"
    #: Whether it gives the same for the same arguments.
    pure: bool = True
    #: Upstream has no such function.
    extension: bool = False


Argument = Kind | tuple[Kind, Any]


def function(
    name: str, call: Callable[..., Any], gives: str = "any", /, **arguments: Argument
) -> Function:
    """A function whose arguments are kinds, or kinds and defaults, in the order of `call`."""
    params = tuple(
        Param(said, given) if isinstance(given, Kind) else Param(said, *given)
        for said, given in arguments.items()
    )
    return Function(name, call, params, gives)


def table(*functions: Function) -> dict[str, Function]:
    """Functions by name."""
    return {each.name: each for each in functions}
