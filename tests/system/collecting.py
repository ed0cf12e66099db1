"""`collector run` as a process, its configuration, and what its control socket says."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.system.network import ANY, free_port
from tests.system.process import PYTHON, Process, running
from tests.system.sandbox import TOKEN
from tests.system.waiting import LONG, eventually

#: What an exporter is given unless a test says otherwise: it shall not take its time.
QUICK: Mapping[str, Any] = {
    "api_token": TOKEN,
    "batch": {"max_age": "50ms"},
    "retry": {
        "initial_interval": "20ms",
        "max_interval": "200ms",
        "hold_interval": "50ms",
        "max_hold_interval": "200ms",
    },
}
Pipelines = Mapping[str, Sequence[str]]
_PORT_TAKEN = "another process has this port"
_TRIES = 5
#: How an exception that nobody expected looks in the log: `ValueError: no (numbers.py:12 in f)`.
_RAISED = re.compile(r"Traceback|\(\w+\.py:\d+ in ")


def configuration(
    port: int,
    data_dir: Path,
    exporters: Mapping[str, Mapping[str, Any]],
    *,
    pipelines: Pipelines | None = None,
    syslog: Mapping[str, Mapping[str, Any]] | None = None,
    service: Mapping[str, Any] | None = None,
) -> str:
    """Syslog on the port; `exporters` by id, with what they have beside `QUICK`.

    `pipelines`: their exporters; one with all of them when nothing is said. `syslog`: more
    options of the listeners `udp` and `tcp`.
    """
    endpoint = {"endpoint": f"{ANY}:{port}"}
    listeners = {kind: endpoint | {**(syslog or {}).get(kind, {})} for kind in ("udp", "tcp")}
    graph = pipelines or {"logs": list(exporters)}
    said = {
        "receivers": {"syslog": listeners},
        "exporters": {id: {**QUICK, **options} for id, options in exporters.items()},
        "service": {
            "data_dir": str(data_dir),
            **(service or {}),
            "pipelines": {
                name: {"receivers": ["syslog"], "exporters": list(to)} for name, to in graph.items()
            },
        },
    }
    return json.dumps(said, indent=1)  # every JSON text is YAML


class Collector:
    """A collector that listens."""

    def __init__(self, process: Process, port: int, data_dir: Path) -> None:
        self.process = process
        self.port = port
        self.data_dir = data_dir

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self.process.stderr

    def worker_pids(self) -> list[int]:
        """Of its workers."""
        return [worker["pid"] for worker in json.loads(self.ask("/status")[1])["workers"]]

    def ask(self, path: str, method: str = "GET") -> tuple[int, str]:
        """Status and body of an answer of its control socket."""
        connection = _ControlConnection(self.data_dir / "control.sock")
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metrics(self) -> Metrics:
        """All numbers of this instant."""
        status, text = self.ask("/metrics")
        assert status == 200, text
        return Metrics(text)

    def settled(self, exporter: str = "dynatrace", within: float = LONG) -> Account:
        """The account of an exporter once nothing is queued or in flight.

        It must balance whenever it is looked at, and not only then.
        """

        def look() -> Account:
            account = Account(self.metrics(), exporter)
            assert account.balanced, vars(account)
            return account

        return eventually(look, lambda account: account.waiting == 0, within)


class Metrics:
    """Prometheus' text, added up."""

    def __init__(self, text: str) -> None:
        families = text_string_to_metric_families(text)
        self._samples = [sample for family in families for sample in family.samples]

    def __call__(self, name: str, **labels: str) -> int:
        """The sum of `otelcol_<name>` over all series with these labels."""
        names = {f"otelcol_{name}", f"otelcol_{name}_total"}
        return round(
            sum(
                sample.value
                for sample in self._samples
                if sample.name in names and labels.items() <= sample.labels.items()
            )
        )


class Account:
    """What became of the events an exporter has taken."""

    def __init__(self, metrics: Metrics, exporter: str) -> None:
        def number(name: str) -> int:
            return metrics(f"exporter_{name}_log_records", exporter=exporter)

        self.taken = number("taken")
        self.recovered = number("recovered")
        self.replayed = number("replayed")
        self.sent = number("sent")
        self.rejected = number("rejected")
        self.dropped = number("dropped")
        self.dead_lettered = number("dead_lettered")
        self.waiting = number("queued") + number("in_flight")

    @property
    def balanced(self) -> bool:
        """Whether every event is somewhere."""
        ended = self.sent + self.rejected + self.dropped + self.dead_lettered
        return self.taken + self.recovered + self.replayed == ended + self.waiting


class _ControlConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@contextmanager
def collector(
    directory: Path, configure: Callable[[int, Path], str], **env: str
) -> Iterator[Collector]:
    """A collector of the configuration that `configure` makes of a port and a data directory.

    At the end it must still be well, and stop as it should, unless the test has ended it.
    """
    for attempt in range(_TRIES):
        home = directory / f"collector-{attempt}"
        home.mkdir(parents=True)
        port, config = free_port(), home / "collector.yaml"
        config.write_text(configure(port, home / "data"))
        with running((*PYTHON, "run", config), home, env) as process:
            if _started(process):
                yield Collector(process, port, home / "data")
                _check_end(process)
                return
            assert _PORT_TAKEN in process.stderr, process.stderr
    raise AssertionError("there is no free port")


def _started(process: Process) -> bool:
    eventually(lambda: re.search(r" started, pid \d+", process.stderr) or not process.alive)
    return process.alive


def _check_end(process: Process) -> None:
    if process.alive:
        assert process.stop() == 0, process.stderr
    assert _RAISED.search(process.stderr) is None, process.stderr
