"""Queues whose exporter is no more configured: what is in them waits for somebody to say so."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from ..outputs.store.directory import queue_directory
from ..outputs.store.errors import StoreError
from ..outputs.store.idle import IdleQueue
from .redactor import printable

#: Requests of a queue that are counted at start at most, so that none makes it late.
MOST = 100_000


def queue_names(data_dir: Path) -> list[str]:
    """The exporters that have a queue on the disk, configured or not."""
    try:
        found = sorted(path.name for path in (data_dir / "queue").iterdir() if path.is_dir())
    except OSError:
        return []
    return [name.replace("+", "/") for name in found]


def orphans(data_dir: Path, configured: Container[str]) -> list[str]:
    """A sentence for each that holds something, or may. It reads the disk: for a thread."""
    found = (
        _said(exporter, IdleQueue(queue_directory(data_dir, exporter)))
        for exporter in queue_names(data_dir)
        if exporter not in configured
    )
    return [sentence for sentence in found if sentence]


def _said(exporter: str, queue: IdleQueue) -> str:
    what = _content(queue)
    if not what:
        return ""
    return (
        f"no pipeline has an exporter for the queue {printable(str(queue.directory))}, which "
        f"{what}: configure {printable(exporter)} with a queue on the disk again, or use "
        "collector queue export and collector queue purge"
    )


def _content(queue: IdleQueue) -> str:
    """What is in it; empty when nothing is."""
    try:
        totals = queue.totals(MOST)
    except StoreError as e:
        return f"cannot be read ({printable(str(e))})"
    more = "at least " if totals.requests >= MOST else ""
    holds = f"holds {more}{totals.requests:,} requests with {totals.events:,} events"
    if queue.damage:
        return f"is damaged and {holds}"
    return holds if totals.requests else ""
