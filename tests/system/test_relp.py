"""rsyslog's omrelp, while the collector is killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.killing import victim
from tests.system.relaying import feed, needs, relay
from tests.system.sandbox import sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_NUMBER = 400
_ACTION = (
    'module(load="omrelp")\n'
    'action(type="omrelp" target="127.0.0.1" port="{port}" timeout="10" windowSize="64" '
    'action.resumeRetryCount="-1" action.resumeInterval="1" '
    'queue.type="LinkedList" queue.size="100000" '
    'template="RSYSLOG_SyslogProtocol23Format")\n'
)


def _lines(numbers: range) -> Iterator[str]:
    return (f"<85>Oct 11 22:14:15 edge app[12]: relp {number:06d}" for number in numbers)


def test_nothing_that_was_acknowledged_is_lost_in_a_kill(tmp_path: Path) -> None:
    """The messages of both lives are rsyslog's, which forgets what is acknowledged."""
    needs("omrelp", "rsyslog-relp")
    with sandbox(tmp_path) as destination, victim(tmp_path, destination) as prey:
        prey.start()
        with relay(tmp_path, _ACTION.format(port=prey.relp)) as (process, inlet):
            feed(inlet, _lines(range(_NUMBER)))
            eventually(lambda: destination.events("relp 000"))
            prey.kill()
            feed(inlet, _lines(range(_NUMBER, 2 * _NUMBER)))
            prey.start()
            expected = {f" relp {number:06d}" for number in range(2 * _NUMBER)}

            def missing() -> set[str]:
                return expected - {event["content"] for event in destination.events("relp ")}

            eventually(missing, lambda left: not left)
            assert process.alive, process.stderr
