"""The same messages as OTLP requests, each of one service, as an OpenTelemetry SDK sends them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber

from tests.bench.lines import Line
from tests.bench.parcels import parcel

#: Records of a request, and services with a resource each.
_RECORDS, _SERVICES = 100, 50
_THREADS = 300
_HEAD = (
    b"POST /v1/logs HTTP/1.1\r\nHost: 127.0.0.1:4318\r\nUser-Agent: OTel-OTLP-Exporter/1.0\r\n"
    b"Accept: */*\r\nContent-Type: application/x-protobuf\r\nContent-Length: %d\r\n\r\n"
)
#: By syslog's number.
_SEVERITIES = (21, 19, 18, 17, 13, 10, 9, 5)
_WORDS = ("FATAL", "ERROR", "ERROR", "ERROR", "WARN", "INFO", "INFO", "DEBUG")


def written(items: Iterator[Line]) -> Iterator[bytes]:
    """Parcels of a request each."""
    number = 0
    while some := list(islice(items, _RECORDS)):
        body = _request(number % _SERVICES, some).SerializeToString()
        yield parcel(_HEAD % len(body) + body, len(some))
        number += 1


def _request(service: int, some: Sequence[Line]) -> ExportLogsServiceRequest:
    made = ExportLogsServiceRequest()
    group = made.resource_logs.add()
    for key, text in (
        ("service.name", f"shop-{service:02d}"),
        ("service.instance.id", f"6f1c9b4e-1f0d-4c56-9d0a-{service:012d}"),
        ("telemetry.sdk.language", "python"),
        ("telemetry.sdk.name", "opentelemetry"),
    ):
        group.resource.attributes.add(key=key).value.string_value = text
    part = group.scope_logs.add()
    part.scope.name = "shop.cart"
    for line in some:
        _write(part.log_records.add(), line)
    return made


def _write(record: LogRecord, line: Line) -> None:
    """Every third with a trace."""
    number = int(line.text[-12:])
    record.time_unix_nano = int(line.time * 1e9)
    record.observed_time_unix_nano = record.time_unix_nano + 1000
    severity = line.priority % 8
    record.severity_number = SeverityNumber.ValueType(_SEVERITIES[severity])
    record.severity_text = _WORDS[severity]
    record.body.string_value = line.text
    record.attributes.add(key="host.name").value.string_value = line.host
    record.attributes.add(key="thread.id").value.int_value = number * 7 % _THREADS
    if number % 3 == 0:
        record.trace_id, record.span_id = number.to_bytes(16, "big"), number.to_bytes(8, "big")
        record.flags = 1
