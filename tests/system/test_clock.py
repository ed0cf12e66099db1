"""A clock that jumps by days, both ways: no storm, no standstill, nothing lost.

libfaketime changes the time of the day of collector and sandbox; what a reactor waits by is not.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.collecting import Collector, collector, configuration
from tests.system.network import lines, send_stream, texts
from tests.system.sandbox import sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_NUMBER = 200
#: Requests in all: a retry takes a tenth of a second on average, and twelve are waited for.
_FEW = 200
_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib")


def _libfaketime() -> str:
    for root in _LIBRARIES:
        for path in Path(root).glob("**/libfaketimeMT.so.1"):
            return str(path)
    pytest.skip("libfaketime is not installed")


def test_a_clock_that_jumps_costs_nothing(tmp_path: Path) -> None:
    offset = tmp_path / "offset"
    offset.write_text("+0")
    env = {
        "LD_PRELOAD": _libfaketime(),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    with sandbox(tmp_path, env=env) as destination:
        exporters = {"dynatrace": {"endpoint": destination.url}}

        def configure(port: int, data_dir: Path) -> str:
            return configuration(port, data_dir, exporters)

        with collector(tmp_path, configure, **env) as source:
            for taken, jump in enumerate(("+2d", "-2d", "+0"), 1):
                destination.fail({"status": 503, "count": 0})
                send_stream(source.port, lines(f"jump{taken}", range(_NUMBER)))
                _retries(source)
                offset.write_text(jump)
                _retries(source)
                destination.relent()
                found = destination.contents(f"jump{taken}-", _NUMBER)
                assert found == texts(f"jump{taken}", range(_NUMBER))
                account = source.settled()
                assert account.sent == account.taken == taken * _NUMBER
            assert destination.stats()["requests"] < _FEW
            # What came before a jump ahead was too old after it.
            assert source.metrics()("exporter_restamped_log_records") >= 2 * _NUMBER
            assert "ERROR" not in source.log


def _retries(source: Collector) -> None:
    """It goes on trying."""

    def number() -> int:
        return source.metrics()("exporter_requests", outcome="retry")

    before = number()
    eventually(lambda: number() > before + 1)
