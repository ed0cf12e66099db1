"""The paths that are measured: how messages are written, and how they are sent."""

from __future__ import annotations

from typing import Literal, NamedTuple

from tests.bench.load import Load


class Path(NamedTuple):
    """One way into the collector."""

    title: str
    protocol: Literal["tcp", "tls", "udp", "forward", "http", "otlp-http", "otlp-grpc"]
    #: See `corpus.FORMS`, and the other forms there.
    form: str
    load: Load
    #: Most events that are sent, so that paced ones end.
    most: int = 10_000_000
    queue: Literal["disk", "memory"] = "disk"
    #: Whether five processors stand between receiver and exporter.
    chain: bool = False
    workers: int = 1
    #: CPUs that the collector has.
    cpus: int = 1


PATHS = {
    "tcp": Path("RFC 5424, TCP, 4 connections", "tcp", "rfc5424", Load("flood", 4)),
    "tcp-memory": Path(
        "the same, queue in memory", "tcp", "rfc5424", Load("flood", 4), queue="memory"
    ),
    "tcp-chain": Path(
        "as the first, through five processors",
        "tcp",
        "rfc5424",
        Load("flood", 4),
        chain=True,
    ),
    "tcp-tls": Path(
        "the first over TLS, records as large as they may be",
        "tls",
        "rfc5424",
        Load("flood", 4, tls="much"),
    ),
    "tcp-tls-single": Path(
        "the first over TLS, a message a record", "tls", "rfc5424", Load("flood", 4, tls="line")
    ),
    "workers-1": Path(
        "RFC 5424, TCP, 32 connections, one worker", "tcp", "rfc5424", Load("flood", 32), cpus=2
    ),
    "workers-2": Path(
        "the same, two workers", "tcp", "rfc5424", Load("flood", 32), workers=2, cpus=2
    ),
    "tcp-3164": Path("RFC 3164, TCP, 4 connections", "tcp", "rfc3164", Load("flood", 4)),
    "tcp-octet": Path("RFC 5424, octet-counted TCP", "tcp", "octet", Load("flood", 4)),
    "tcp-structured": Path(
        "RFC 5424 with structured data, TCP", "tcp", "structured", Load("flood", 4)
    ),
    "tcp-odd": Path("no regular line, TCP", "tcp", "odd", Load("flood", 4)),
    "tcp-3000": Path(
        "RFC 5424, TCP, 3,000 connections",
        "tcp",
        "rfc5424",
        Load("trickle", 3000, 30_000),
        most=300_000,
    ),
    "udp": Path(
        "RFC 5424, UDP, 1 address", "udp", "rfc5424", Load("datagrams", 1, 100_000), 500_000
    ),
    "udp-1000": Path(
        "RFC 5424, UDP, 1,000 addresses",
        "udp",
        "rfc5424",
        Load("datagrams", 1000, 100_000),
        most=500_000,
    ),
    "forward": Path(
        "Fluent Forward, 1,000 entries a frame", "forward", "forward", Load("frames", 4)
    ),
    "forward-gzip": Path(
        "the same, each frame gzipped", "forward", "forward-gzip", Load("frames", 4)
    ),
    "forward-acked": Path(
        "the same, each frame acknowledged before the next",
        "forward",
        "forward-acked",
        Load("acked", 4),
    ),
    "http": Path("HTTP, 100 events a request, 8 connections", "http", "http", Load("requests", 8)),
    "http1": Path(
        "HTTP, 1 event a request, 64 connections",
        "http",
        "http1",
        Load("requests", 64),
        most=300_000,
    ),
    "otlp-http": Path(
        "OTLP over HTTP, 100 records a request, 8 connections",
        "otlp-http",
        "otlp-http",
        Load("requests", 8),
    ),
    "otlp-grpc": Path("the same over gRPC, 8 channels", "otlp-grpc", "otlp-grpc", Load("calls", 8)),
}
