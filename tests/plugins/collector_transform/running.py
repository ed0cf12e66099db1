"""Statements as text and an event in, what became of the event out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from collector.api import Event, Misread, Resource
from collector.config.load import check
from collector_transform.program import Group, program


def event(body: Any = "a line", **attributes: Any) -> Event:
    """An event with a resource."""
    resource = Resource({"service.name": "shop"})
    return Event(1_700_000_000_123_456_789, body, attributes, 17, "ERROR", resource=resource)


def changed(*statements: str, on: Event | None = None, context: str | None = None) -> Event:
    """The event after the statements, none of which may fail."""
    (found,), errors = ran(*statements, on=on, context=context)
    assert not errors, errors
    return found


def ran(
    *statements: str, on: Event | None = None, context: str | None = None
) -> tuple[list[Event], list[str]]:
    """What goes on, and what failed."""
    made = program([Group(_texts(statements), "statement", context)])
    errors: list[str] = []
    events = made.run([on or event()], lambda _, error: errors.append(repr(error)), [])
    return events, errors


def value(text: str, on: Event | None = None) -> Any:
    """What an expression gives, as the body."""
    return changed(f"set(log.body, {text})", on=on).body


def holds(condition: str, on: Event | None = None) -> bool:
    """Whether a condition is true; it must not fail."""
    made = program([Group(_texts((condition,)), "drop")])
    errors: list[Exception] = []
    left = made.run([on or event()], lambda _, error: errors.append(error), [])
    assert not errors, errors
    return not left


def wrong(text: str, context: str | None = None) -> tuple[str, str]:
    """What is said of a statement that cannot be read, and of which part of it."""
    try:
        program([Group(_texts((text,)), "statement", context)])
    except Misread as e:
        (slip,) = e.slips
        return slip.message, text[slip.start : slip.end]
    raise AssertionError("it was read")


def problems(processors: str, path: Path) -> list[str]:
    """What is wrong with an example of the documentation, as a file at `path`."""
    names = re.findall(r"^  ([a-z/]+):", processors, re.MULTILINE)
    path.write_text(
        "receivers: {generate: }\nexporters: {stdout: }\n"
        f"{processors}service: {{pipelines: {{logs: {{receivers: [generate], "
        f"processors: [{', '.join(names)}], exporters: [stdout]}}}}}}\n"
    )
    return [str(problem) for problem in check(path)]


def _texts(texts: tuple[str, ...]) -> tuple[tuple[tuple[str | int, ...], str], ...]:
    return tuple(((n,), text) for n, text in enumerate(texts))
