"""Conditions with their pipelines in, one function over a batch out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from collector.api import Event, Misread, Slip, Way

from ..ottl.compile import Compiler
from ..ottl.fault import Fault
from ..ottl.parser import parse_condition, parse_statement
from ..ottl.syntax import Node
from ..ottl.unit import Run, Unit, function_of
from ..program import ErrorMode, Part, said

#: Sets of routes that are remembered with their pipelines.
_REMEMBERED = 4096


@dataclass(frozen=True)
class Entry:
    """One route as it is configured."""

    way: Way
    text: str
    context: str
    pipelines: tuple[str, ...]
    moves: bool


@dataclass(frozen=True)
class Table:
    """What a connector runs."""

    #: Gives a number for each event: the set of the routes that it takes, as bits.
    run: Run
    parts: Sequence[Part]
    #: The pipelines of such a set.
    pipelines: Callable[[int], frozenset[str]]


def table(entries: Sequence[Entry], default: tuple[str, ...], error_mode: ErrorMode) -> Table:
    """All routes in one function. Raises Misread with everything that is wrong in them."""
    unit, slips = Unit(), list[Slip]()
    unit.line(2, "routes = 0")
    unit.line(2, "asks = Yes")
    unit.names |= {"Yes": True, "No": False}
    otherwise = 1 << len(entries)
    for number, entry in enumerate(entries):
        try:
            _write(unit, number, entry, 0 if error_mode == "propagate" else otherwise)
        except Fault as e:
            slips.append(Slip(e.message, entry.way, e.start, e.end))
    unit.line(2, f"if asks: routes |= {otherwise}")
    if slips:
        raise Misread(slips)
    parts = [Part(said(entry.way), error_mode) for entry in entries]
    ways = [*(entry.pipelines for entry in entries), default]

    @lru_cache(_REMEMBERED)
    def pipelines(routes: int) -> frozenset[str]:
        taken = (way for n, way in enumerate(ways) if routes >> n & 1)
        return frozenset(pipeline for way in taken for pipeline in way)

    return Table(function_of(unit, "routes"), parts, pipelines)


def _write(unit: Unit, number: int, entry: Entry, failed: int) -> None:
    """The lines of one route. On an event on which it fails no further one is asked."""
    condition = _condition(entry)
    unit.line(2, "if asks:")
    unit.line(3, "try:")
    held = "Yes" if condition is None else Compiler(unit, entry.context).condition(condition)
    unit.line(4, f"if {held}:")
    unit.line(5, f"routes |= {1 << number}")
    if entry.moves:
        unit.line(5, "asks = No")
    unit.line(3, "except Exception as error:")
    unit.line(4, f"failed({number}, error)")
    unit.line(4, f"routes |= {failed}")
    unit.line(4, "asks = No")


def _condition(entry: Entry) -> Node | None:
    """None: it has none, and is for all."""
    if entry.way[-1] == "condition":
        return parse_condition(entry.text)
    statement = parse_statement(entry.text)
    editor = statement.editor
    if editor.name != "route" or editor.arguments:
        said = "only route() is here, as in route() where ...; a transform changes events"
        raise Fault(said, editor.start, editor.end)
    return statement.where


def chosen(table: Table, events: list[Event], routes: list[int]) -> dict[str, list[Event]]:
    """By pipeline the events that go there, in their order."""
    sets = {number: table.pipelines(number) for number in set(routes)}
    pipelines = dict.fromkeys(name for number in sorted(sets) for name in sorted(sets[number]))
    if len(sets) == 1:
        return {pipeline: list(events) for pipeline in pipelines}
    found: dict[str, list[Event]] = {}
    for pipeline in pipelines:
        wanted = {number for number, names in sets.items() if pipeline in names}
        pairs = zip(events, routes, strict=True)
        found[pipeline] = [event for event, number in pairs if number in wanted]
    return found
