"""curl to a collector that receives HTTP: what is posted arrives, what is refused says why."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.system.clients import check, client
from tests.system.collecting import QUICK, Collector, collector
from tests.system.process import finished
from tests.system.sandbox import TOKEN, sandbox

pytestmark = pytest.mark.system

_INGEST = "/api/v2/logs/ingest"
_JSON = "Content-Type: application/json"


class Curl:
    """Each call is a process of its own."""

    def __init__(self, directory: Path, port: int) -> None:
        self._path = client("curl")
        self._directory = directory
        self._url = f"http://127.0.0.1:{port}"

    def __call__(self, path: str, *options: object, token: str = TOKEN) -> tuple[int, str]:
        """Status and body."""
        command = (self._path, "--silent", "--noproxy", "*", "--write-out", "\n%{http_code}")
        said = (*command, "--header", f"Authorization: Api-Token {token}", *options)
        code, out, err = finished((*said, self._url + path), self._directory)
        assert code == 0, err
        body, _, status = out.rpartition("\n")
        return int(status), body


def test_curl(tmp_path: Path) -> None:
    with sandbox(tmp_path) as destination:

        def configure(port: int, data_dir: Path) -> str:
            receiver = {
                "endpoint": f"127.0.0.1:{port}",
                "tokens": [TOKEN],
                "max_request_body_size": 100_000,
            }
            logs = {"receivers": ["http"], "exporters": ["dynatrace"]}
            said = {
                "receivers": {"http": receiver},
                "exporters": {"dynatrace": {**QUICK, "endpoint": destination.url}},
                "service": {"data_dir": str(data_dir), "pipelines": {"logs": logs}},
            }
            return json.dumps(said)

        with collector(tmp_path, configure) as source:
            curl = Curl(tmp_path / "curl", source.port)
            _post(curl, tmp_path)
            events = destination.arrived("curl", 4)
            _refused(curl, tmp_path)
            _check_secret(source)
    assert [event["content"] for event in events] == [f"curl {n}" for n in range(4)]
    check(events[:1], loglevel="WARN", env="prod", dt__ingest__source__ip="127.0.0.1")
    check(events[2:3], loglevel="ERROR")


def _post(curl: Curl, directory: Path) -> None:
    packed = directory / "packed.gz"
    packed.write_bytes(gzip.compress(b'[{"content":"curl 1"},{"content":"curl 2","level":"err"}]'))
    first = '{"content":"curl 0","loglevel":"warn"}'
    assert curl(f"{_INGEST}?env=prod", "-H", _JSON, "-d", first) == (204, "")
    compressed = ("-H", _JSON, "-H", "Content-Encoding: gzip", "--data-binary", f"@{packed}")
    assert curl(f"/e/abc12345{_INGEST}", *compressed) == (204, "")
    assert curl("/", "-d", '{"message":"curl 3"}') == (204, "")


def _refused(curl: Curl, directory: Path) -> None:
    large = directory / "large"
    large.write_bytes(b" " * 5_000_000)
    assert curl(_INGEST, "-H", _JSON, "-d", "{}", token="wrong")[0] == 401
    assert curl(_INGEST, "-H", _JSON, "--data-binary", f"@{large}")[0] == 413
    assert curl(_INGEST)[0] == 405
    assert curl("/nowhere", "-d", "{}")[0] == 404
    status, body = curl(_INGEST, "-H", _JSON, "-d", '{"a":')
    assert (status, json.loads(body)["error"]["code"]) == (400, 400)
    assert "line 1 column 6" in body


def _check_secret(source: Collector) -> None:
    assert TOKEN not in source.log
    assert source.metrics()("receiver_requests_refused", reason="token") == 1
