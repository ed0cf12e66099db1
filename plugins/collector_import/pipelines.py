"""The pipelines: those of logs, with the names that are left; and what no pipeline names."""

from __future__ import annotations

from .components import TABLES, Names
from .entries import Block, Entry, Scalar, safe

_LOGS = "logs"
#: Where the names in each list are defined.
_DEFINED = {
    "receivers": ("receivers", "connectors"),
    "processors": ("processors",),
    "exporters": ("exporters", "connectors"),
}


def pipelines(root: Block) -> Block:
    """By their names."""
    return root.block("service", "pipelines")


def keep_logs(root: Block) -> None:
    """Leave out the pipelines of other signals, and what they alone name."""
    for entry in pipelines(root).carried():
        signal = (entry.key or "").partition("/")[0]
        if signal != _LOGS:
            entry.leave_out("logs alone are collected here")
    _drop_unused(root, "no pipeline of logs names it")


def rename(root: Block, names: Names) -> None:
    """Name components as they are called now."""
    for pipeline in pipelines(root).carried():
        for part, sections in _DEFINED.items():
            for item in pipeline.block.block(part).carried():
                old = str(item.value.value) if isinstance(item.value, Scalar) else ""
                new = next((names[s, old] for s in sections if (s, old) in names), old)
                if new != old:
                    item.value = Scalar(new)


def settle(root: Block) -> None:
    """Leave out what has nothing to do any more, until all that is left has."""
    while _unlink(root) or _drop_loose_ends(root):
        pass
    _drop_unused(root, "no pipeline that is left names it")


def _unlink(root: Block) -> bool:
    """Names of what has been left out; whether a pipeline has gone with them."""
    gone = False
    for pipeline in pipelines(root).carried():
        for part, sections in _DEFINED.items():
            listed = pipeline.block.find(part)
            if listed is None:
                continue
            known = {entry.key for section in sections for entry in root.block(section).carried()}
            _remove(listed, known)
            if part == "processors" and not listed.block.carried():
                listed.fold()
        for part in ("receivers", "exporters"):
            if pipeline.value is not None and not pipeline.block.block(part).carried():
                pipeline.leave_out(f"none of its {part} is left")
                gone = True
    return gone


def _remove(listed: Entry, known: set[str | None]) -> None:
    for item in listed.block.carried():
        name = item.value.value if isinstance(item.value, Scalar) else None
        if name not in known:
            listed.above += [*item.above, item.beside] if item.beside else item.above
            listed.block.entries.remove(item)
            listed.change(f"without {safe(str(name))}, which is left out")


def _drop_loose_ends(root: Block) -> bool:
    """Connectors that nothing feeds, or from which nothing takes."""
    gone = False
    for entry in root.block("connectors").carried():
        ends = [entry.key in _named(root, part) for part in ("exporters", "receivers")]
        if any(ends) and not all(ends):
            entry.leave_out("no pipeline that is left is at its other end")
            gone = True
    return gone


def _drop_unused(root: Block, why: str) -> None:
    for section in TABLES:
        parts = [part for part, sections in _DEFINED.items() if section in sections]
        named = {name for part in parts for name in _named(root, part)}
        for entry in root.block(section).carried():
            if entry.key not in named:
                entry.leave_out(why)


def _named(root: Block, part: str) -> set[str | None]:
    return {name for each in pipelines(root).carried() for name in each.block.block(part).texts()}
