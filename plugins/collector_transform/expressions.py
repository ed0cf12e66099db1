"""OTTL's values and conditions in, a function from events to what each of them has out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from collector.api import Context, Event, Misread, Slip

from .ottl.compile import Compiler
from .ottl.fault import Fault
from .ottl.parser import parse_condition, parse_value
from .ottl.unit import Run, Unit, function_of
from .program import Failures, Part, said

#: What a list may have.
MAX_EXPRESSIONS = 100


@dataclass(frozen=True)
class Expressions:
    """What stands in a list of a configuration, ready to run."""

    run: Run
    parts: Sequence[Part]


def conditions(key: str, texts: Sequence[str]) -> Expressions:
    """Whether one of them is true; one that fails is not. Raises Misread.

    Paths that do not say whose they are, are a log's.
    """

    def code(text: str) -> str:
        return Compiler(unit, "log").condition(parse_condition(text))

    unit = Unit()
    names, parts = _written(unit, key, texts, code, "k_false")
    unit.names["k_false"] = False
    return Expressions(function_of(unit, " or ".join(names)), parts)


def values(key: str, texts: Sequence[str]) -> Expressions:
    """Their values as a tuple; of one that fails it is nil. Raises Misread."""

    def code(text: str) -> str:
        return Compiler(unit, None).value(parse_value(text))

    unit = Unit()
    names, parts = _written(unit, key, texts, code, "None")
    return Expressions(function_of(unit, f"({''.join(f'{name}, ' for name in names)})"), parts)


def _written(
    unit: Unit, key: str, texts: Sequence[str], code: Callable[[str], str], failed: str
) -> tuple[list[str], list[Part]]:
    """The names of the variables that have what the texts give, and how failures are labelled."""
    slips: list[Slip] = []
    if len(texts) > MAX_EXPRESSIONS:
        slips.append(Slip(f"more than {MAX_EXPRESSIONS} of them", (key,), 0, 0))
    names: list[str] = []
    for number, text in enumerate(texts[:MAX_EXPRESSIONS]):
        names.append(unit.variable())
        unit.line(2, "try:")
        try:
            unit.line(3, f"{names[-1]} = {code(text)}")
        except Fault as e:
            slips.append(Slip(e.message, (key, number), e.start, e.end))
        unit.line(2, "except Exception as error:")
        unit.line(3, f"{names[-1]} = {failed}")
        unit.line(3, f"failed({number}, error)")
    if slips:
        raise Misread(slips)
    return names, [Part(said((key, number)), "ignore") for number in range(len(names))]


class Look:
    """Runs expressions for a processor, which counts what fails as `statement_errors`."""

    def __init__(self, expressions: Expressions, context: Context) -> None:
        self._run = expressions.run
        self._failures = Failures(expressions.parts, context)

    def at(self, events: list[Event]) -> list[Any]:
        """What each event has."""
        found: list[Any] = self._run(events, self._failures.failed, [])
        self._failures.tell()
        return found
