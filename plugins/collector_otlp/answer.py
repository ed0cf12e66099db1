"""What a client is answered, in the encoding that it asked in.

https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import orjson

from collector.api import WebRequest, WebResponse

from .wire import bytes_field, text_field, varint_field

PROTOBUF, JSON = "application/x-protobuf", "application/json"
#: google.rpc.Code for a status of HTTP.
_CODES: Final = {
    400: 3,  # INVALID_ARGUMENT
    401: 16,  # UNAUTHENTICATED
    403: 7,  # PERMISSION_DENIED
    404: 12,  # UNIMPLEMENTED
    405: 12,
    408: 4,  # DEADLINE_EXCEEDED
    413: 8,  # RESOURCE_EXHAUSTED
    415: 3,
    429: 8,
    503: 14,  # UNAVAILABLE
}
_INTERNAL = 13


def media_type(request: WebRequest) -> str:
    """The type of a request's body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class Refusal(WebResponse):
    """A google.rpc.Status, once the request is known."""

    text: str = ""

    def to(self, request: WebRequest) -> WebResponse:
        """See `WebResponse`."""
        code = _CODES.get(self.status, _INTERNAL)
        if media_type(request) == JSON:
            kind, body = JSON, orjson.dumps({"code": code, "message": self.text})
        else:
            kind, body = PROTOBUF, varint_field(1, code) + text_field(2, self.text)
        return replace(self, body=body).having({"Content-Type": kind})


def taken(kind: str, refused: int, complaint: str) -> WebResponse:
    """All was taken, or all but so many."""
    body = json_response(refused, complaint) if kind == JSON else response(refused, complaint)
    return WebResponse(200, body, {"Content-Type": kind})


def response(refused: int, complaint: str) -> bytes:
    """ExportLogsServiceResponse."""
    if not refused:
        return b""
    return bytes_field(1, varint_field(1, refused) + text_field(2, complaint))


def json_response(refused: int, complaint: str) -> bytes:
    """The same as JSON."""
    if not refused:
        return b"{}"
    partial = {"rejectedLogRecords": str(refused), "errorMessage": complaint}
    return orjson.dumps({"partialSuccess": partial})
