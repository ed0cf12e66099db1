"""UNIX sockets of a whole process: real clients, and what a start finds."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fluent import sender

from tests.system.clients import ENV, check, client
from tests.system.collecting import QUICK, Collector, collector
from tests.system.process import PYTHON, finished, running
from tests.system.sandbox import Sandbox, sandbox

pytestmark = pytest.mark.system

_NUMBER = 50


class Local(NamedTuple):
    """A collector that only this machine reaches."""

    source: Collector
    destination: Sandbox
    forward: Path
    syslog: Path
    config: Path

    def arrived(self, name: str) -> list[dict[str, Any]]:
        """The events, of which there must be no more."""
        found = self.destination.arrived(name, _NUMBER)
        assert [e["content"] for e in found] == [f"{name} {n:04d}" for n in range(_NUMBER)]
        check(found, net__transport="unix", dt__ingest__source__ip=None, dt__ingest__port=None)
        return found


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    directory = tmp_path_factory.mktemp("local")
    forward, syslog = directory / "forward.sock", directory / "syslog.sock"
    config = directory / "second.yaml"
    with socket.socket(socket.AF_UNIX) as dead:  # of a process that was killed
        dead.bind(str(forward))
    with sandbox(directory) as destination:

        def configure(_: int, data_dir: Path) -> str:
            receivers = {
                "fluent_forward": {"endpoint": f"unix://{forward}"},
                "syslog": {"tcp": {"endpoint": f"unix://{syslog}", "socket_mode": "0600"}},
            }
            said: dict[str, Any] = {
                "receivers": receivers,
                "exporters": {"dynatrace": {**QUICK, "endpoint": destination.url}},
                "service": {
                    "data_dir": str(data_dir),
                    "pipelines": {
                        "logs": {"receivers": list(receivers), "exporters": ["dynatrace"]}
                    },
                },
            }
            second = {**said["service"], "data_dir": f"{data_dir}-2"}
            config.write_text(json.dumps(said | {"service": second}))
            return json.dumps(said)

        with collector(directory, configure) as source:
            yield Local(source, destination, forward, syslog, config)
        assert not forward.exists()
        assert not syslog.exists()


def test_the_logger_of_python(local: Local) -> None:
    name = "python over a file"
    with closing(sender.FluentSender("app", host=f"unix://{local.forward}")) as fluent:
        for number in range(_NUMBER):
            assert fluent.emit("web", {"message": f"{name} {number:04d}"}), fluent.last_error
    for event in local.arrived(name):
        assert event["fluent.tag"] == "app.web"
    assert local.source.metrics()("receiver_peer_log_records", peer="unix") == _NUMBER


@pytest.mark.parametrize("options", [(), ("--octet-count",)])
def test_util_linux_logger(local: Local, options: tuple[str, ...]) -> None:
    name = f"logger over a file {len(options)}"
    lines = "\n".join(f"{name} {n:04d}" for n in range(_NUMBER))
    command = (client("logger"), "--tcp", "--socket", str(local.syslog), "--rfc5424", *options)
    subprocess.run(command, input=lines, env=ENV, text=True, check=True, timeout=30)
    local.arrived(name)


def test_fluent_bit(local: Local, tmp_path: Path) -> None:
    program = client("fluent-bit", "/opt/fluent-bit/bin/fluent-bit")
    name = "fluent-bit over a file"
    dummy = ("-i", "dummy", f"-pdummy={json.dumps({'message': f'{name} 0000'})}", "-psamples=1")
    output = ("-pmatch=*", f"-punix_path={local.forward}", "-prequire_ack_response=on")
    with running((program, *dummy, "-o", "forward", *output), tmp_path):
        local.destination.arrived(name, 1)


def test_a_second_collector_is_told_that_the_first_lives(local: Local, tmp_path: Path) -> None:
    code, _, said = finished((*PYTHON, "run", local.config), tmp_path)
    assert code != 0
    assert f"cannot listen on unix://{local.forward}: another process listens there" in said
    assert local.forward.is_socket()
