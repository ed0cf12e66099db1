"""The paths that are measured: how messages are written, and how they are sent."""

from __future__ import annotations

from typing import Literal, NamedTuple

from tests.bench.load import Load


class Path(NamedTuple):
    """One way into the collector."""

    title: str
    protocol: Literal["tcp", "udp", "forward"]
    #: See `corpus.FORMS` and `corpus.FORWARD_FORMS`.
    form: str
    load: Load
    #: Most events that are sent, so that paced ones end.
    most: int = 10_000_000
    queue: Literal["disk", "memory"] = "disk"


PATHS = {
    "tcp": Path("RFC 5424, TCP, 4 connections", "tcp", "rfc5424", Load("flood", 4)),
    "tcp-memory": Path(
        "the same, queue in memory", "tcp", "rfc5424", Load("flood", 4), queue="memory"
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
}
