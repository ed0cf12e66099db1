"""What a call is answered: a message, or a status with its text and when to come again.

https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response
"""

from __future__ import annotations

from base64 import b64encode
from typing import Final
from urllib.parse import quote_from_bytes

from collector.api import WebResponse

from ..answer import Refusal, code_of
from ..wire import bytes_field, text_field, varint_field
from .frames import DATA, END_HEADERS, END_STREAM, HEADERS, frame
from .headers import encoded

_BEGIN: Final = [(b":status", b"200"), (b"content-type", b"application/grpc")]
_HEAD: Final = encoded(_BEGIN)
_OK: Final = encoded([(b"grpc-status", b"0")])
_LAST = END_HEADERS | END_STREAM
#: What a grpc-message need not escape: printable ASCII but the percent sign.
_SAFE: Final = "".join(chr(n) for n in range(0x20, 0x7F) if n != 0x25)
#: An encoding that we do not know, by gRPC's doc/compression.md.
_UNIMPLEMENTED = 12
_RETRY_INFO: Final = "type.googleapis.com/google.rpc.RetryInfo"
_ENCODINGS: Final = (b"grpc-accept-encoding", b"identity,gzip,deflate,zstd")


def taken(stream: int, response: WebResponse) -> bytes:
    """The frames of an answer with a message: `size` of it counts for the client's windows."""
    body = message(response)
    return (
        frame(HEADERS, END_HEADERS, stream, _HEAD)
        + frame(DATA, 0, stream, body)
        + frame(HEADERS, _LAST, stream, _OK)
    )


def message(response: WebResponse) -> bytes:
    """The body with its prefix: not compressed, and its length."""
    return b"\0" + len(response.body).to_bytes(4, "big") + response.body


def refused(stream: int, refusal: WebResponse) -> bytes:
    """The frame of an answer without a message."""
    text = refusal.text if isinstance(refusal, Refusal) else ""
    code = _UNIMPLEMENTED if refusal.status == 415 else code_of(refusal.status)
    trailers = [(b"grpc-status", b"%d" % code), (b"grpc-message", _escaped(text))]
    after = refusal.headers.get("Retry-After")
    if after is not None:
        details = b64encode(_status(code, text, int(after))).rstrip(b"=")
        trailers.append((b"grpc-status-details-bin", details))
    if refusal.status == 415:
        trailers.append(_ENCODINGS)
    return frame(HEADERS, _LAST, stream, encoded([*_BEGIN, *trailers]))


def not_grpc(stream: int) -> bytes:
    """To a request that is no call, which would not understand a status."""
    return frame(HEADERS, _LAST, stream, encoded([(b":status", b"415")]))


def _escaped(text: str) -> bytes:
    return quote_from_bytes(text.encode(), _SAFE).encode()


def _status(code: int, text: str, seconds: int) -> bytes:
    """google.rpc.Status with a RetryInfo, without which some do not come again."""
    delay = bytes_field(1, varint_field(1, seconds))
    detail = text_field(1, _RETRY_INFO) + bytes_field(2, delay)
    return varint_field(1, code) + text_field(2, text) + bytes_field(3, detail)
