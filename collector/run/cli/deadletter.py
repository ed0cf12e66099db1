"""`collector deadletter`: what could never be delivered, and sending it again."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from ...command import Command
from ...letter import Letter
from ...outputs.letters.line import encoded
from ...outputs.letters.names import components, path_of
from ...outputs.letters.reading import Letters
from ...outputs.letters.selection import Selection, moment
from ...outputs.replay import Replayed
from ...text import as_text
from ..control_client import ControlClient, ControlError, NotRunning
from ..letter_desk import ReplayOrder
from ..redactor import printable
from ..unix_socket import SOCKET_NAME
from .place import Place, PlaceError, add_action
from .progress import Progress
from .table import shown_size, table

_LS = ("KIND ", "COMPONENT ", "REASON ", "RECORDS", "SIZE", "OLDEST ", "NEWEST ")
#: Seconds in which a replay should end: what is in a queue in memory must be sent for that.
_PATIENCE = 3600.0
#: Seconds between two looks at how far it is.
_STEP = 0.5


class _NotThereError(Exception):
    """There is nothing of what was asked for: a sentence."""


class DeadLetterCommand(Command):
    """Look into the dead letter of a collector, or send what is in it again.

    `ls` and `show` read the files, whether a collector runs or not. `replay` asks the one that
    runs. A time is an age such as 2h, or 2026-01-31T12:00:00Z.

    examples:
      collector deadletter ls collector.yaml
      collector deadletter show collector.yaml dynatrace --reason poison --limit 10
      collector deadletter replay collector.yaml dynatrace --since 2h
    """

    help = "look into what could not be delivered, or send it again"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
        add_action(actions, "ls", _ls, "count what there is, by component and reason")
        show = add_action(actions, "show", _show, "show those of a component, the oldest first")
        show.add_argument("component", metavar="COMPONENT", help="its name, as ls shows it")
        show.add_argument("--json", action="store_true", help="as JSON, an object a line")
        replay = add_action(actions, "replay", _replay, "send records of an exporter again")
        replay.add_argument("exporter", metavar="EXPORTER", help="its name, as ls shows it")
        replay.add_argument("--all", action="store_true", help="all of them")
        for action in (show, replay):
            action.add_argument("--reason", default="", help="only those with this reason")
            action.add_argument("--since", metavar="TIME", type=_time, default=0, help="from then")
            action.add_argument("--until", metavar="TIME", type=_time, default=0, help="to then")
            action.add_argument(
                "--contains", metavar="TEXT", default="", help="in the record or the server's words"
            )
            action.add_argument(
                "--limit", metavar="N", type=_number, default=0, help="so many at most"
            )

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        try:
            code: int = await arguments.action(Place.of(arguments.place).data_dir, arguments)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever runs commands knows what to do
            raise
        except NotRunning as e:
            return _failed(f"{e}: start the collector, then replay")
        except (PlaceError, ControlError, _NotThereError) as e:
            return _failed(str(e))
        except OSError as e:
            return _failed(f"{e.filename or 'standard output'}: {e.strerror}")
        return code


def _time(text: str) -> int:
    try:
        return moment(text, time.time_ns())
    except ValueError as e:
        raise argparse.ArgumentTypeError(str(e)) from None


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _selection(arguments: argparse.Namespace) -> Selection:
    return Selection(
        reason=as_text(arguments.reason),
        since=arguments.since,
        until=arguments.until,
        contains=as_text(arguments.contains),
        limit=arguments.limit,
    )


@dataclass
class _Count:
    records: int = 0
    size: int = 0
    oldest: int = 0
    newest: int = 0


async def _ls(data_dir: Path, _: argparse.Namespace) -> int:
    _write(table(_LS, _counted(data_dir)))
    return 0


def _counted(data_dir: Path) -> Iterator[tuple[str, ...]]:
    for kind, id in components(data_dir):
        counts: dict[str, _Count] = {}
        with Letters(path_of(data_dir, kind, id)) as letters:
            for found in letters:
                letter, count = found.letter, counts.setdefault(found.letter.reason, _Count())
                count.records += 1
                count.size += found.size
                count.oldest = min(count.oldest or letter.time, letter.time)
                count.newest = max(count.newest, letter.time)
        for reason, count in sorted(counts.items()):
            sums = f"{count.records:,}", shown_size(count.size)
            yield kind, id, reason, *sums, _when(count.oldest), _when(count.newest)
        _complain_of(id, letters.unreadable)


def _complain_of(id: str, unreadable: int) -> None:
    if unreadable:
        _failed(f"{id}: {unreadable} lines are no records; a crash may leave one")


async def _show(data_dir: Path, arguments: argparse.Namespace) -> int:
    id, selection = arguments.component, _selection(arguments)
    kinds = [kind for kind, known in components(data_dir) if known == id]
    if not kinds:
        raise _NotThereError(f"there is no dead letter of {id} in {data_dir}; see ls")
    left = selection.limit
    for kind in kinds:
        with Letters(path_of(data_dir, kind, id)) as letters:
            for found in letters:
                if selection.takes(found.letter):
                    _write(_as_json(found.letter, id) if arguments.json else _lines(found.letter))
                    left -= 1
                    if not left:
                        return 0
            _complain_of(id, letters.unreadable)
    return 0


def _as_json(letter: Letter, id: str) -> Iterable[str]:
    return [encoded(letter, id).decode().rstrip("\n")]


def _lines(letter: Letter) -> Iterator[str]:
    """Safe for a terminal."""
    *earlier, last = letter.deaths
    for death in (last, *reversed(earlier)):
        mark = "" if death is last else "  before that: "
        said = f": {death.text}" if death.text else ""
        yield printable(
            f"{mark}{_when(death.time)} {death.reason}, {death.attempts} attempts{said}"
        )
    yield f"  {printable(letter.row.decode('utf-8', 'backslashreplace'))}"


def _when(ns: int) -> str:
    return datetime.fromtimestamp(ns // 10**9, UTC).isoformat().replace("+00:00", "Z")


async def _replay(data_dir: Path, arguments: argparse.Namespace) -> int:
    exporter, selection = arguments.exporter, _selection(arguments)
    if (selection == Selection()) != arguments.all:
        _failed(
            "say which records: --all, or some of --reason, --since, --until, --contains, --limit"
        )
        return 2
    body = msgspec.json.encode(ReplayOrder(as_text(exporter), selection))
    client = ControlClient(data_dir / SOCKET_NAME, _PATIENCE)
    asked = asyncio.create_task(
        asyncio.to_thread(client.request, "POST", "/deadletter/replay", body)
    )
    await _watched(asked, data_dir, exporter)
    status, said = await asked
    if status != 200:
        raise ControlError(said.decode("utf-8", "replace").strip())
    found = msgspec.json.decode(said, type=Replayed)
    _write([f"{printable(exporter)}: {found.replayed:,} replayed, {found.left:,} remain"])
    return _failed(found.trouble) if found.trouble else 0


async def _watched(asked: asyncio.Task[Any], data_dir: Path, exporter: str) -> None:
    """Say how far it is, until it has ended."""
    progress, client = Progress(), ControlClient(data_dir / SOCKET_NAME)
    before = None
    while progress.is_wanted and not asked.done():
        with suppress(ControlError):  # the one that replays says what is wrong
            _, said = await asyncio.to_thread(client.get, "/status")
            now = _replayed(msgspec.json.decode(said), exporter)
            before = now if before is None else before
            progress.show(f"{now - before:,} replayed")
        await asyncio.wait([asked], timeout=_STEP)
    progress.end()


def _replayed(status: Any, exporter: str) -> int:
    found = (each for each in status["components"] if each["kind"] == "exporter")
    counters = (each["counters"] for each in found if each["id"] == exporter)
    return sum(each.get("replayed_log_records", 0) for each in counters)


def _write(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


def _failed(text: str) -> int:
    for line in text.splitlines():
        sys.stderr.write(f"collector: {printable(line)}\n")
    return 1
