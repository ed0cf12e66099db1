"""The source of a function in the making, and the objects that its names stand for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import paths, values
from .compare import COMPARISONS, MATH
from .converters.text import is_match

#: The names that comparisons and calculations have in the source.
SIGNS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
CALCULATIONS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}


#: What the compiler calls a type, in a message.
NAMES = {
    "nil": "nil", "bool": "a bool", "int": "an int", "float": "a double", "str": "a string",
    "bytes": "bytes", "map": "a map", "list": "a list", "time": "a time", "duration": "a duration",
}  # fmt: skip
_ATTRIBUTES = re.compile(r"\bA\b")


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
    #: Names of maps that are empty when a batch begins.
    memories: list[str] = field(default_factory=list)
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

    def once_a_resource(self, start: int, depth: int) -> None:
        """Run the lines from `start` on for the first event of each resource of a batch.

        The others get the resource that came of it. A line that raises does so each time.
        """
        body = self.lines[start:]
        del self.lines[start:]
        memory, before = self.variable(), self.variable()
        self.memories.append(memory)
        self.line(depth, f"{before} = e.resource")
        self.line(depth, f"if {before} in {memory}:")
        self.line(depth + 1, f"e.resource = {memory}[{before}]")
        self.line(depth, "else:")
        self.lines += [f"    {line}" for line in body]
        self.line(depth + 1, f"{memory}[{before}] = e.resource")


Run = Callable[[list[Any], Callable[[int, Exception], None], list[Any]], list[Any]]


def function_of(unit: Unit, result: str = "e") -> Run:
    """The function that the lines of a unit are the body of, for each event `e`.

    `result` is what it gives of an event: the event, or an expression.
    """
    body = "\n".join(unit.lines)
    # Else it gives the events as they came.
    keeps = result != "e" or "continue" in body
    start = ["def run(events, failed, lost):"]
    start += [f"    {name} = {{}}" for name in ("W", *unit.memories)]
    start += ["    out = []", "    keep_event = out.append"] if keeps else ["    out = events"]
    loop = ["    for e in events:"]
    loop += ["        A = e.attributes"] if _ATTRIBUTES.search(body) else []
    loop += ["        C = {}"] if unit.caches else []
    rest = [f"        keep_event({result})"] if keeps else ["        pass"]
    lines = [*start, *loop, body, *rest, "    return out"]
    names = {"__builtins__": {"type": type, "str": str, "Exception": Exception}, **unit.names}
    exec(compile("\n".join(lines), "<ottl>", "exec"), names)  # noqa: S102 rule 1 above
    run: Run = names["run"]
    return run
