"""syslog-ng as a relay: its destinations, in each of their forms."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.system.clients import check
from tests.system.relaying import feed, syslog_ng_relay
from tests.system.way import Way

pytestmark = pytest.mark.system

_NUMBER = 50
_WAYS = {
    f"{driver}-{transport}": (driver, transport)
    for driver, transport in itertools.product(("network", "syslog"), ("udp", "tcp"))
}


@pytest.fixture(scope="module")
def relayed(way: Way, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Messages for every destination go through one syslog-ng."""
    ways = {
        name: (driver, f'port({way.port}) transport("{transport}")')
        for name, (driver, transport) in _WAYS.items()
    }
    numbers = itertools.product(range(_NUMBER), _WAYS)
    lines = (f"<85>Oct 11 22:14:15 edge {name}[12]: größe {number:04d}" for number, name in numbers)
    with syslog_ng_relay(tmp_path_factory.mktemp("syslog-ng"), ways) as inlet:
        feed(inlet, lines)
        yield


@pytest.mark.usefixtures("relayed")
@pytest.mark.parametrize("name", _WAYS)
def test_every_message_arrives(way: Way, name: str) -> None:
    driver, transport = _WAYS[name]
    events = way.sandbox.arrived(f'"{name}"', _NUMBER)
    assert [event["content"] for event in events] == [f"größe {n:04d}" for n in range(_NUMBER)]
    check(events, syslog__hostname="edge", syslog__proc_id="12", net__transport=transport)
    check(events, loglevel="NOTICE", syslog__version=1 if driver == "syslog" else None)
