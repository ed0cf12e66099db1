"""What becomes of the keys of a component: tables of rules by key, and how they are followed.

A key without a rule stays as it is. Whether it may is said by the collector itself afterwards, see
`fitting`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .entries import Block, Entry, Scalar


@dataclass
class Spot:
    """A key of a component to which a rule is applied."""

    #: The root of the file.
    root: Block
    component: Entry
    #: From the component to the key.
    way: tuple[str, ...]

    @property
    def entry(self) -> Entry:
        """The key."""
        found = self.component.block.find(*self.way)
        assert found is not None
        return found

    @property
    def parent(self) -> Block:
        """The mapping that it stands in."""
        return self.component.block.block(*self.way[:-1]) if self.way[:-1] else self._block

    @property
    def text(self) -> str:
        """Its value."""
        return self.component.block.text(*self.way)

    @property
    def _block(self) -> Block:
        return self.component.block

    def beside(self, key: str) -> str:
        """The value of another key of the same mapping."""
        return self.parent.text(key)

    def leave_out(self, why: str) -> None:
        """See `Entry`."""
        self.entry.leave_out(why, ".".join(self.way))

    def set(self, value: Any, why: str = "") -> None:
        """Give it another value."""
        self.entry.value = Scalar(value)
        if why:
            self.entry.change(why)

    def move(self, to: str) -> None:
        """Give it another name, in another mapping maybe: `queue.max_size`."""
        entry, parent, *steps = self.entry, self.parent, *to.split(".")
        there = self._block.find(*steps)
        if there is not None and there is not entry:
            self.leave_out("another key here says the same")
            return
        if tuple(steps[:-1]) == self.way[:-1]:
            entry.key = steps[-1]
            return
        at = next(n for n, each in enumerate(self._block.entries) if each.key == self.way[0])
        parent.entries.remove(entry)
        self._remove_empty(entry)
        target = self._block
        for step in steps[:-1]:
            target = _made(target, step, at)
            at = len(target.entries)
        entry.key = steps[-1]
        target.entries.insert(at, entry)

    def _remove_empty(self, moved: Entry) -> None:
        """Leave no mapping behind that had nothing else."""
        way = self.way[:-1]
        while way and (entry := self._block.find(*way)) and not entry.block.entries:
            moved.above[:0] = [*entry.above, *([entry.beside] if entry.beside else [])]
            (self._block.block(*way[:-1]) if way[:-1] else self._block).entries.remove(entry)
            way = way[:-1]


#: Called with each key that it is for, if the component has that.
Rule = Callable[[Spot], None]
Rules = Mapping[str, Rule]


@dataclass(frozen=True)
class Counterpart:
    """Our component in place of theirs."""

    type: str
    rules: Rules = field(default_factory=dict)
    #: Called with the whole, after the rules.
    last: Callable[[Spot], None] | None = None
    #: What is different though every key is carried.
    note: str = ""


@dataclass(frozen=True)
class Nothing:
    """There is none, and what to do."""

    why: str


def without(why: str) -> Rule:
    """A key that is left out."""
    return lambda spot: spot.leave_out(why)


def to(name: str) -> Rule:
    """A key of another name here."""
    return lambda spot: spot.move(name)


def under(name: str, rules: Rules) -> Rules:
    """The rules of a mapping that stands below a key."""
    return {f"{name}.{key}": rule for key, rule in rules.items()}


def each(names: str, rule: Rule) -> Rules:
    """One rule for several keys."""
    return dict.fromkeys(names.split(), rule)


def apply(counterpart: Counterpart, component: Entry, root: Block) -> None:
    """Follow the rules of a component, in their order."""
    for key, rule in counterpart.rules.items():
        way = tuple(key.split("."))
        if component.block.find(*way) is not None:
            rule(Spot(root, component, way))
    if counterpart.note:
        component.change(counterpart.note)
    if counterpart.last is not None and component.value is not None:
        counterpart.last(Spot(root, component, ()))


def _made(block: Block, key: str, at: int) -> Block:
    """The mapping of a key, which is made where it is missing."""
    found = block.find(key)
    if found is None:
        found = Entry(key, Block())
        block.entries.insert(at, found)
    if not isinstance(found.value, Block):
        found.value = Block()
    return found.value
