"""Groups of statements or conditions as they stand in a configuration in, one function out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from collector.api import Event, Misread, Slip

from .ottl.compile import Compiler
from .ottl.fault import Fault
from .ottl.parser import parse_condition, parse_statement
from .ottl.unit import Unit, function_of

#: Statements and conditions of one processor.
MAX_STATEMENTS = 1000

ErrorMode = Literal["ignore", "silent", "propagate"]
Way = tuple[str | int, ...]
#: Told the number of what failed on an event, and why.
Failing = Callable[[int, Exception], None]
#: Events in; those that go on out. Events whose error is propagated come into the last list.
Run = Callable[[list[Event], Failing, list[Event]], list[Event]]


@dataclass(frozen=True)
class Group:
    """Texts that share a context, conditions and what an error does; each with its way."""

    texts: tuple[tuple[Way, str], ...]
    #: `statement` changes an event, `drop` ends one for which it is true.
    kind: Literal["statement", "drop"]
    context: str | None = None
    conditions: tuple[tuple[Way, str], ...] = ()
    error_mode: ErrorMode = "ignore"


@dataclass(frozen=True)
class Part:
    """What a number stands for when it fails."""

    label: str
    error_mode: ErrorMode


@dataclass(frozen=True)
class Program:
    """What a processor runs."""

    run: Run
    parts: Sequence[Part]


def program(groups: Iterable[Group]) -> Program:
    """All groups in one function. Raises Misread with everything that is wrong in them."""
    builder = _Builder()
    for group in groups:
        builder.add(group)
    if len(builder.parts) > MAX_STATEMENTS:
        said = f"more than {MAX_STATEMENTS} statements and conditions"
        builder.slips.append(Slip(said, (), 0, 0))
    if builder.slips:
        raise Misread(builder.slips)
    return Program(function_of(builder.unit), builder.parts)


def placed(way: Way, given: tuple[str, ...]) -> tuple[tuple[Way, str], ...]:
    """The texts of a list that stands at `way`, each with its own."""
    return tuple(((*way, n), text) for n, text in enumerate(given))


def said(way: Way) -> str:
    """A way as a label: `log_statements[0].statements[2]`."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in way)
    return "".join(parts).removeprefix(".")


class _Builder:
    def __init__(self) -> None:
        self.unit = Unit()
        self.parts: list[Part] = []
        self.slips: list[Slip] = []

    def add(self, group: Group) -> None:
        depth = 2
        if group.conditions:
            self.unit.line(depth, "go = False")
            for way, text in group.conditions:
                self._one(group, way, text, depth, self._opening)
            self.unit.line(depth, "if go:")
            depth += 1
            self.unit.line(depth, "pass")
        write = self._changing if group.kind == "statement" else self._ending
        for way, text in group.texts:
            self._one(group, way, text, depth, write)

    def _one(
        self, group: Group, way: Way, text: str, depth: int, write: Callable[..., None]
    ) -> None:
        number = len(self.parts)
        self.parts.append(Part(said(way), group.error_mode))
        compiler = Compiler(self.unit, group.context)
        self.unit.line(depth, "try:")
        try:
            write(compiler, text, depth + 1)
        except Fault as e:
            self.slips.append(Slip(e.message, way, e.start, e.end))
        self.unit.line(depth, "except Exception as error:")
        self.unit.line(depth + 1, f"failed({number}, error)")
        if group.error_mode == "propagate":
            self.unit.line(depth + 1, "lost.append(e)")
            self.unit.line(depth + 1, "continue")

    def _opening(self, compiler: Compiler, text: str, depth: int) -> None:
        condition = compiler.condition(parse_condition(text))
        self.unit.line(depth, f"go = go or {condition}")

    @staticmethod
    def _changing(compiler: Compiler, text: str, depth: int) -> None:
        compiler.statement(parse_statement(text), depth)

    def _ending(self, compiler: Compiler, text: str, depth: int) -> None:
        self.unit.line(depth, f"if {compiler.condition(parse_condition(text))}:")
        self.unit.line(depth + 1, "continue")


#: The counter of `Failures`, for the `counters` of whoever has them: a metric has one text.
ERRORS = {"statement_errors": "Events on which a statement, condition, key or action failed."}


class Failures:
    """Errors of a batch, by statement: counted, and logged as each statement's mode says."""

    #: Seconds between two lines of the log about one statement.
    quiet = 60.0

    def __init__(self, parts: Sequence[Part], context: Any) -> None:
        self._parts = parts
        self._context = context
        self._counts: dict[int, int] = {}
        self._reasons: dict[int, Exception] = {}
        self._logged: dict[int, float] = {}

    def failed(self, number: int, error: Exception) -> None:
        """A statement has failed on an event."""
        self._counts[number] = self._counts.get(number, 0) + 1
        self._reasons[number] = error

    def tell(self) -> None:
        """The batch is done."""
        if not self._counts:
            return
        now = self._context.reactor.seconds()
        for number, count in self._counts.items():
            part = self._parts[number]
            self._context.count("statement_errors", count, statement=part.label)
            due = now - self._logged.get(number, -self.quiet) >= self.quiet
            if part.error_mode != "silent" and due:
                self._logged[number] = now
                self._log(part, count, self._reasons[number])
        self._counts.clear()
        self._reasons.clear()

    def _log(self, part: Part, count: int, error: Exception) -> None:
        known = type(error).__name__ == "Failed"
        self._context.log.warn(
            "{id}: {statement} failed on {count} events of a batch: {reason}",
            id=self._context.id,
            statement=part.label,
            count=count,
            reason=str(error) if known else type(error).__name__,
        )
