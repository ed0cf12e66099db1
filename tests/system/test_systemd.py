"""A service of systemd: sockets that it has opened, and what it is told."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.system.clients import client
from tests.system.collecting import configuration
from tests.system.network import ANY, free_port, lines, send_stream
from tests.system.process import PYTHON, running
from tests.system.waiting import eventually
from tests.system.way import Way

pytestmark = pytest.mark.system


def test_a_socket_that_was_opened_for_us_is_served_and_systemd_is_told(
    way: Way, tmp_path: Path
) -> None:
    port, config = free_port(), tmp_path / "collector.yaml"
    exporters = {"dynatrace": {"endpoint": way.sandbox.url}}
    config.write_text(configuration(port, tmp_path / "data", exporters))
    place = f"\0collector-test-{os.getpid()}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as told:
        told.bind(place)
        told.settimeout(30)
        env = {"NOTIFY_SOCKET": place.replace("\0", "@")}
        activate = client("systemd-socket-activate")
        said = [f"-E{name}={value}" for name, value in env.items()]
        command = (activate, *said, "-l", f"{ANY}:{port}", *PYTHON, "run", config)
        with running(command, tmp_path) as process:
            # It starts the collector when the first connection comes, which waits meanwhile.
            eventually(lambda: "Listening on" in process.stderr)
            send_stream(port, lines("activated", range(10)))
            way.sandbox.arrived("activated", 10)
            assert told.recv(1000) == b"READY=1\nSTATUS=workers: 1"
            eventually(lambda: told.recv(1000) == b"WATCHDOG=1")
            assert "which systemd opened" not in process.stderr
            assert process.stop() == 0
            eventually(lambda: told.recv(1000) == b"STOPPING=1")
