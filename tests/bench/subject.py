"""The collector that is measured: a process with a configuration, and what it says of itself."""

from __future__ import annotations

import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.bench.process import running
from tests.collector.outputs.authority import Authority

_CONFIGURATION = """\
receivers:
  {receiver}
{processors}exporters:
  dynatrace:
    endpoint: http://127.0.0.1:{sink}
    api_token: dt0c01.{public}.{secret}
    queue: {{type: {queue}}}
service:
  data_dir: {data_dir}
  workers: {workers}
  admin: {{endpoint: 127.0.0.1:{admin}}}
  pipelines:
    logs: {{receivers: ['{name}'], processors: [{chain}], exporters: [dynatrace]}}
"""
#: A realistic chain: noise away, context on, secrets out, levels from texts, one more filter.
CHAIN = r"""processors:
  filter/noise:
    log_conditions: ['IsMatch(log.body, "^health ?check")']
  transform/context:
    log_statements:
      - set(log.attributes["env"], "prod")
      - set(log.attributes["service.name"], log.attributes["syslog.appname"])
  transform/secrets:
    log_statements: ['replace_pattern(log.body, "password=[^ ]+", "password=***")']
  transform/level:
    log_statements:
      - set(log.severity_number, SEVERITY_NUMBER_ERROR) where IsMatch(log.body, "^ERROR ")
  filter/level:
    log_conditions:
      - log.severity_number < SEVERITY_NUMBER_DEBUG and log.attributes["service.name"] == "test"
"""
_NAMES = re.findall(r"(?m)^  ([a-z]+/[a-z]+):", CHAIN)
_ACKNOWLEDGING = "tests.system.acknowledging:AcknowledgingReceiver"
#: By protocol: a receiver's name, and what it is told. All 3,000 connections are of one source.
_RECEIVERS = {
    "tcp": (
        "syslog",
        "{{tcp: {{endpoint: 127.0.0.1:{port}, max_connections_per_source: 0}}}}",
    ),
    "tls": ("syslog", "{{tcp: {{endpoint: 127.0.0.1:{port}, tls: {{cert_file: {cert}}}}}}}"),
    "udp": ("syslog", "{{udp: {{endpoint: 127.0.0.1:{port}}}}}"),
    "forward": ("fluent_forward", "{{endpoint: 127.0.0.1:{port}}}"),
    "http": ("http", "{{endpoint: 127.0.0.1:{port}}}"),
    "otlp-http": ("otlp", "{{protocols: {{http: {{endpoint: 127.0.0.1:{port}}}}}}}"),
    "otlp-grpc": ("otlp", "{{protocols: {{grpc: {{endpoint: 127.0.0.1:{port}}}}}}}"),
    "acknowledged": (
        "acknowledging",
        f"{{{{type: '{_ACKNOWLEDGING}', endpoint: 127.0.0.1:{{port}}}}}}",
    ),
}
_READY, _LOOK = 30.0, 0.01
#: Nothing is opened but loopback, whatever proxy the environment names.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Failed(Exception):
    """The collector did not start, or did not live: its last words."""


class Subject:
    """A collector that runs."""

    def __init__(self, process: subprocess.Popen[str], port: int, admin: int, log: Path) -> None:
        self.process = process
        self.port = port
        self._admin = admin
        self._log = log
        self._began = time.monotonic()
        #: From its start until it took messages.
        self.seconds = 0.0

    @property
    def pid(self) -> int:
        """Of its first process."""
        return self.process.pid

    def check(self) -> None:
        """Raise Failed when it has ended."""
        code = self.process.poll()
        if code is not None:
            raise Failed(f"the collector ended with exit code {code}:\n{self.words()}")

    def words(self) -> str:
        """The end of what it wrote."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])

    def wait(self) -> None:
        """Until it takes messages. Raises Failed."""
        deadline = time.monotonic() + _READY
        while not self._is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise Failed(f"the collector was not ready in {_READY:.0f} s:\n{self.words()}")
            time.sleep(_LOOK)
        self.seconds = time.monotonic() - self._began

    def _is_ready(self) -> bool:
        try:
            get(self._admin, "/readyz")
        except OSError:
            return False
        return True

    def metric(self, name: str) -> float:
        """The sum of `otelcol_<name>` over its series; 0 when there is none."""
        text = get(self._admin, "/metrics")
        series = re.findall(rf"(?m)^otelcol_{name}(?:\{{.*\}})? (\S+)", text)
        return sum(map(float, series))


@contextmanager
def collector(  # noqa: PLR0913 so much can be said of one
    protocol: str,
    queue: str,
    sink: int,
    folder: Path,
    on: set[int],
    environment: Mapping[str, str] | None = None,
    *,
    chain: bool = False,
    workers: int = 1,
) -> Iterator[Subject]:
    """A collector between a free port and a sink, ready."""
    port, admin = free_port(), free_port()
    configuration, log = folder / "collector.yaml", folder / "collector.log"
    name, options = _RECEIVERS[protocol]
    cert = folder / "server.pem"
    if protocol == "tls":
        cert.write_bytes(Authority().issue())
    configuration.write_text(
        _CONFIGURATION.format(
            name=name,
            processors=CHAIN if chain else "",
            chain=", ".join(_NAMES) if chain else "",
            receiver=f"'{name}': {options.format(port=port, cert=cert)}",
            queue=queue,
            sink=sink,
            admin=admin,
            public="A" * 24,
            secret="B" * 64,
            data_dir=folder / "data",
            workers=workers,
        )
    )
    command = ["-m", "collector", "run", configuration]
    with (
        log.open("w") as out,
        running(command, on, stdout=out, stderr=out, environment=environment) as process,
    ):
        subject = Subject(process, port, admin, log)
        subject.wait()
        yield subject


def free_port() -> int:
    """One that nobody has on TCP and UDP."""
    while True:
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
            stream.bind(("127.0.0.1", 0))
            port: int = stream.getsockname()[1]
            try:
                datagram.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def get(port: int, path: str) -> str:
    """The body of a local page. Raises OSError."""
    with _OPENER.open(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        text: str = answer.read().decode()
    return text
