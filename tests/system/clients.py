"""Real syslog clients: where they are, and what their events must look like."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pytest

from tests.system.network import HOSTS, IPV6

#: Clients write times without a zone in their own; the collector takes them for UTC.
ENV = {"TZ": "UTC", "LC_ALL": "C.UTF-8"}
#: Seconds by which a client's clock may seem to differ: it may write whole seconds.
_SLACK = 2.0


def client(name: str, *places: str) -> str:
    """The path of a client. Skips the test, saying so, where there is none."""
    found = next((path for path in map(shutil.which, (name, *places)) if path), None)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def loggen() -> str:
    """The path of syslog-ng's load generator, which `.ci/run` only unpacks."""
    return client("loggen", os.environ.get("LOGGEN") or "loggen")


def syslog_ng() -> str:
    """The path of syslog-ng, which is unpacked in the same way."""
    return client("syslog-ng", os.environ.get("SYSLOG_NG") or "syslog-ng")


def each_host() -> pytest.MarkDecorator:
    """Runs a test for both families."""
    needs = pytest.mark.skipif(not IPV6, reason="this machine has no IPv6")
    return pytest.mark.parametrize(
        "host", [pytest.param(host, marks=[needs] if ":" in host else []) for host in HOSTS]
    )


def check(events: Iterable[Mapping[str, Any]], **said: Any) -> None:
    """That every event has these attributes, with `__` for dots; None = it must not be there."""
    expected = {name.replace("__", "."): value for name, value in said.items()}
    for event in events:
        assert {name: event.get(name) for name in expected} == expected, event
        assert "collector.flags" not in event, event
        assert "dt.ingest.warnings" not in event, event


def seconds(event: Mapping[str, Any]) -> float:
    """The event's time."""
    return datetime.fromisoformat(event["timestamp"]).timestamp()


def check_times(events: Iterable[Mapping[str, Any]], since: float) -> None:
    """That all have a time between then and now."""
    for event in events:
        assert since - _SLACK < seconds(event) < time.time() + _SLACK, event
