"""The sections of components: each entry made ours, or left out with the reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import entry_points

from .entries import Block, Entry, Scalar
from .exporters import EXPORTERS
from .processors import CONNECTORS, PROCESSORS
from .receivers import RECEIVERS
from .rules import Counterpart, Nothing, apply

TABLES: Mapping[str, Mapping[str, Counterpart | Nothing]] = {
    "receivers": RECEIVERS,
    "processors": PROCESSORS,
    "exporters": EXPORTERS,
    "connectors": CONNECTORS,
}
_UNKNOWN = Nothing("nothing here does the same")
_NOT_IN_A_NAME = re.compile(r"[^\w.-]")

#: By section and their id: ours.
Names = dict[tuple[str, str], str]


def convert(root: Block) -> Names:
    """Make all components ours, and give the new names of those that have one."""
    renamed: Names = {}
    for section in TABLES:
        block = root.block(section)
        taken = {entry.key or "" for entry in block.carried()}
        for entry in block.carried():
            old = entry.key or ""
            _convert(section, entry, root)
            if entry.value is not None:
                taken.discard(old)
                entry.key = _name(section, old, taken)
                taken.add(entry.key)
                renamed[section, old] = entry.key
    return renamed


def _convert(section: str, entry: Entry, root: Block) -> None:
    counterpart = _counterpart(section, (entry.key or "").partition("/")[0])
    if isinstance(counterpart, Nothing):
        entry.leave_out(counterpart.why)
        return
    if isinstance(entry.value, Scalar):
        if entry.value.value is not None:
            entry.leave_out("a mapping is needed: put it here in full, and import again")
            return
        entry.value = Block()
    apply(counterpart, entry, root)


def _counterpart(section: str, type_: str) -> Counterpart | Nothing:
    found = TABLES[section].get(type_)
    if found is None and entry_points(group=f"collector.{section}", name=type_):
        return Counterpart(type_)  # one of ours already
    return found or _UNKNOWN


def _name(section: str, old: str, taken: set[str]) -> str:
    type_, _, name = old.partition("/")
    counterpart = _counterpart(section, type_)
    ours = counterpart.type if isinstance(counterpart, Counterpart) else type_
    name = _NOT_IN_A_NAME.sub("-", name)
    wanted = f"{ours}/{name}" if name else ours
    return wanted if wanted not in taken else f"{ours}/{'-'.join(filter(None, (type_, name)))}"
