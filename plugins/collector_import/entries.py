"""A configuration on its way to ours: its keys and items, their comments, what is said of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

_NAME = re.compile(r"[\w./:-]{1,64}(\[\d+\])?|this item|operator( \w+)?")

#: From the root to a value: keys and list indexes.
Way = tuple[str | int, ...]


@dataclass(frozen=True)
class Note:
    """What became of something, at its line in the source; 0: it stood nowhere."""

    kind: Literal["changed", "left out"]
    text: str
    line: int


@dataclass
class Scalar:
    """A value that holds no others."""

    value: Any
    #: How the source writes it: a quote, `|` or `>`, `plain`; empty: it does not.
    style: str = ""


@dataclass(eq=False)
class Block:
    """A mapping or a list, with what was left out of it in its place."""

    listed: bool = False
    flow: bool = False
    entries: list[Entry] = field(default_factory=list)

    def carried(self) -> list[Entry]:
        """All but what was left out."""
        return [entry for entry in self.entries if entry.value is not None]

    def find(self, *way: str | int) -> Entry | None:
        """The entry at a way below this block; None: it is not there, or left out."""
        found: Entry | None = None
        block: Scalar | Block | None = self
        for step in way:
            if not isinstance(block, Block):
                return None
            found = block.child(step)
            block = found.value if found else None
        return found

    def child(self, step: str | int) -> Entry | None:
        """The same of one step."""
        carried = self.carried()
        if isinstance(step, int):
            return carried[step] if self.listed and step < len(carried) else None
        return next((entry for entry in carried if entry.key == step), None)

    def block(self, *way: str | int) -> Block:
        """The block at a way; an empty one where there is none."""
        found = self.find(*way)
        return found.value if found and isinstance(found.value, Block) else Block()

    def text(self, *way: str | int) -> str:
        """The scalar at a way, as text; empty where there is none."""
        found = self.find(*way)
        value = found.value.value if found and isinstance(found.value, Scalar) else None
        return "" if value is None else str(value)

    def texts(self) -> list[str]:
        """The scalars of a list."""
        return [str(e.value.value) for e in self.carried() if isinstance(e.value, Scalar)]


@dataclass(eq=False)
class Entry:
    """One key of a mapping, or one item of a list, whose key is None."""

    key: str | None
    #: None: left out, and only what is said of it stays.
    value: Scalar | Block | None
    #: In the source, from and to.
    line: int = 0
    end: int = 0
    #: Comments of the source; an empty one is an empty line.
    above: list[str] = field(default_factory=list)
    beside: str = ""
    notes: list[Note] = field(default_factory=list)

    @property
    def block(self) -> Block:
        """The value; an empty block where it is none."""
        return self.value if isinstance(self.value, Block) else Block()

    def change(self, why: str) -> None:
        """Say what is different now."""
        self.notes.append(Note("changed", why, self.line))

    def leave_out(self, why: str, label: str = "") -> None:
        """Keep no more of it than its comments and the reason, which quotes no value.

        A value may be a secret, and a comment is where nobody looks for one.
        """
        name = safe(label or self.key or "this item")
        lines = f"lines {self.line}-{self.end}" if self.end > self.line else f"line {self.line}"
        where = f" ({lines})" if self.line else ""
        self.fold()
        self.notes = [Note("left out", f"{name}{where}: {why}", self.line)]

    def fold(self) -> None:
        """Leave it out without a reason of its own: all its parts have said theirs."""
        for below in walk(self.block):
            self.above += [*below.above, below.beside] if below.beside else below.above
            self.notes += below.notes
        self.value = None


def safe(name: str) -> str:
    """A name as a comment may show it; what looks like none may be a secret, or two lines."""
    return name if _NAME.fullmatch(name) else "one whose name is not shown"


def walk(block: Block) -> Iterator[Entry]:
    """All entries below a block, in their order."""
    for entry in block.entries:
        yield entry
        yield from walk(entry.block)
