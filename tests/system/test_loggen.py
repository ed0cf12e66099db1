"""syslog-ng's `loggen`: every message in each of its forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from tests.system.clients import ENV, check, loggen
from tests.system.network import HOSTS, IPV6
from tests.system.process import Process, running
from tests.system.way import Way

pytestmark = pytest.mark.system

_NUMBER = 200
_FORMS = {
    "lines": ("--stream",),
    "datagrams": ("--dgram",),
    "octet-counted": ("--stream", "--syslog-proto"),
    "lines of RFC 5424": ("--stream", "--syslog-proto", "--no-framing"),
    "datagrams of RFC 5424": ("--dgram", "--syslog-proto", "--no-framing"),
    "octet-counted datagrams": ("--dgram", "--syslog-proto"),
}
_SEQUENCE = re.compile(r"seq: (\d+), thread: 0000, runid: \d+, stamp: (\S+) PADD")
_STEP = 500


class _Run(NamedTuple):
    """One run of loggen. Its messages are told by their size, which nothing else can carry."""

    host: str
    form: str
    size: int

    def command(self, port: int) -> tuple[object, ...]:
        family = ("--ipv6",) if ":" in self.host else ()
        number = ("--size", self.size, "--number", _NUMBER, "--rate", 100_000)
        return (loggen(), "--inet", *family, *_FORMS[self.form], *number, self.host, port)

    def sent(self, event: dict[str, Any]) -> bool:
        return self.size - _STEP < len(event["content"]) <= self.size


_RUNS = [
    _Run(host, form, _STEP * number)
    for number, (host, form) in enumerate(((host, form) for host in HOSTS for form in _FORMS), 2)
    if IPV6 or ":" not in host
]


@pytest.fixture(scope="module")
def sent(way: Way, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """All runs at once: each takes half a second to begin."""
    with ExitStack() as stack:
        runs: list[Process] = []
        for run in _RUNS:
            directory = tmp_path_factory.mktemp("loggen")
            runs.append(stack.enter_context(running(run.command(way.port), directory, ENV)))
        for process in runs:
            assert process.wait() == 0, process.stderr
        yield


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("run", _RUNS, ids=lambda run: f"{run.form}, {run.host}")
def test_every_message_arrives(way: Way, run: _Run) -> None:
    way.sandbox.arrived("runid: ", _NUMBER * len(_RUNS))
    events = [event for event in way.sandbox.events("runid: ") if run.sent(event)]
    found = [_SEQUENCE.match(event["content"]) for event in events]
    assert sorted(int(match[1]) for match in found if match) == list(range(_NUMBER))
    for event, match in zip(events, found, strict=True):
        assert match is not None
        assert event["timestamp"] == f"{match[2]}.000Z"
    if run.form == "octet-counted datagrams":
        assert all(event.pop("collector.flags") == ["unexpected_framing"] for event in events)
    check(events, loglevel="INFO", syslog__hostname="localhost", syslog__appname="prg00000")
    check(events, syslog__proc_id="1234", syslog__facility=4, dt__ingest__source__ip=run.host)
