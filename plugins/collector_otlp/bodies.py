"""Bodies of requests in, events out: what OTLP over HTTP and over gRPC have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from collector.api import Context, Letter

from .decoded import Decoded
from .json import JsonDecoder
from .protobuf import Decoder

#: For a receiver that has `Bodies`.
COUNTERS: Final[Mapping[str, str]] = {
    "refused_log_records": "Records refused while others of their request were taken, by reason.",
}
_TOO_DEEP = "too_deep"


class Bodies:
    """Of one receiver's requests: remembers what they have in common."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._protobuf, self._json = Decoder(), JsonDecoder()

    def protobuf(self, body: bytes) -> Decoded:
        """An ExportLogsServiceRequest. Raises Malformed and TooMany."""
        return self._noted(self._protobuf.decode(body))

    def json(self, body: bytes) -> Decoded:
        """The same as JSON."""
        return self._noted(self._json.decode(body))

    def _noted(self, decoded: Decoded) -> Decoded:
        """Count what is odd, and keep what is refused: its sender must not send it again."""
        context = self._context
        if decoded.invalid:
            context.count("flagged_log_records", decoded.invalid, flag="invalid_utf8")
        if decoded.refused:
            context.count("refused_log_records", len(decoded.refused), reason=_TOO_DEEP)
            letters = [Letter(row=raw, reason=_TOO_DEEP, text=why) for raw, why in decoded.refused]
            context.dead_letters(_TOO_DEEP, letters)
        return decoded


def complaint(decoded: Decoded) -> str:
    """Why records were refused, for their sender; empty when none was."""
    refused = decoded.refused
    return f"{len(refused)} of {decoded.records} refused: {refused[0].why}" if refused else ""
