"""A file of the OpenTelemetry Collector in, the text of ours out, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from collector.api import ConfigError, Source, read_yaml

from . import components, pipelines, service
from .components import TABLES
from .entries import Block, Entry, Note, walk
from .fitting import fit
from .reading import tree
from .references import rewrite

_SECTIONS = (*TABLES, "service", "extensions")
_PUT_HERE = "expected a mapping: put it here in full, and import again"
_NOT_ITS = (
    "this section is missing: only a configuration of an OpenTelemetry Collector is read; "
    "docs/migrating shows how to come from others by hand"
)


@dataclass(frozen=True)
class Imported:
    """A configuration that `validate` finds nothing wrong with."""

    text: str
    notes: tuple[Note, ...]
    #: Keys and items that hold a value.
    carried: int
    #: Variables and files that must be there where it runs; what they hold was not looked at.
    needed: frozenset[str]

    def count(self, kind: str) -> int:
        """How many notes there are of a kind."""
        return sum(note.kind == kind for note in self.notes)


def imported(path: Path) -> Imported:
    """Raises ConfigError with what is wrong in the file, or why nothing of it can run."""
    source = read_yaml(path)
    _check(source)
    root, last = tree(source)
    rewrite(root)
    _leave_unknown(root)
    pipelines.keep_logs(root)
    names = components.convert(root)
    pipelines.rename(root, names)
    service.convert(root)
    fitted = fit(path, root, last)
    notes = tuple(note for entry in walk(root) for note in entry.notes)
    return Imported(fitted.text, notes, sum(map(_is_leaf, walk(root))), fitted.needed)


def _is_leaf(entry: Entry) -> bool:
    return entry.value is not None and not entry.block.entries


def _check(source: Source) -> None:
    """That the sections are there, as mappings."""
    for way in (*((name,) for name in _SECTIONS), ("service", "pipelines")):
        needed = way[0] == "service"
        value = source.value.get(way[0])
        if way[1:]:
            value = value.get(way[1]) if isinstance(value, dict) else {}
        if not isinstance(value, dict) and (needed or value is not None):
            said = _PUT_HERE if value is not None else _NOT_ITS
            source.error(said, way, source.key_place(way))
    if source.failed():
        raise ConfigError(source.problems())


def _leave_unknown(root: Block) -> None:
    for entry in _others(root):
        entry.leave_out("no such section is known")


def _others(root: Block) -> Iterator[Entry]:
    return (entry for entry in root.carried() if entry.key not in _SECTIONS)
