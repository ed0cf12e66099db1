"""What a sender seems to be, by the habits that its first frame shows. A guess, for the metrics."""

from __future__ import annotations

import re

from .wire import Envelope

UNKNOWN = "unknown"
#: MessagePack of the keys that Docker's log driver gives to each record.
_DOCKER = (b"\xaccontainer_id", b"\xaecontainer_name", b"\xa6source")
_UUID = re.compile(rb"\xd9\x24[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Entries of [[time, metadata], record].
_METADATA = b"\x92\x92"
_STR_32 = 0xDB
#: Times that others write unsigned.
_SIGNED = (b"\xd2", b"\xd3")
#: Bytes of a record in which a habit is looked for.
_HEAD = 4096


def software(frame: bytes, envelope: Envelope) -> str:
    """One of a handful of words."""
    content = frame[envelope.begin : envelope.begin + _HEAD]
    if "fluent_signal" in envelope.options or content.startswith(_METADATA):
        return "fluent-bit"
    if envelope.mode == "message":
        return _of_single_events(content)
    if envelope.mode == "forward":
        return UNKNOWN if envelope.options else "fluent-bit"
    if envelope.chunk.endswith(b"\n") or frame[envelope.begin - 5] == _STR_32:
        return "fluentd"
    return "fluency" if _UUID.fullmatch(envelope.chunk) else UNKNOWN


def _of_single_events(content: bytes) -> str:
    if all(key in content for key in _DOCKER):
        return "docker"
    return "fluent-logger-golang" if content.startswith(_SIGNED) else UNKNOWN
