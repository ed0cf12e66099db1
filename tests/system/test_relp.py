"""rsyslog's omrelp, while the collector is killed."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.system.clients import ENV, client
from tests.system.killing import victim
from tests.system.process import Process, running
from tests.system.sandbox import sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_NUMBER = 400
_MODULES = ("/usr/lib/x86_64-linux-gnu/rsyslog", "/usr/lib/aarch64-linux-gnu/rsyslog")
_ACTION = (
    'action(type="omrelp" target="127.0.0.1" port="{port}" timeout="10" windowSize="64" '
    'action.resumeRetryCount="-1" action.resumeInterval="1" '
    'queue.type="LinkedList" queue.size="100000" '
    'template="RSYSLOG_SyslogProtocol23Format")\n'
)


@contextmanager
def _relay(directory: Path, port: int) -> Iterator[tuple[Process, Path]]:
    """An rsyslogd that sends what comes to its inlet over RELP."""
    if not any(Path(place, "omrelp.so").exists() for place in _MODULES):
        pytest.skip("rsyslog-relp is not installed")
    config, inlet = directory / "rsyslog.conf", directory / "inlet"
    config.write_text(
        f'global(workDirectory="{directory}" net.enableDNS="off")\n'
        f'module(load="imptcp")\nmodule(load="omrelp")\ninput(type="imptcp" path="{inlet}")\n'
        + _ACTION.format(port=port)
    )
    # Ubuntu's AppArmor confines the daemon to the system's own files, but not a copy of it.
    copy = shutil.copy2(client("rsyslogd", "/usr/sbin/rsyslogd"), directory)
    command = (copy, "-n", "-i", directory / "pid", "-f", config)
    with running(command, directory / "rsyslog", ENV) as process:
        eventually(lambda: inlet.exists() or not process.alive)
        assert process.alive, process.stderr
        yield process, inlet


def _feed(inlet: Path, numbers: range) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as sender:
        sender.connect(str(inlet))
        for number in numbers:
            sender.sendall(b"<85>Oct 11 22:14:15 edge app[12]: relp %06d\n" % number)


def test_nothing_that_was_acknowledged_is_lost_in_a_kill(tmp_path: Path) -> None:
    """The messages of both lives are rsyslog's, which forgets what is acknowledged."""
    with sandbox(tmp_path) as destination, victim(tmp_path, destination) as prey:
        prey.start()
        with _relay(tmp_path, prey.relp) as (process, inlet):
            _feed(inlet, range(_NUMBER))
            eventually(lambda: destination.events("relp 000"))
            prey.kill()
            _feed(inlet, range(_NUMBER, 2 * _NUMBER))
            prey.start()
            expected = {f" relp {number:06d}" for number in range(2 * _NUMBER)}

            def missing() -> set[str]:
                return expected - {event["content"] for event in destination.events("relp ")}

            eventually(missing, lambda left: not left)
            assert process.alive, process.stderr
