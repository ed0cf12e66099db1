"""Kills, faults, full disks and damage for minutes: `python tests/soak --help`."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.report import table
from tests.small_disk import missing, small_disk
from tests.system.damaging import DAMAGE, damage
from tests.system.killing import Verdict, ended, killed, verdict, victim, writing
from tests.system.sandbox import sandbox
from tests.system.waiting import eventually

_FAULTS: Sequence[dict[str, Any]] = (
    *({"status": status} for status in (401, 408, 413, 429, 500, 502, 503, 504)),
    *({"reset": "before"}, {"reset": "after"}, {"drop_answer": True}, {"delay": 0.3}),
    *({"status": 503, "retry_after": 1}, {"status": 404, "html": "<html>Who are you?</html>"}),
)
_MOST_FAULTS = 6
#: Damaged starts, and what is promised before each.
_DAMAGES, _PROMISED = 12, 1000
#: MB of the small disk, bytes of a message there, and seconds until it is full or empty again.
_DISK, _SIZE, _LONG = 48, 900, 60.0
_DIR = "/var/tmp"  # noqa: S108 a directory of our own in it; on a disk, where fsync means something


class Line(NamedTuple):
    """A phase and what it has shown."""

    name: str
    found: Verdict
    #: Whether everything is as it must be.
    good: bool


def _kills(home: Path, number: int, chance: random.Random) -> Line:
    with sandbox(home) as destination, victim(home, destination) as prey:

        def between(kill: int) -> None:
            destination.relent()
            faults = chance.choices(_FAULTS, k=chance.randrange(_MOST_FAULTS))
            prey.unanswered += sum("drop_answer" in fault for fault in faults)
            destination.fail(*faults)
            if kill % 10 == 9:
                _tell(f"{kill + 1} kills ...")

        found, account = killed(prey, destination, number, chance, between)
        good = account.balanced and not account.dropped and not account.dead_lettered
        ended(prey)
    return Line("kills under faults", found, good and _is_whole(found))


def _full_disk(home: Path) -> Line:
    """Full, killed while it is full, and empty again."""
    with (
        small_disk(home / "disk", _DISK) as disk,
        sandbox(home) as destination,
        victim(home, destination, disk / "data", compression="none") as prey,
    ):
        destination.fail({"status": 503, "count": 0})
        source = prey.start()
        with writing(prey, _SIZE) as load:
            eventually(lambda: source.metrics()("exporter_queue_failed"), within=_LONG)
            prey.kill()
            source = prey.start()
            destination.relent()
            promised = load.promised
            eventually(lambda: load.promised > promised + 1000, within=_LONG)
        account = source.settled()
        found = verdict(load, destination.events(), prey.kills)
    return Line("full disk", found, account.balanced and _is_whole(found))


def _damaged(home: Path, kind: str, chance: random.Random) -> Line:
    """What was damaged may be lost, and never more than that; it starts every time."""
    with sandbox(home) as destination, victim(home, destination) as prey:
        destination.fail({"status": 503, "count": 0})
        prey.start()
        with writing(prey) as load:
            eventually(lambda: load.promised > _PROMISED)
            if not kind.endswith("log"):
                ended(prey)
            prey.kill()
        damage(prey.data_dir / "queue" / "dynatrace", kind, chance)
        destination.relent()
        source = prey.start()
        account = source.settled()
        found = verdict(load, destination.events(), prey.kills)
        log = ended(prey)
    # A log that breaks off is what a crash leaves: it says nothing of what was behind.
    said = "damaged" in log or kind == "tail of the log"
    good = not (found.invented or found.unexplained) and (said or not found.lost)
    return Line(kind, found, good and account.recovered == account.sent + account.dropped)


def _is_whole(found: Verdict) -> bool:
    return not (found.lost or found.invented or found.unexplained)


def _phases(home: Path, kills: int, chance: random.Random) -> Iterator[Line]:
    _tell(f"{kills} kills ...")
    yield _kills(home / "kills", kills, chance)
    if reason := missing():
        _tell(f"no full disk: {reason}")
    else:
        _tell("full disk ...")
        yield _full_disk(_made(home / "full"))
    for number in range(_DAMAGES):
        kind = list(DAMAGE)[number % len(DAMAGE)]
        _tell(f"{kind} ...")
        yield _damaged(home / f"damage-{number}", kind, chance)


def _made(home: Path) -> Path:
    home.mkdir()
    return home


def _text(lines: Sequence[Line]) -> str:
    head = (
        *("phase", "kills", "acknowledged", "lost", "invented", "unexplained", "repeated"),
        *("resent", ""),
    )
    rows = [
        (
            name,
            *(str(len(one) if isinstance(one, list) else one) for one in found),
            "good" if good else "WRONG",
        )
        for name, found, good in lines
    ]
    return table(head, rows)


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tests/soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="(default: %(default)s)")
    parser.add_argument("--seed", type=int, help="of an earlier run, to do the same again")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Run all phases, print what became of everything; 1 when something was lost."""
    arguments = _arguments(words)
    seed = time.time_ns() % 1_000_000 if arguments.seed is None else arguments.seed
    lines: list[Line] = []
    try:
        with tempfile.TemporaryDirectory(prefix="soak-", dir=_DIR) as folder:
            lines.extend(_phases(Path(folder), arguments.kills, random.Random(seed)))
    finally:
        print(_text(lines) if lines else "", f"seed {seed}", sep="\n", flush=True)
    return 0 if all(line.good for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
