"""A collector that is killed over and over while writers write, and what must be true after it.

Writers, sandbox and this are the oracle, which survives everything: what was acknowledged is an
obligation, what arrived is looked at by its text and its record id.
"""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from tests.system.collecting import QUICK, Account, Collector
from tests.system.network import free_port
from tests.system.process import PYTHON, Process
from tests.system.sandbox import TOKEN, Sandbox
from tests.system.waiting import eventually
from tests.system.writing import (
    AcknowledgedWriter,
    ForwardWriter,
    HttpWriter,
    RelpWriter,
    Writer,
)

#: Seconds that a collector lives, from when it has started.
_LIFE = (0.0, 0.6)
_START = 30.0
#: Seconds between two looks at its account.
_LOOK = 0.1


class Verdict(NamedTuple):
    """What became of everything."""

    kills: int
    acknowledged: int
    #: Acknowledged, and not there: must be nobody.
    lost: Sequence[str]
    #: There, and never sent: must be nobody.
    invented: Sequence[str]
    #: More copies than it was sent times and the collector was killed: must be nobody.
    unexplained: Sequence[str]
    #: Copies of what the collector took once, and sent again after a kill.
    repeated: int
    #: Copies of what a writer sent again, because it had no answer.
    resent: int


class Destination(Protocol):
    """Where a collector sends to."""

    @property
    def url(self) -> str: ...


class Victim:
    """One collector after the other, on the same ports, UNIX socket and data."""

    def __init__(
        self, directory: Path, sandbox: Destination, data_dir: Path | None = None, **exporter: Any
    ) -> None:
        self._directory = directory
        self.lines, self.syslog = free_port(), free_port()
        self.forward, self.relp = free_port(), free_port()
        self.local = directory / "forward.sock"
        self.http = free_port()
        self.data_dir = data_dir or directory / "data"
        self._config = directory / "collector.yaml"
        directory.mkdir(exist_ok=True)
        self._config.write_text(self._configuration({"endpoint": sandbox.url, **exporter}))
        self.kills = self._starts = 0
        #: Requests that were taken and not answered, as far as a test has asked for it.
        self.unanswered = 0
        self.process: Process | None = None

    @property
    def url(self) -> str:
        """Of its own ingest API, for another collector."""
        return f"http://127.0.0.1:{self.http}"

    def _configuration(self, exporter: Mapping[str, Any]) -> str:
        acknowledging = "tests.system.acknowledging:AcknowledgingReceiver"
        lines = {"type": acknowledging, "endpoint": f"127.0.0.1:{self.lines}"}
        receivers = {
            "acknowledging": lines,
            "syslog": {
                "tcp": {"endpoint": f"127.0.0.1:{self.syslog}"},
                "relp": {"endpoint": f"127.0.0.1:{self.relp}"},
            },
            "fluent_forward": {"endpoint": f"127.0.0.1:{self.forward}"},
            "fluent_forward/local": {"endpoint": f"unix://{self.local}"},
            "http": {"endpoint": f"127.0.0.1:{self.http}", "tokens": [TOKEN]},
        }
        logs = {"receivers": list(receivers), "exporters": ["dynatrace"]}
        said = {
            "receivers": receivers,
            "exporters": {"dynatrace": {**QUICK, **exporter}},
            "service": {"data_dir": str(self.data_dir), "pipelines": {"logs": logs}},
        }
        return json.dumps(said)

    def start(self) -> Collector:
        """The next one, which listens."""
        self._starts += 1
        home = self._directory / f"life-{self._starts}"
        self.process = process = Process((*PYTHON, "run", self._config), home)
        eventually(lambda: " started, pid " in process.stderr or not process.alive, within=_START)
        assert process.alive, process.stderr
        return Collector(process, self.syslog, self.data_dir)

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.kills += 1


@contextmanager
def victim(
    directory: Path, sandbox: Destination, data_dir: Path | None = None, **exporter: Any
) -> Iterator[Victim]:
    """Its last process is ended at the end."""
    found = Victim(directory, sandbox, data_dir, **exporter)
    try:
        yield found
    finally:
        if found.process is not None:
            found.process.kill()


def killed(
    prey: Victim,
    sandbox: Sandbox,
    kills: int,
    chance: random.Random,
    between: Callable[[int], None] = lambda _: None,
) -> tuple[Verdict, Account]:
    """So many lives, each ended at a random moment; then one that ends by itself.

    `between` is called after each kill, while nothing runs.
    """
    with writing(prey) as load:
        for kill in range(kills):
            _live(prey.start(), chance.uniform(*_LIFE))
            prey.kill()
            between(kill)
        last = prey.start()
        _live(last, _LIFE[1])
    account = last.settled()
    return verdict(load, sandbox.events(), prey.kills, prey.unanswered), account


class Load(NamedTuple):
    """Who writes."""

    acknowledged: Sequence[AcknowledgedWriter]
    others: Sequence[Writer]

    @property
    def promised(self) -> int:
        """Events that a writer has an answer for."""
        return sum(len(writer.acknowledged) for writer in self.acknowledged)


@contextmanager
def writing(prey: Victim, size: int = 0) -> Iterator[Load]:
    """Some who wait for answers, and one who does not."""
    writers = [AcknowledgedWriter(f"writer-{n}", prey.lines, size) for n in range(3)]
    places: Sequence[int | Path] = (prey.forward, prey.local)
    writers += [ForwardWriter(f"forward-{n}", place, size) for n, place in enumerate(places)]
    writers += [HttpWriter(f"http-{n}", prey.http, size) for n in range(2)]
    writers += [RelpWriter(f"relp-{n}", prey.relp, size) for n in range(2)]
    load = Load(writers, [Writer("plain", prey.syslog, size)])
    everybody: Sequence[Writer] = (*load.acknowledged, *load.others)
    for writer in everybody:
        writer.start()
    try:
        yield load
    finally:
        for writer in everybody:
            writer.stop()


def _live(source: Collector, seconds: float) -> None:
    """Its account balances whenever somebody looks."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        account = Account(source.metrics(), "dynatrace")
        assert account.balanced, vars(account)
        time.sleep(min(_LOOK, max(0.0, end - time.monotonic())))


def verdict(
    load: Load, events: Sequence[Mapping[str, Any]], kills: int, unanswered: int = 0
) -> Verdict:
    """What the writers know against what has arrived."""
    ids: dict[str, Counter[str]] = defaultdict(Counter)
    for event in events:
        ids[event["content"]][event["log.record.uid"]] += 1
    acknowledged = {text for writer in load.acknowledged for text in writer.acknowledged}
    times: Counter[str] = sum((writer.times for writer in load.acknowledged), Counter())
    plain = {text for text in ids if any(text.startswith(other.name) for other in load.others)}
    one_id = tuple(f"{writer.name}-" for writer in load.acknowledged if writer.same_ids)
    return Verdict(
        kills,
        len(acknowledged),
        sorted(acknowledged - ids.keys()),
        sorted(ids.keys() - times.keys() - plain),
        sorted(
            text
            for text, copies in ids.items()
            if len(copies) > (1 if text.startswith(one_id) else max(times[text], 1))
            or max(copies.values())
            > (times[text] if text.startswith(one_id) else 1) + kills + unanswered
        ),
        sum(copies.total() - len(copies) for copies in ids.values()),
        sum(len(copies) - 1 for copies in ids.values()),
    )


def ended(prey: Victim) -> str:
    """Stop the last one as an operator would, and give its log."""
    assert prey.process is not None
    assert prey.process.stop(signal.SIGTERM) == 0
    return prey.process.stderr
