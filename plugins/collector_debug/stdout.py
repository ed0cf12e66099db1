"""Events on standard output, a line each, safe to look at.

Device text may hold escape sequences that rename the terminal's window, move its cursor or
answer for its user: control characters (C0, DEL, C1) are shown, not sent.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from collector.api import (
    Batch,
    Config,
    Event,
    Exporter,
    Hold,
    Request,
    Retry,
    Row,
    as_json,
    shown_json,
    text_of,
)

from .row import body, lines, packed, unpacked

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class StdoutConfig(Config):
    """How the lines look."""

    #: `text`: time, severity, body, attributes. `json`: one object, as the exporter `file` writes
    #: it.
    format: Literal["text", "json"] = "text"


class StdoutExporter(Exporter[StdoutConfig]):
    """Writes in a thread: a terminal that was stopped, or a full pipe, holds up nothing else."""

    def __init__(self, config: StdoutConfig, context: Any) -> None:
        super().__init__(config, context)
        self._turn = asyncio.Lock()

    def encode(self, batches: Sequence[Batch]) -> list[Request]:
        """See `Exporter`."""
        if self.config.format == "json":
            return [packed(shown_json(line.decode()).encode() for line in lines(batches))]
        return [packed(_line(event) for batch in batches for event in batch.events)]

    def unpack(self, request: Request) -> list[Row]:
        """See `Exporter`."""
        return unpacked(request)

    def pack(self, rows: Sequence[Row]) -> Request:
        """See `Exporter`."""
        return packed(rows)

    async def send(self, request: Request) -> None:
        """See `Exporter`."""
        async with self._turn:
            try:
                await asyncio.to_thread(_write, body(request))
            except BrokenPipeError:
                raise Hold("nobody reads standard output any more") from None
            except (OSError, ValueError) as e:  # ValueError: it was closed
                raise Retry(f"cannot write to standard output: {e}") from e


def _write(data: bytes) -> None:
    out = sys.stdout.buffer
    out.write(data)
    out.flush()


def _line(event: Event) -> Row:
    said = [_time(event.time), event.severity_text or "-", text_of(event.body)]
    if event.attributes:
        said.append(as_json(event.attributes).decode())
    return escaped(" ".join(map(text_of, said))).encode()


def _time(ns: Any) -> str:
    try:
        when = _EPOCH + timedelta(microseconds=ns // 1000)
    except (OverflowError, TypeError):  # a year past 9999, or not a number at all
        return text_of(ns)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z") if ns else "-"


def escaped(line: str) -> str:
    r"""Text without control characters: they appear as `\n`, `\t` or `\xNN`."""
    return _CONTROL.sub(_shown, line)


def _shown(found: re.Match[str]) -> str:
    return repr(found[0])[1:-1]
