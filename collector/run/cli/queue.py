"""`collector queue`: what waits in the queues of a collector, whether it runs or not."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from ...command import Command
from ...outputs.listing import Listed, Record, Summary
from ...outputs.store.errors import StoreError
from ..control_client import ControlError
from ..redactor import printable
from .place import Place, PlaceError, add_action
from .progress import Progress
from .queues import Queues
from .table import shown_age, shown_size, table

_LIMIT = 100
_LS = ("EXPORTER ", "TYPE ", "STATE ", "REQUESTS", "EVENTS", "SIZE", "OF", "OLDEST")
_SHOW = ("ID", "WAITS FOR", "EVENTS", "OLDEST", "SIZE", "TRIES", "STATE ", "LAST ERROR ")


class QueueCommand(Command):
    """Look into the queues of a collector, export what is in them, or purge it.

    A collector that runs is asked; where none runs, the files are read and left as they are.
    Only `purge` changes something.

    examples:
      collector queue ls collector.yaml
      collector queue show collector.yaml dynatrace --id 7
      collector queue export collector.yaml dynatrace --output queue.jsonl
      collector queue purge collector.yaml dynatrace --id 7 8
    """

    help = "look into the queues, export or purge what is in them"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
        ls = add_action(actions, "ls", _ls, "list the queues")
        show = add_action(actions, "show", _show, "list what is in one, or show a request of it")
        export = add_action(actions, "export", _export, "write requests as JSON lines, whole")
        purge = add_action(actions, "purge", _purge, "take requests out, for good")
        for action in (show, export, purge):
            action.add_argument("exporter", metavar="EXPORTER", help="its name, as ls shows it")
        for action in (ls, show):
            action.add_argument("--json", action="store_true", help="as JSON, an object a line")
        for action in (show, export):
            action.add_argument("--id", type=_id, metavar="N", help="this request only")
        show.add_argument(
            "--limit", type=_id, metavar="N", default=_LIMIT, help=f"that many lines, not {_LIMIT}"
        )
        export.add_argument("--output", metavar="FILE", help="into a new file, for this user only")
        purge.usage = "%(prog)s [-h] PLACE EXPORTER (--id N ... | --all)"
        which = purge.add_mutually_exclusive_group(required=True)
        which.add_argument("--id", type=_id, metavar="N", nargs="+", action="extend", help="these")
        which.add_argument("--all", action="store_true", help="all that wait")

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        try:
            code: int = arguments.action(Queues(Place.of(arguments.place)), arguments)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever runs commands knows what to do
            raise
        except (PlaceError, ControlError, StoreError) as e:
            _complain(*str(e).splitlines())
            return 1
        except OSError as e:
            _complain(f"{e.filename or 'standard output'}: {e.strerror}")
            return 1
        return code


def _id(text: str) -> int:
    number = int(text)
    if not 0 < number < 1 << 63:
        raise ValueError
    return number


def _ls(queues: Queues, arguments: argparse.Namespace) -> int:
    summaries = queues.summaries()
    if arguments.json:
        _write_lines(msgspec.json.encode(summary).decode() for summary in summaries)
        return 0
    _write_lines(table(_LS, map(_summary_row, summaries)))
    _complain(*(f"{each.exporter}: {each.reason}" for each in summaries if each.reason))
    return 0


def _summary_row(summary: Summary) -> tuple[str, ...]:
    oldest, most = summary.oldest_age_seconds, summary.max_size
    numbers = (f"{summary.requests:,}", f"{summary.events:,}", shown_size(summary.bytes))
    limit = "" if most is None else shown_size(most)
    age = "" if oldest is None else shown_age(oldest)
    return (summary.exporter, summary.type, summary.state, *numbers, limit, age)


def _show(queues: Queues, arguments: argparse.Namespace) -> int:
    queue, exporter = queues.of(arguments.exporter), arguments.exporter
    if arguments.id is not None:
        return _show_one(queue.record(exporter, arguments.id), queue.damage, arguments)
    entries = queue.entries(exporter)
    shown = islice(entries, arguments.limit)
    if arguments.json:
        _write_lines(msgspec.json.encode(entry).decode() for entry in shown)
    else:
        _write_lines(table(_SHOW, map(_entry_row, shown)))
    if next(entries, None) is not None:
        _complain("there is more: --limit shows it")
    _complain(*queue.damage)
    return 1 if queue.damage else 0


def _entry_row(entry: Listed) -> tuple[str, ...]:
    now = time.time_ns()
    waits, oldest = (shown_age((now - ns) / 1e9) for ns in (entry.created_ns, entry.oldest_ns))
    numbers = (f"{entry.events:,}", oldest if entry.oldest_ns else "", shown_size(entry.size))
    state = "waiting" if entry.waits else "on its way"
    return (str(entry.id), waits, *numbers, str(entry.attempts), state, entry.last_error)


def _show_one(found: Record | None, damage: list[str], arguments: argparse.Namespace) -> int:
    if found is None:
        _complain(*(damage or [f"request {arguments.id} is not in the queue"]))
        return 1
    if arguments.json:
        _write_lines([msgspec.json.encode(found).decode()])
        return 0
    known = msgspec.to_builtins(found)
    body = known.pop("body", None) or known.pop("body_base64", "")
    headers = [f"{name}: {value}" for name, value in known.pop("headers")]
    facts = [f"{name}: {value}" for name, value in known.items() if value != ""]
    _write_lines(map(printable, (*facts, "", *headers, "", *body.splitlines())))
    return 0


def _export(queues: Queues, arguments: argparse.Namespace) -> int:
    queue, requests, events = queues.of(arguments.exporter), 0, 0
    progress = Progress(is_wanted=arguments.output is not None or not sys.stdout.isatty())
    with _output(arguments.output) as out:
        for record in queue.records(arguments.exporter, arguments.id):
            out.write(msgspec.json.encode(record) + b"\n")
            requests, events = requests + 1, events + record.events
            progress.show(f"{requests:,} requests with {events:,} events")
    progress.end()
    _complain(f"exported {requests:,} requests with {events:,} events", *queue.damage)
    if arguments.id is not None and not requests:
        _complain(f"request {arguments.id} is not in the queue")
        return 1
    return 1 if queue.damage else 0


@contextmanager
def _output(name: str | None) -> Iterator[BinaryIO]:
    """Standard output, or a new file, on the disk at the end: a purge may come next."""
    if name is None:
        with nullcontext(sys.stdout.buffer) as out:
            yield out
        return
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(Path(name), flags, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _purge(queues: Queues, arguments: argparse.Namespace) -> int:
    ids = None if arguments.all else set(arguments.id)
    queue = queues.of(arguments.exporter)
    done = queue.purge(arguments.exporter, ids)
    _complain(*queue.damage)
    sys.stdout.write(f"purged {done.requests:,} requests with {done.events:,} events\n")
    if done.on_their_way:
        _complain(f"{done.on_their_way:,} are on their way, and stay until they are back")
    missing = len(ids or ()) - done.requests - done.on_their_way
    if missing > 0:
        _complain(f"not in the queue: {missing:,}")
    return 1 if ids and len(ids) > done.requests else 0


def _write_lines(lines: Any) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


def _complain(*sentences: str) -> None:
    for sentence in sentences:
        sys.stderr.write(f"{printable(sentence)}\n")
