"""UNIX sockets of a whole process: real clients, and what a start finds."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from logging.handlers import SysLogHandler
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fluent import sender

from tests.system.clients import ENV, check, client
from tests.system.collecting import QUICK, Collector, collector
from tests.system.namespace import in_own_dev
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
    datagrams: Path
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
    datagrams = directory / "log"
    config = directory / "second.yaml"
    with socket.socket(socket.AF_UNIX) as dead:  # of a process that was killed
        dead.bind(str(forward))
    with sandbox(directory) as destination:

        def configure(_: int, data_dir: Path) -> str:
            receivers = {
                "fluent_forward": {"endpoint": f"unix://{forward}"},
                "syslog": {
                    "tcp": {"endpoint": f"unix://{syslog}", "socket_mode": "0600"},
                    "unix": {"endpoint": f"unix://{datagrams}", "socket_mode": "0666"},
                },
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
            yield Local(source, destination, forward, syslog, datagrams, config)
        assert not forward.exists()
        assert not syslog.exists()
        assert not datagrams.exists()


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


@pytest.mark.parametrize("form", ["--rfc3164", "--rfc5424"])
def test_util_linux_logger_by_datagrams(local: Local, form: str) -> None:
    name = f"logger by datagram {form}"
    lines = "\n".join(f"{name} {n:04d}" for n in range(_NUMBER))
    options = ("--udp", "--socket-errors=on", form, "--tag=app", "--priority=local3.warning")
    command = (client("logger"), "--socket", str(local.datagrams), *options)
    subprocess.run(command, input=lines, env=ENV, text=True, check=True, timeout=30)
    events = local.arrived(name)
    check(events, loglevel="WARN", syslog__facility=19, syslog__appname="app")
    check(events, process__user__id=str(os.getuid()))
    assert len({event["process.pid"] for event in events}) == 1


def test_pythons_handler_by_datagrams(local: Local) -> None:
    name = "python's handler by datagram"
    with closing(SysLogHandler(str(local.datagrams))) as handler:
        for number in range(_NUMBER):
            text = f"{name} {number:04d}"
            handler.handle(logging.LogRecord("n", logging.ERROR, "", 1, text, None, None))
    check(local.arrived(name), loglevel="ERROR", process__pid=os.getpid())


_SYSLOG = """
import sys, syslog
syslog.openlog("libc", syslog.LOG_PID, syslog.LOG_LOCAL2)
for number in range(int(sys.argv[2])):
    syslog.syslog(syslog.LOG_CRIT, f"{sys.argv[1]} {number:04d}")
"""


def test_syslog_of_the_c_library(local: Local) -> None:
    """Its path is always /dev/log, which is a link here, in a namespace of its own."""
    name = "the C library by datagram"
    script = 'ln -s "$1" /dev/log && exec "$2" -c "$3" "$4" "$5"'
    words = (local.datagrams, sys.executable, _SYSLOG, name, _NUMBER)
    in_own_dev(script, *words)
    events = local.arrived(name)
    check(events, loglevel="CRITICAL", syslog__facility=18, syslog__appname="libc")
    for event in events:
        assert event["syslog.proc_id"] == str(event["process.pid"])


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
