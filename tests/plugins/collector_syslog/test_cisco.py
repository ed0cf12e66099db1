"""Every header that Cisco devices write, with every date."""

from __future__ import annotations

from typing import Any

import pytest

from collector_syslog.cisco import MESSAGE_COUNTER, SEQUENCE_NUMBER
from collector_syslog.parser import Parser
from tests.plugins.collector_syslog.messages import ns

NOW = "2026-10-12T00:00:00Z"


def header(host: str = "", number: int = 0, counter: int = 0, process: str = "") -> dict[str, Any]:
    said = {"syslog.hostname": host, SEQUENCE_NUMBER: number, MESSAGE_COUNTER: counter}
    return {key: value for key, value in (said | {"syslog.process": process}).items() if value}


HEADERS = {
    "": header(),
    ": ": header(),
    " ": header(),
    "123: ": header(number=123),
    "000123: ": header(number=123),
    "rtr1: ": header("rtr1"),
    ": rtr1: ": header("rtr1"),
    "rtr-1.example.net: ": header("rtr-1.example.net"),
    "192.0.2.7: ": header("192.0.2.7"),
    "123: rtr1: ": header("rtr1", 123),
    "123: 192.0.2.7: ": header("192.0.2.7", 123),
    "123: 2001:db8::7: ": header("2001:db8::7", 123),
    "rtr1: 000456: ": header("rtr1", 456),
    "123: rtr1: 000456: ": header("rtr1", 456, 123),
    "421370: 421366: ": header(number=421366, counter=421370),
    "*spamApTask1: ": header(process="spamApTask1"),
}
WHOLE, MILLIS = "2026-10-11T22:14:15Z", "2026-10-11T22:14:15.958Z"
DATES = {
    "Oct 11 22:14:15": WHOLE,
    "*Oct 11 22:14:15": WHOLE,
    ".Oct 11 22:14:15": WHOLE,
    "Oct 11 22:14:15.958": MILLIS,
    "*Oct 11 22:14:15.958": MILLIS,
    ".Oct 11 22:14:15.958": MILLIS,
    "Oct 11 22:14:15 UTC": WHOLE,
    "Oct 11 22:14:15.958 UTC": MILLIS,
    "Oct 12 00:14:15.958 CEST": MILLIS,
    "*Oct 11 17:14:15.958 EST": MILLIS,
    "Oct 11 2026 22:14:15": WHOLE,
    "Oct 11 2026 22:14:15.958": MILLIS,
    "*Oct 11 2026 22:14:15.958 UTC": MILLIS,
    "2026 Oct 11 22:14:15": WHOLE,
    "2026 Oct 12 00:14:15.958 CEST": MILLIS,
    "2026-10-11T22:14:15.958Z": MILLIS,
    "00:20:10": NOW,
    "1w2d": NOW,
}


@pytest.mark.parametrize("date", DATES)
@pytest.mark.parametrize("before", HEADERS)
def test_each_header_with_each_date(before: str, date: str) -> None:
    (event,) = Parser().parse([f"<189>{before}{date}: %SYS-5-CONFIG_I: text"], ns(NOW))
    names = ("syslog.hostname", SEQUENCE_NUMBER, MESSAGE_COUNTER, "syslog.process")
    said = event.attributes
    assert {name: said[name] for name in names if name in said} == HEADERS[before]
    assert event.time == ns(DATES[date])
    assert (said["syslog.mnemonic"], said["syslog.appname"]) == ("CONFIG_I", "%SYS-5-CONFIG_I")
    assert said["syslog.mnemonic_severity"] == 5
    assert (event.body, said.get("collector.flags")) == ("text", None)
