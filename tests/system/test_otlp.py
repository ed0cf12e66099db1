"""OpenTelemetry's Python SDK and curl, through one collector to Dynatrace, and through two."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from tests.documents import ROOT
from tests.plugins.collector_otlp.oracle import expected
from tests.system.clients import client
from tests.system.collecting import QUICK, Collector, collector
from tests.system.sandbox import Sandbox, sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_TOKEN = "canary-91c7e2"


class Sink:
    """A destination that takes OTLP, in this process."""

    def __init__(self) -> None:
        sink = self
        self.records: list[Any] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Encoding"] == "gzip":
                    body = gzip.decompress(body)
                sink.records += expected(ExportLogsServiceRequest.FromString(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def arrived(self, service: str, number: int) -> list[Any]:
        """The records of a service, of which there must be no more."""

        def look() -> list[Any]:
            said = ("str", service)
            return [r for r in self.records if r["resource"][0].get("service.name") == said]

        found = eventually(look, lambda records: len(records) >= number)
        assert len(found) == number
        return found


@contextmanager
def _sink() -> Iterator[Sink]:
    sink = Sink()
    thread = Thread(target=sink.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield sink
    finally:
        sink.server.shutdown()
        thread.join()
        sink.server.server_close()


class Chain(NamedTuple):
    """A collector that sends to Dynatrace and to a second one, which sends to the sink."""

    front: Collector
    destination: Sandbox
    sink: Sink

    @property
    def url(self) -> str:
        """Where logs are posted."""
        return f"http://127.0.0.1:{self.front.port}/v1/logs"


def _otlp(exporters: Mapping[str, Mapping[str, Any]]) -> Any:
    def configure(port: int, data_dir: Path) -> str:
        http = {"endpoint": f"127.0.0.1:{port}", "tokens": [_TOKEN]}
        logs = {"receivers": ["otlp"], "exporters": list(exporters)}
        said = {
            "receivers": {"otlp": {"protocols": {"http": http}}},
            "exporters": exporters,
            "service": {"data_dir": str(data_dir), "pipelines": {"logs": logs}},
        }
        return json.dumps(said)

    return configure


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    directory = tmp_path_factory.mktemp("otlp")
    quick = {key: QUICK[key] for key in ("batch", "retry")}
    with ExitStack() as stack:
        destination = stack.enter_context(sandbox(directory))
        sink = stack.enter_context(_sink())
        to_sink = {"otlp_http": {**quick, "endpoint": sink.url}}
        back = stack.enter_context(collector(directory / "back", _otlp(to_sink)))
        to_both = {
            "dynatrace": {**QUICK, "endpoint": destination.url},
            "otlp_http": {
                **quick,
                "endpoint": f"http://127.0.0.1:{back.port}",
                "headers": {"Authorization": f"Bearer {_TOKEN}"},
            },
        }
        front = stack.enter_context(collector(directory / "front", _otlp(to_both)))
        yield Chain(front, destination, sink)
        assert _TOKEN not in front.log + back.log


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_the_sdk(chain: Chain, compression: Compression) -> None:
    service = f"sdk {compression.name}"
    exporter = OTLPLogExporter(
        chain.url, headers={"Authorization": f"Bearer {_TOKEN}"}, compression=compression
    )
    provider = LoggerProvider(resource=Resource({"service.name": service}))
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = provider.get_logger("shop.cart", "1.4")
    for n in range(100):
        logger.emit(
            LogRecord(
                timestamp=0,
                body=f"{service} {n:04d}",
                severity_number=SeverityNumber.WARN,
                severity_text="WARNING",
                attributes={"code.line.number": n, "tags": ["a", "b"], "ratio": 0.5},
            )
        )
    assert provider.force_flush()
    provider.shutdown()
    found = chain.destination.arrived(service, 100)
    assert [event["content"] for event in found] == [f"{service} {n:04d}" for n in range(100)]
    assert {event["loglevel"] for event in found} == {"WARN"}
    assert {event["otel.scope.name"] for event in found} == {"shop.cart"}
    records = chain.sink.arrived(service, 100)
    assert [record["body"] for record in records] == [
        ("str", f"{service} {n:04d}") for n in range(100)
    ]


def _every_field() -> ExportLogsServiceRequest:
    made = ExportLogsServiceRequest()
    group = made.resource_logs.add(schema_url="https://example.org/r")
    group.resource.dropped_attributes_count = 1
    group.resource.attributes.add(key="service.name").value.string_value = "whole"
    part = group.scope_logs.add(schema_url="https://example.org/s")
    part.scope.name, part.scope.version, part.scope.dropped_attributes_count = "s", "1", 2
    part.scope.attributes.add(key="k").value.bool_value = True
    record = part.log_records.add(
        time_unix_nano=(1 << 63) - 1,
        observed_time_unix_nano=3,
        severity_number=SeverityNumber.FATAL4.value,
        severity_text="worst",
        dropped_attributes_count=4,
        flags=0xFFFFFFFF,
        trace_id=b"t" * 16,
        span_id=b"s" * 8,
        event_name="everything",
    )
    record.body.bytes_value = b"\x00\xff"
    record.attributes.add(key="int").value.int_value = -(1 << 63)
    record.attributes.add(key="double").value.double_value = float("inf")
    record.attributes.add(key="nothing")
    values = record.attributes.add(key="list").value.array_value.values
    values.add().kvlist_value.values.add(key="inner").value.string_value = "é"
    values.add()
    return made


def test_nothing_is_lost_through_two_collectors(chain: Chain) -> None:
    made = _every_field()
    headers = {
        "Content-Type": "application/x-protobuf",
        "Authorization": f"Bearer {_TOKEN}",
    }
    request = urllib.request.Request(chain.url, made.SerializeToString(), headers)  # noqa: S310 ours
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 as above
        assert (answer.status, answer.read()) == (200, b"")
    assert chain.sink.arrived("whole", 1) == expected(made)


def test_curl(chain: Chain) -> None:
    """JSON as the specification's example has it."""
    value = {"stringValue": "curl"}
    record = {"timeUnixNano": "1544712660300000000", "body": {"stringValue": "from curl"}}
    group = {
        "resource": {"attributes": [{"key": "service.name", "value": value}]},
        "scopeLogs": [{"logRecords": [record]}],
    }
    command = [client("curl"), "-sS", "-i", chain.url, "-d", json.dumps({"resourceLogs": [group]})]
    said = ["Content-Type: application/json", f"Authorization: Bearer {_TOKEN}"]
    options = [word for header in said for word in ("-H", header)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("HTTP/1.1 200")
    assert done.stdout.endswith("\n\n{}")
    (event,) = chain.destination.arrived("from curl", 1)
    assert event["service.name"] == "curl"
    assert chain.sink.arrived("curl", 1)[0]["time"] == 1544712660300000000


def test_the_recipe_for_python_runs(chain: Chain) -> None:
    page = (ROOT / "docs" / "recipes.md").read_text()
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    environment = {
        **os.environ,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{chain.front.port}",
        "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{_TOKEN}",
        "OTEL_SERVICE_NAME": "shop",
    }
    subprocess.run([sys.executable, "-W", "error", "-c", code], env=environment, check=True)
    (record,) = chain.sink.arrived("shop", 1)
    assert "paid 17.50" in str(record)
