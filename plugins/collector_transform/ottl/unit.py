"""The source of a function in the making, and the objects that its names stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import paths, values
from .compare import COMPARISONS, MATH
from .converters.text import is_match

#: The names that comparisons and calculations have in the source.
SIGNS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
CALCULATIONS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}


@dataclass
class Code:
    """An expression, and the type it always has, else `any`; `value` of a literal."""

    text: str
    gives: str = "any"
    literal: bool = False
    value: Any = None
    #: Whether an event holds it already, so that it is no longer than what came.
    held: bool = False


@dataclass
class Unit:
    """The source in the making, and what its names stand for."""

    lines: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    caches: bool = False
    _count: int = 0

    def __post_init__(self) -> None:
        self.names |= {
            "Moment": values.Moment, "kept": values.kept,
            "SCALARS": values.SCALARS, "NUMBERS": values.NUMBERS, "body_text": paths.body_text,
            "scope_of": paths.scope_of,
            "index": paths.index, "put": paths.put, "replace_resource": paths.replace_resource,
            "is_bool": values.is_bool, "is_map": values.is_map, "is_match": is_match,
        }  # fmt: skip
        self.names |= {name: COMPARISONS[sign] for sign, name in SIGNS.items()}
        self.names |= {name: MATH[sign] for sign, name in CALCULATIONS.items()}

    def bound(self, value: Any) -> str:
        """A name of its own for an object."""
        self._count += 1
        name = f"k{self._count}"
        self.names[name] = value
        return name

    def variable(self) -> str:
        """A name that is free."""
        self._count += 1
        return f"v{self._count}"

    def line(self, depth: int, text: str) -> None:
        """One more line of the source."""
        self.lines.append("    " * depth + text)


Run = Callable[[list[Any], Callable[[int, Exception], None], list[Any]], list[Any]]


def function_of(unit: Unit, result: str = "e") -> Run:
    """The function that the lines of a unit are the body of, for each event `e`.

    `result` is what it gives of an event: the event, or an expression.
    """
    start = [
        "def run(events, failed, lost):",
        "    W = {}",
        "    out = []",
        "    keep_event = out.append",
    ]
    loop = ["    for e in events:", "        A = e.attributes"]
    loop += ["        C = {}"] if unit.caches else []
    lines = [*start, *loop, *unit.lines, f"        keep_event({result})", "    return out"]
    names = {"__builtins__": {"type": type, "str": str, "Exception": Exception}, **unit.names}
    exec(compile("\n".join(lines), "<ottl>", "exec"), names)  # noqa: S102 rule 1 above
    run: Run = names["run"]
    return run
