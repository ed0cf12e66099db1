"""The same messages as OTLP, as an SDK writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tests.bench.lines import Line
from tests.bench.parcels import parcel

#: Records of a request.
_RECORDS = 100
_HEAD = (
    b"POST /v1/logs HTTP/1.1\r\nHost: 127.0.0.1:4318\r\nUser-Agent: bench/1.0\r\n"
    b"Content-Type: application/x-protobuf\r\nContent-Length: %d\r\n\r\n"
)
#: OpenTelemetry's number of a syslog severity, and its word.
_LEVELS = (
    (21, "FATAL"), (21, "FATAL"), (18, "CRITICAL"), (17, "ERROR"),
    (13, "WARN"), (10, "NOTICE"), (9, "INFO"), (5, "DEBUG"),
)  # fmt: skip


def written(items: Iterator[Line], *, http: bool) -> Iterator[bytes]:
    """Parcels of a request each: its message, for HTTP with headers."""
    while some := list(islice(items, _RECORDS)):
        body = _request(some)
        yield parcel(_HEAD % len(body) + body if http else body, len(some))


def _request(some: Sequence[Line]) -> bytes:
    made = ExportLogsServiceRequest()
    logs = made.resource_logs.add()
    service = {"service.name": "shop", "service.instance.id": "shop-0", "telemetry.sdk": "bench"}
    for key, value in service.items():
        logs.resource.attributes.add(key=key).value.string_value = value
    scope = logs.scope_logs.add()
    scope.scope.name = "shop.bench"
    for number, line in enumerate(some):
        nanoseconds = int(line.time * 1e6) * 1000
        severity, word = _LEVELS[line.priority % 8]
        record = scope.log_records.add(
            time_unix_nano=nanoseconds,
            observed_time_unix_nano=nanoseconds + 1000,
            severity_number=severity,
            severity_text=word,
            trace_id=b"%016d" % number,
            span_id=b"%08d" % number,
            flags=1,
        )
        record.body.string_value = line.text
        said = {"host.name": line.host, "process.executable.name": line.program}
        for key, value in {**said, "process.pid": line.pid}.items():
            record.attributes.add(key=key).value.string_value = value
    data: bytes = made.SerializeToString()
    return data
