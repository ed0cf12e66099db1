"""What the collector refuses of a converted file is left out of it, until it refuses nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from collector.api import ConfigError, Problem, check_text

from .components import TABLES
from .entries import Block, Entry, Way, walk
from .pipelines import pipelines, settle
from .processors import WARNINGS
from .writing import written

#: Each round leaves something out, and most faults are found in the first.
_ROUNDS = 200
#: Without these a component would do what nobody asked it for.
_WHOLE = frozenset({"include", "exclude"})
#: And without these, if they cannot be carried as a whole, it would be open.
_GUARDS = frozenset({"tls", "auth", "tokens", "token_files", "security"})


@dataclass(frozen=True)
class Fitted:
    """The text, and the variables and files that it needs."""

    text: str
    needed: frozenset[str]


def fit(path: Path, root: Block, last: list[str]) -> Fitted:
    """Raises ConfigError when there is no pipeline left, or a fault cannot be left out."""
    for _ in range(_ROUNDS):
        settle(root)
        text = written(root, last)
        problems, needed = check_text(path, text)
        errors = [problem for problem in problems if problem.level == "error"]
        if not errors:
            return Fitted(text, needed)
        if not pipelines(root).carried():
            break
        found = [(problem, _target(root, problem.way)) for problem in errors]
        for problem, entry in found:
            if entry is None:
                raise ConfigError([problem])
            if entry.value is not None:
                _leave_out(entry, _reason(problem))
    raise ConfigError(_nothing_left(str(path), root))


def _nothing_left(file: str, root: Block) -> list[Problem]:
    """What had to go, and that this was too much."""
    notes = [note for entry in walk(root) for note in entry.notes if note.kind == "left out"]
    gone = [Problem(file, note.line, 1, f"left out: {note.text}", "warning") for note in notes]
    said = "nothing is left to run: no pipeline of logs has both a receiver and an exporter here"
    return [*gone, Problem(file, 1, 1, said)]


def _leave_out(entry: Entry, why: str) -> None:
    """With what had to go of it before, which may be the reason why the rest has to."""
    before = [note for below in walk(entry.block) for note in below.notes]
    entry.leave_out(why)
    entry.notes += [note for note in before if note.kind == "left out"]


def _reason(problem: Problem) -> str:
    """The sentence without the way, which leads through the new file."""
    first = str(problem.way[0]) if problem.way else ""
    head, _, rest = problem.message.partition(": ")
    said = rest if first and head.startswith(first) else problem.message
    type_ = str(problem.way[1]).partition("/")[0] if len(problem.way) > 1 else ""
    warning = WARNINGS.get(type_)
    return f"{said}; {warning}" if warning else said


def _target(root: Block, way: Way) -> Entry | None:
    """The part that has to go so that the rest means what it did."""
    while way and root.find(*way) is None:
        way = way[:-1]
    if not way:
        return None
    if way[0] in TABLES and len(way) > 2:
        way = _in_component(root, way)
    elif way[:2] == ("service", "pipelines"):
        way = way[:3]
    return root.find(*way)


def _in_component(root: Block, way: Way) -> Way:
    if _WHOLE & set(way[2:]) or way[-1] in _GUARDS:
        return way[:2]
    items = [n + 1 for n, step in enumerate(way) if isinstance(step, int)]
    if not items:
        return way[:3] if way[0] in {"processors", "connectors"} else way
    while len(items) > 1 and len(root.block(*way[: items[-1] - 1]).carried()) == 1:
        items.pop()  # an item with an empty list would be as wrong
    return way[: items[-1]]
