"""A condition in, a function from events to whether each matches out: for `collector tap`."""

from __future__ import annotations

from typing import Any

from collector.api import Event, Predicate

from .expressions import conditions


def predicate(text: str) -> Predicate:
    """Events that the condition fails on do not match. Raises Misread."""
    run = conditions("where", [text]).run

    def matches(events: list[Event]) -> list[Any]:
        return run(events, _unheard, [])

    return matches


def _unheard(_number: int, _error: Exception) -> None:
    """Nobody is told of what fails: it is the same event for the next who looks."""
