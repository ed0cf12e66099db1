"""rsyslog as a relay: every message in each of its forwarding formats and framings."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from tests.system.clients import check
from tests.system.network import HOSTS, IPV6
from tests.system.relaying import feed, relay
from tests.system.way import Way

pytestmark = pytest.mark.system

_NUMBER = 100
_FRAMINGS = {
    "udp": 'protocol="udp"',
    "tcp": 'protocol="tcp" TCP_Framing="traditional"',
    "octet-counted": 'protocol="tcp" TCP_Framing="octet-counted"',
    "udp-packed": 'protocol="udp" compression.mode="single" ziplevel="9"',
    "tcp-packed": 'protocol="tcp" compression.mode="single" ziplevel="9"',
}
#: Enough for rsyslog to find that packing pays.
_TAIL = ", again" * 12
_FORMATS = {
    "traditional": "RSYSLOG_TraditionalForwardFormat",
    "forward": "RSYSLOG_ForwardFormat",
    "protocol23": "RSYSLOG_SyslogProtocol23Format",
}


class _Route(NamedTuple):
    """One action of rsyslog, for the messages of one program."""

    host: str
    framing: str
    form: str

    @property
    def program(self) -> str:
        return f"{self.framing}-{self.form}-{'v6' if ':' in self.host else 'v4'}"

    def rule(self, port: int) -> str:
        return (
            f'if $programname == "{self.program}" then action(type="omfwd" target="{self.host}" '
            f'port="{port}" {_FRAMINGS[self.framing]} template="{_FORMATS[self.form]}")\n'
        )


_ROUTES = [
    _Route(*parts)
    for parts in itertools.product(HOSTS, _FRAMINGS, _FORMATS)
    if IPV6 or ":" not in parts[0]
]


@pytest.fixture(scope="module")
def sent(way: Way, tmp_path_factory: pytest.TempPathFactory) -> Iterator[datetime]:
    """Messages for every route go through a rsyslogd of our own; the time that they name."""
    rules = "".join(route.rule(way.port) for route in _ROUTES)
    moment = datetime.fromtimestamp(int(time.time()) - 60, UTC).replace(microsecond=123456)
    stamp = moment.isoformat()
    with relay(tmp_path_factory.mktemp("rsyslog"), rules) as (_, inlet):
        feed(
            inlet,
            (
                f"<85>{stamp} edge {route.program}[12]: rsyslog größe {number:04d}{_TAIL}"
                for route, number in itertools.product(_ROUTES, range(_NUMBER))
            ),
        )
        yield moment


@pytest.mark.parametrize("route", _ROUTES, ids=lambda route: route.program)
def test_every_message_arrives(way: Way, sent: datetime, route: _Route) -> None:
    events = way.sandbox.arrived(f'"{route.program}"', _NUMBER)
    space = " " if route.form == "protocol23" else ""  # rsyslog's: it stood behind the tag
    assert [event["content"] for event in events] == [
        f"{space}rsyslog größe {number:04d}{_TAIL}" for number in range(_NUMBER)
    ]
    milliseconds = 0 if route.form == "traditional" else 123
    assert {event["timestamp"] for event in events} == {f"{sent:%FT%T}.{milliseconds:03d}Z"}
    check(events, loglevel="NOTICE", syslog__facility=10, syslog__severity=5)
    check(events, syslog__hostname="edge", syslog__appname=route.program, syslog__proc_id="12")
    check(
        events,
        dt__ingest__source__ip=route.host,
        net__transport="udp" if route.framing.startswith("udp") else "tcp",
        syslog__version=1 if route.form == "protocol23" else None,
    )
