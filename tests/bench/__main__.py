"""Measures the collector over real sockets of this machine: `python tests/bench --help`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from tests.bench import report
from tests.bench.corpus import Corpus, write
from tests.bench.facts import FACTS
from tests.bench.hotspots import hotspots
from tests.bench.measure import Result, measure, sink, too_slow
from tests.bench.paths import PATHS
from tests.bench.process import cpus, running
from tests.bench.subject import Failed

_STAGES = "stages"
_STAGED = "tcp"
_MOST_STAGED = 200_000
#: Of a message, in all the files together.
_MOST_BYTES = 1000


class Bench:
    """The runs that were asked for."""

    def __init__(self, events: int, folder: Path) -> None:
        self._events = events
        self._folder = folder
        self._written: dict[tuple[str, int], Corpus] = {}
        self.results: dict[str, list[Result]] = {}
        self.stages: list[dict[str, float]] = []
        self.facts: list[str] = []
        #: An event was lost without being counted, or came twice: a bug, whatever the time.
        self.wrong = False

    def corpus(self, name: str, most: int | None = None) -> Corpus:
        """What a path sends, made once."""
        form = PATHS[name].form
        count = min(self._events, PATHS[name].most if most is None else most)
        if (form, count) not in self._written:
            _tell(f"writing {count:,} messages, {form} ...")
            self._written[form, count] = write(self._folder / f"{form}-{count}", form, count)
        return self._written[form, count]

    def run(self, name: str) -> None:
        """One run more of a path, or of the stages."""
        if name == _STAGES:
            self.stages.append(_stages(self.corpus(_STAGED, _MOST_STAGED)))
            return
        if name in FACTS:
            _tell(f"{name} ...")
            self.facts.append(FACTS[name]())
            return
        corpus = self.corpus(name)
        _tell(f"{name} ...")
        result = measure(name, PATHS[name], corpus)
        if too_slow(result, PATHS[name]):
            _tell(f"{name}: the load made only {result.sent_per_second:,.0f} messages/s")
        if result.unexplained or result.duplicates:
            self.wrong = True
            _tell(f"{name}: WRONG: lost {result.unexplained}, twice {result.duplicates}")
        self.results.setdefault(name, []).append(result)

    def text(self) -> str:
        """The tables."""
        parts = [report.paths(self.results)] if self.results else []
        parts.append(report.datagrams(self.results))
        if self.stages:
            runs = self.results.get(_STAGED)
            parts.append(
                report.stages(self.stages, report.median(runs, "cpu_us") if runs else None)
            )
        return "\n\n".join(filter(None, (*parts, *self.facts)))

    def data(self) -> dict[str, Any]:
        """The same for a program: every run."""
        return {
            "machine": report.machine(),
            "paths": {
                name: [{**dataclasses.asdict(result), "lost": result.lost} for result in results]
                for name, results in self.results.items()
            },
            "stages": self.stages,
        }


def _stages(corpus: Corpus) -> dict[str, float]:
    """Us an event by stage."""
    _tell("stages ...")
    ours, others = cpus()
    with sink(others) as port:
        rest = ",".join(map(str, others))
        arguments = ["-m", "tests.bench.stages", str(corpus.path), str(port), rest]
        with running(arguments, ours, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
    if not line:
        raise Failed("the stages could not be measured")
    found: dict[str, float] = json.loads(line)
    return found


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    names = [*PATHS, _STAGES, *FACTS]
    parser = argparse.ArgumentParser(
        prog="python tests/bench",
        description="Measures the collector over real sockets, of this machine only.",
        epilog="paths: " + "; ".join(f"{name}: {path.title}" for name, path in PATHS.items()),
    )
    add = parser.add_argument
    add("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    add("--events", type=_positive, default=500_000, help="messages of a run (%(default)s)")
    add("--runs", type=_positive, default=1, help="runs of each, in turn; medians are shown")
    add("--json", type=Path, metavar="FILE", help="write every run's figures there as well")
    add("--profile", choices=list(PATHS), metavar="NAME", help="instead: profile a path")
    return parser.parse_args(words)


def _positive(text: str) -> int:
    number = int(text.replace(",", "").replace("_", ""))
    if number < 1:
        raise argparse.ArgumentTypeError("expected a number from 1")
    return number


def _tell(text: str) -> None:
    """Progress, apart from the result."""
    sys.stderr.write(f"{text}\n")


@contextmanager
def _ending() -> Iterator[None]:
    """SIGTERM ends the bench as Ctrl-C does: by unwinding, so that every process is ended."""

    def stop(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _place(events: int) -> Path | None:
    """Memory, where all the files have room in it; a container may have little."""
    memory = Path("/dev/shm")  # noqa: S108 a folder of our own in it
    needed = events * _MOST_BYTES
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > needed else None


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and print; 1 when the collector failed, or lost what it must not."""
    arguments = _arguments(words)
    place = _place(arguments.events)
    try:
        with _ending(), tempfile.TemporaryDirectory(prefix="bench-", dir=place) as folder:
            bench = Bench(arguments.events, Path(folder))
            _go(arguments, bench)
            return 1 if bench.wrong else 0
    except Failed as e:
        _tell(f"bench: {e}")
        return 1
    except KeyboardInterrupt:
        return 130


def _go(arguments: argparse.Namespace, bench: Bench) -> None:
    print(report.machine(), end="\n\n", flush=True)
    if arguments.profile:
        name = arguments.profile
        for text in hotspots(name, PATHS[name], bench.corpus(name)):
            print(text, end="\n\n", flush=True)
        return
    try:
        for _ in range(arguments.runs):
            for name in arguments.only:
                bench.run(name)
    finally:
        if text := bench.text():
            print(text)
        if arguments.json:
            arguments.json.write_text(json.dumps(bench.data(), indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
