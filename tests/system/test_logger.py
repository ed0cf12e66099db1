"""util-linux `logger`: every message of both formats, over every transport and family."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.system.clients import ENV, check, check_times, client, each_host
from tests.system.way import Way

pytestmark = pytest.mark.system

_TRANSPORTS = {
    "udp": ("--udp",),
    "tcp": ("--tcp",),
    "octet-counted": ("--tcp", "--octet-count"),
}
_NUMBER = 100


def _logger(way: Way, host: str, *options: str, lines: str = "") -> None:
    command = (client("logger"), "--server", host, "--port", str(way.port), *options)
    subprocess.run(command, input=lines, env=ENV, text=True, check=True, timeout=30)


@each_host()
@pytest.mark.parametrize("transport", _TRANSPORTS)
@pytest.mark.parametrize("form", ["rfc3164", "rfc5424"])
def test_every_message_arrives(way: Way, host: str, transport: str, form: str) -> None:
    name, since = f"logger {form} {transport} {host}", time.time()
    messages = [f"{name} größe {number:04d}: done" for number in range(_NUMBER)]
    options = (*_TRANSPORTS[transport], f"--{form}", "--tag=app", "--id=77")
    _logger(way, host, *options, "--priority=local3.warning", lines="\n".join(messages))

    events = way.sandbox.arrived(name, _NUMBER)
    assert [event["content"] for event in events] == messages
    check(events, **_expected(form), net__transport=transport[:3].replace("oct", "tcp"))
    check(events, dt__ingest__source__ip=host, dt__ingest__port=way.port)
    check_times(events, since)


def _expected(form: str) -> dict[str, Any]:
    host = socket.gethostname()
    return {
        "loglevel": "WARN",
        "syslog__facility": 19,
        "syslog__severity": 4,
        "syslog__priority": 156,
        "syslog__hostname": host if form == "rfc5424" else host.partition(".")[0],
        "syslog__appname": "app",
        "syslog__proc_id": "77",
        "syslog__version": 1 if form == "rfc5424" else None,
    }


def test_message_id_and_structured_data_arrive(way: Way) -> None:
    data = ("--sd-id=zoo@123", '--sd-param=tiger="hungry"', r'--sd-param=cat="a \"b\" c"')
    _logger(way, "127.0.0.1", "--tcp", "--rfc5424", "--msgid=M1", *data, "logger's data")
    (event,) = way.sandbox.arrived("logger's data", 1)
    expected = {
        "syslog.message_id": "M1",
        "syslog.structured_data.zoo@123.tiger": "hungry",
        "syslog.structured_data.zoo@123.cat": 'a "b" c',
    }
    assert {name: event.get(name) for name in expected} == expected


def test_every_line_of_a_file_has_the_priority_it_begins_with(way: Way, tmp_path: Path) -> None:
    file = tmp_path / "lines"
    file.write_text("<11>logger's file 1\n\n<12>logger's file 2\n<14>logger's file 3\n")
    options = ("--udp", "--prio-prefix", "--skip-empty", "--priority=user.info", "--file")
    _logger(way, "127.0.0.1", *options, str(file))
    events = way.sandbox.arrived("logger's file", 3)
    assert [event["loglevel"] for event in events] == ["ERROR", "WARN", "INFO"]


@pytest.mark.parametrize("snip", ["notime", "nohost", "notq", "notime,nohost"])
def test_a_header_may_lack_what_it_likes(way: Way, snip: str) -> None:
    text, since = f"logger without {snip}", time.time()
    _logger(way, "127.0.0.1", "--tcp", f"--rfc5424={snip}", "--tag=app", text)
    events = way.sandbox.arrived(text, 1)
    check(events, syslog__appname="app", syslog__version=1)
    check(events, syslog__hostname="127.0.0.1" if "nohost" in snip else socket.gethostname())
    check_times(events, since)


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("emerg", "EMERGENCY"),
        ("alert", "ALERT"),
        ("crit", "CRITICAL"),
        ("err", "ERROR"),
        ("warning", "WARN"),
        ("notice", "NOTICE"),
        ("info", "INFO"),
        ("debug", "DEBUG"),
    ],
)
def test_every_severity_becomes_its_level(way: Way, word: str, level: str) -> None:
    text = f"logger's severity {word}"
    _logger(way, "127.0.0.1", "--udp", "--rfc5424", f"--priority=user.{word}", text)
    (event,) = way.sandbox.arrived(text, 1)
    assert event["loglevel"] == level
