"""rsyslog and syslog-ng as relays: messages go in at a UNIX socket, and out as a test says."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.system.clients import ENV, client, syslog_ng
from tests.system.process import Process, running
from tests.system.waiting import eventually

_MODULES = ("/usr/lib/x86_64-linux-gnu/rsyslog", "/usr/lib/aarch64-linux-gnu/rsyslog")


def needs(module: str, package: str) -> None:
    """Skips the test where rsyslog has no such module."""
    if not any(Path(place, f"{module}.so").exists() for place in _MODULES):
        pytest.skip(f"{package} is not installed")


@contextmanager
def relay(directory: Path, rules: str) -> Iterator[tuple[Process, Path]]:
    """An rsyslogd of our own, and its inlet."""
    config, inlet = directory / "rsyslog.conf", directory / "inlet"
    config.write_text(
        f'global(workDirectory="{directory}" net.enableDNS="off")\n'
        f'module(load="imptcp")\ninput(type="imptcp" path="{inlet}")\n{rules}'
    )
    # Ubuntu's AppArmor confines the daemon to the system's own files, but not a copy of it.
    copy = shutil.copy2(client("rsyslogd", "/usr/sbin/rsyslogd"), directory)
    command = (copy, "-n", "-i", directory / "pid", "-f", config)
    with running(command, directory / "rsyslog", ENV) as process:
        eventually(lambda: inlet.exists() or not process.alive)
        assert process.alive, process.stderr
        yield process, inlet


@contextmanager
def syslog_ng_relay(directory: Path, ways: Mapping[str, tuple[str, str]]) -> Iterator[Path]:
    """The inlet of a syslog-ng of our own; `ways`: by program, a driver and its options."""
    config, inlet = directory / "syslog-ng.conf", directory / "inlet"
    logs = "".join(
        f'log {{ source(inlet); filter {{ program("{program}" type(string)) }}; '
        f'destination {{ {driver}("127.0.0.1" {options} persist-name("{program}")); }}; }};\n'
        for program, (driver, options) in ways.items()
    )
    config.write_text(
        "@version: current\noptions { keep-hostname(yes); use-dns(no); dns-cache(no); };\n"
        f'source inlet {{ unix-stream("{inlet}" flags(expect-hostname)); }};\n{logs}'
    )
    files = (f"--{name}={directory}/{name}" for name in ("persist-file", "pidfile", "control"))
    command = (syslog_ng(), "--foreground", "--no-caps", f"--cfgfile={config}", *files)
    with running(command, directory / "syslog-ng", ENV) as process:
        eventually(lambda: inlet.exists() or not process.alive)
        assert process.alive, process.stderr
        yield inlet


def feed(inlet: Path, lines: Iterable[str]) -> None:
    """Messages for a relay."""

    def listens() -> bool:  # which it does a moment after it has made the file
        return sender.connect_ex(str(inlet)) == 0

    with closing(socket.socket(socket.AF_UNIX)) as sender:
        eventually(listens)
        for line in lines:
            sender.sendall(f"{line}\n".encode())
