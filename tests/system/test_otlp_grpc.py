"""OpenTelemetry's Python SDK over gRPC: what it was told is safe arrives, whatever happens."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # before it is imported: it writes to stderr

import grpc
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    InMemoryLogRecordExporter,
    LogRecordExportResult,
    SimpleLogRecordProcessor,
)

from tests.collector.outputs.authority import Authority
from tests.system.collecting import QUICK, Collector, collector
from tests.system.process import PYTHON, Process, running
from tests.system.sandbox import Sandbox, sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_TOKEN = "canary-c2a817"
_HEADERS = (("authorization", f"Bearer {_TOKEN}"),)
_AUTHORITY = Authority()


def _otlp(url: str, queue: str = "1GiB", **more: Any) -> Callable[[int, Path], str]:
    def configure(port: int, data_dir: Path) -> str:
        options = {"endpoint": f"127.0.0.1:{port}", "tokens": [_TOKEN], **more}
        said = {
            "receivers": {"otlp": {"protocols": {"grpc": options}}},
            "exporters": {"dynatrace": {**QUICK, "endpoint": url, "queue": {"max_size": queue}}},
            "service": {
                "data_dir": str(data_dir),
                "pipelines": {"logs": {"receivers": ["otlp"], "exporters": ["dynatrace"]}},
            },
        }
        return json.dumps(said)

    return configure


def _exporter(port: int, **more: Any) -> OTLPLogExporter:
    said: dict[str, Any] = {"endpoint": f"127.0.0.1:{port}", "insecure": True, "timeout": 10} | more
    return OTLPLogExporter(headers=_HEADERS, **said)


def _records(text: str, count: int) -> Sequence[ReadableLogRecord]:
    """As the SDK makes them."""
    kept, provider = InMemoryLogRecordExporter(), LoggerProvider()  # type: ignore[no-untyped-call]
    provider.add_log_record_processor(SimpleLogRecordProcessor(kept))
    logger = provider.get_logger("shop")
    for n in range(count):
        logger.emit(LogRecord(body=f"{text} {n:04d}", severity_number=SeverityNumber.WARN))
    return kept.get_finished_logs()


class _Secured(NamedTuple):
    """A collector with TLS and a small queue, and its destination."""

    ours: Collector
    destination: Sandbox

    def exporter(self, **more: Any) -> OTLPLogExporter:
        """That trusts it."""
        trust = grpc.ssl_channel_credentials(_AUTHORITY.pem)
        return _exporter(self.ours.port, insecure=False, credentials=trust, **more)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Secured]:
    home = tmp_path_factory.mktemp("grpc")
    cert = home / "cert.pem"
    cert.write_bytes(_AUTHORITY.issue())
    with sandbox(home) as destination:
        configure = _otlp(destination.url, "256KiB", tls={"cert_file": str(cert)})
        with collector(home, configure) as ours:
            yield _Secured(ours, destination)
            assert _TOKEN not in ours.log


def test_the_sdk_under_tls_with_a_token_and_gzip(secured: _Secured) -> None:
    exporter = secured.exporter(compression=grpc.Compression.Gzip)
    provider = LoggerProvider()
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = provider.get_logger("shop")
    for n in range(300):
        logger.emit(LogRecord(body=f"tls {n:04d}", severity_number=SeverityNumber.WARN))
    assert provider.force_flush()
    provider.shutdown()
    assert secured.destination.contents("tls", 300) == [f"tls {n:04d}" for n in range(300)]
    assert secured.ours.metrics()("receiver_requests", status="200") >= 1


def test_a_full_queue_holds_the_sdk_until_there_is_room(secured: _Secured) -> None:
    ours, destination = secured
    destination.fail({"status": 503, "count": 0})
    exporter, taken = secured.exporter(timeout=1), 0
    while not ours.metrics()("receiver_requests_refused", reason="full"):
        said = exporter.export(_records(f"full {taken}" + "x" * 500, 100))
        taken += said is LogRecordExportResult.SUCCESS
    destination.relent()
    last = _records("at last", 10)
    patient = secured.exporter(timeout=60)
    assert patient.export(last) is LogRecordExportResult.SUCCESS
    assert len(destination.contents("at last", 10)) == 10
    assert len(destination.arrived("full", 100 * taken)) >= 100 * taken
    exporter.shutdown()
    patient.shutdown()


def test_what_was_acknowledged_survives_kills(tmp_path: Path) -> None:
    with ExitStack() as stack:
        destination = stack.enter_context(sandbox(tmp_path))
        destination.fail({"status": 503, "count": 0})
        ours = stack.enter_context(collector(tmp_path, _otlp(destination.url)))
        exporter, process, taken = _exporter(ours.port), ours.process, list[str]()
        config = ours.data_dir.parent / "collector.yaml"
        for life in range(2):
            text = f"life {life}"
            assert exporter.export(_records(text, 50)) is LogRecordExportResult.SUCCESS
            taken += [f"{text} {n:04d}" for n in range(50)]
            process.kill()
            again = running((*PYTHON, "run", config), tmp_path / text)
            process = stack.enter_context(again)
            eventually(partial(_has_started, process))
        destination.relent()
        arrived = destination.contents("life", len(taken))
        exporter.shutdown()
    assert sorted(set(arrived)) == taken


def _has_started(process: Process) -> bool:
    return " started, pid " in process.stderr
