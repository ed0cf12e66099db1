"""tinyproxy on the way to the destination: a real proxy that asks for a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.collector.outputs.authority import Authority
from tests.system.clients import client
from tests.system.collecting import collector, configuration
from tests.system.network import connected, free_port, lines, send_stream
from tests.system.process import running
from tests.system.sandbox import sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_NUMBER = 20


@contextmanager
def _tinyproxy(directory: Path, port: int) -> Iterator[Path]:
    """Its log, once it listens."""
    config, log = directory / "tinyproxy.conf", directory / "tinyproxy.log"
    config.write_text(
        f'Port {port}\nListen 127.0.0.1\nTimeout 60\nLogFile "{log}"\nBasicAuth collector CANARY1\n'
    )
    with running((client("tinyproxy"), "-d", "-c", config), directory / "tinyproxy") as process:

        def listens() -> bool:
            try:
                connected(port).close()
            except OSError:
                return not process.alive
            return True

        eventually(listens)
        assert process.alive, process.stderr
        yield log


def test_events_go_through_it_with_the_right_password_only(tmp_path: Path) -> None:
    authority, port = Authority(), free_port()
    ca, certificate = tmp_path / "ca.pem", tmp_path / "server.pem"
    ca.write_bytes(authority.pem)
    certificate.write_bytes(authority.issue())
    with (
        _tinyproxy(tmp_path, port) as log,
        sandbox(tmp_path, "--tls-cert", certificate) as destination,
    ):
        way = {"endpoint": destination.url, "ca_file": str(ca)}
        exporters = {
            f"dynatrace/{name}": way | {"proxy": f"http://collector:{password}@127.0.0.1:{port}"}
            for name, password in (("known", "CANARY1"), ("stranger", "CANARY2"))
        }
        service = {"shutdown_timeout": "100ms"}  # one of them will not get rid of its events

        def configure(port: int, data_dir: Path) -> str:
            return configuration(port, data_dir, exporters, service=service)

        with collector(tmp_path, configure) as source:
            send_stream(source.port, lines("tinyproxy", range(_NUMBER)))
            eventually(lambda: source.settled("dynatrace/known").sent, lambda sent: sent == _NUMBER)
            eventually(lambda: "wants a user and a password" in source.log)
            assert f"sending through the proxy http://127.0.0.1:{port} to https://" in source.log
            assert source.metrics()("exporter_sent_log_records", exporter="dynatrace/stranger") == 0
            assert "CANARY" not in source.log
        assert f"CONNECT {destination.url.removeprefix('https://')}" in log.read_text()
