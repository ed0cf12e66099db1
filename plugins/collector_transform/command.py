"""`collector ottl`: one statement or condition, tried on events that are given as JSON lines."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from collector.api import (
    Command,
    Event,
    Misread,
    NoEvent,
    as_record,
    as_shown,
    excerpt,
    read_event,
    standard_lines,
)

from .ottl.fault import Fault
from .ottl.parser import parse_statement
from .program import Group, Program, program

_CONTEXTS = ("log", "resource", "scope")
_WRONG = 2
#: Lines that are no events, which are named one by one.
_MOST_LINES = 10


class OttlCommand(Command):
    """Run one OTTL statement over events, and print them as they are after it.

    Events come on standard input, a line of JSON each, in the form in which the exporter `file`
    writes them. Of a condition it prints the events for which it is true, and says how many those
    are; exit code 1 when there is none, or when a line is no event.

    examples:
      collector ottl 'set(log.attributes["x"], 1) where log.severity_number > 12' < events.jsonl
      echo '{"body": "a timeout"}' | collector ottl 'IsMatch(log.body, "time")'
    """

    help = "try one OTTL statement or condition on events"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument("text", metavar="STATEMENT", help="a statement, or a condition")
        parser.add_argument(
            "--context", choices=_CONTEXTS, help="of paths that have no prefix: body, not log.body"
        )

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        try:
            trial = Trial.of(arguments.text, arguments.context)
        except Misread as e:
            for slip in e.slips:
                _complain(f"{slip.message}\n{excerpt(arguments.text, slip.start, slip.end)}")
            return _WRONG
        async for lines in standard_lines():
            for shown in trial.over(lines):
                sys.stdout.write(f"{shown}\n")
            sys.stdout.flush()
        for said in trial.verdict():
            _complain(said)
        return trial.code


def _complain(said: str) -> None:
    sys.stderr.write(f"{said}\n")


@dataclass
class Trial:
    """One text over events, line by line; what there is to say of it at the end."""

    kind: Literal["statement", "drop"]
    program: Program
    events: int = 0
    kept: int = 0
    line: int = 0

    def __post_init__(self) -> None:
        self._wrong: list[str] = []
        self._others = 0
        self._failed: Counter[str] = Counter()

    @classmethod
    def of(cls, text: str, context: str | None) -> Trial:
        """Of a statement, or of a condition where it is no statement. Raises Misread."""
        kind: Literal["statement", "drop"] = "statement" if _is_statement(text) else "drop"
        return cls(kind, program([Group((((), text),), kind, context)]))

    def over(self, lines: Iterable[bytes]) -> Iterator[str]:
        """The events that are to be shown of these lines, as JSON."""
        for line in lines:
            self.line += 1
            try:
                event = read_event(line)
            except NoEvent as e:
                self._note(f"line {self.line}: {e}")
                continue
            self.events += 1
            if self._kept(event):
                self.kept += 1
                yield as_shown(as_record(event))

    def _note(self, said: str) -> None:
        if len(self._wrong) < _MOST_LINES:
            self._wrong.append(said)
        else:
            self._others += 1

    def _kept(self, event: Event) -> bool:
        """Whether it goes on after a statement; whether a condition is true."""
        failures: list[Exception] = []
        tell: Callable[[int, Exception], None] = lambda _, error: failures.append(error)  # noqa: E731
        goes_on = bool(self.program.run([event], tell, []))
        self._failed.update(str(e) or type(e).__name__ for e in failures)
        return goes_on if self.kind == "statement" else not goes_on

    def verdict(self) -> Iterator[str]:
        """Sentences for the end."""
        yield from self._wrong
        if self._others:
            yield f"and {self._others} lines more that are no events"
        for why, times in self._failed.items():
            yield f"failed on {times} of {self.events} events: {why}"
        if self.kind == "drop":
            yield f"true for {self.kept} of {self.events} events"
        elif self.kept < self.events:
            yield f"dropped {self.events - self.kept} of {self.events} events"

    @property
    def code(self) -> int:
        """The exit code."""
        nothing = self.kind == "drop" and not self.kept
        return 1 if self._wrong or self._failed or nothing else 0


def _is_statement(text: str) -> bool:
    """Whether it begins as one: an editor's name is in small letters, a converter's is not.

    A path is too, and a `(` follows none.
    """
    try:
        parse_statement(text)
    except Fault:
        name = text.lstrip().partition("(")[0]
        return "(" in text and name.isidentifier() and name == name.lower() and name != "not"
    return True
