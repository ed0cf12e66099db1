"""Messages as devices write them that keep to no RFC: lines in, bytes without a frame's end out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from tests.bench.lines import Line


def _bsd(line: Line) -> str:
    return time.strftime("%b %e %H:%M:%S", time.gmtime(line.time))


def _iso(line: Line) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(line.time))


def _year(line: Line) -> str:
    return time.strftime("%b %d %Y %H:%M:%S", time.gmtime(line.time))


#: Taken in turn: no two neighbours are alike, and none is of a form that the quick loop reads.
_SHAPES: tuple[Callable[[Line], str], ...] = (
    lambda line: (
        f"{line.pid}: {line.host}: 44: *{_bsd(line)}.483 UTC: %SYS-5-CONFIG_I: {line.text}"
    ),
    lambda line: f": {_year(line)} {line.host} : %ASA-6-302013: {line.text}",
    lambda line: f"{line.pid}: 1w2d: %LINEPROTO-5-UPDOWN: {line.text}",
    lambda line: f"{_bsd(line)} slot1/{line.host} notice mcpd[{line.pid}]: {line.text}",
    lambda line: f"{_bsd(line)} {line.host} {line.host} {line.program}: {line.text}",
    lambda line: f"1 {line.time:.9f} {line.host} events type=association {line.text}",
    lambda line: f"date=2026-10-11 time=22:14:15 devname={line.host} {line.text}",
    lambda line: f"{_bsd(line)} {line.host} {line.text}",
    lambda line: f"{_iso(line)} {line.host} {line.program}: {line.text}",
    lambda line: f"1 {_iso(line)}.1234567-0500 {line.host} {line.program} - - {line.text}",
    lambda line: (
        f'1 {_iso(line)}Z {line.host} {line.program} - - [x@1 a:"b c"; d="e"f"] {line.text}'
    ),
    lambda line: f"{_bsd(line)} [10.2.3.4] ZscalerNSS: {line.text}",
    lambda line: line.text,
)


def odd(items: Iterator[Line]) -> Iterator[bytes]:
    """One shape after the other, each with a PRI."""
    for number, line in enumerate(items):
        yield f"<{line.priority}>{_SHAPES[number % len(_SHAPES)](line)}".encode()


def structured(items: Iterator[Line]) -> Iterator[bytes]:
    """RFC 5424, each with two elements of structured data whose values change."""
    for number, line in enumerate(items):
        data = f'[meta sequenceId="{number}"][origin ip="10.0.0.7" software="{line.program}"]'
        yield (
            f"<{line.priority}>1 {_iso(line)}.123456Z {line.host} {line.program} {line.pid} "
            f"{line.message_id} {data} {line.text}"
        ).encode()
