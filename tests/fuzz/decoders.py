"""Targets that are framings, parsers and decoders. Their promises are the suite's properties."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from collector.api import (
    FLAGS,
    FLAGS_KEY,
    AutoFraming,
    Event,
    Frames,
    Framing,
    Misread,
    MultilineFraming,
    Resource,
    Taken,
    WebReceiver,
    WebRequest,
    WrongProtocol,
)
from collector.testing import context
from collector_forward.events import Writer
from collector_forward.failure import Undecodable
from collector_forward.framing import MessagePackFraming
from collector_forward.shapes import Shapes
from collector_forward.wire import open_envelope, read, salvaged_chunk
from collector_http.options import HttpConfig
from collector_http.receiver import HttpReceiver
from collector_otlp.options import OtlpConfig
from collector_otlp.receiver import OtlpReceiver
from collector_syslog.options import SyslogConfig
from collector_syslog.receiver import SyslogReceiver
from collector_transform.predicate import predicate
from tests.collector.inputs.streams import frames_of
from tests.fuzz.target import Target
from tests.plugins.collector_forward.vectors import FRAMES, LIMITS, PEER
from tests.plugins.collector_syslog.messages import had_back, messages

#: Bytes of a frame: so few that inputs go over it.
_LIMIT = 100
_EVENT = Event(1, "a body", {"k": "v", "n": [1, {"m": 2.5}]}, 9, resource=Resource({"r": "s"}))


class _Peer:
    resource = Resource({"net.peer.ip": "192.0.2.1"})

    def write(self, data: bytes) -> None:
        """Nothing is answered."""


def _in_pieces(data: bytes) -> list[bytes]:
    """All but the first byte, which says how long a piece is."""
    size = (data[0] if data else 0) or len(data) + 1
    return [data[at : at + size] for at in range(1, len(data), size)]


def _cut(framing: Framing, pieces: Iterable[bytes]) -> list[bytes]:
    found = [frame for piece in pieces for frame in frames_of(framing.feed(piece))]
    return found + framing.finish()


def _syslog_stream(framing: Callable[[int], Framing]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        with suppress(WrongProtocol):
            pieces = _in_pieces(data)
            frames = _cut(framing(_LIMIT), pieces)
            assert all(0 < len(frame) <= _LIMIT for frame in frames)
            assert sum(map(len, frames)) <= sum(map(len, pieces))

    return run


def _check(events: Iterable[Event]) -> None:
    for event in events:
        repr((event.body, event.attributes, event.resource)).encode()
        assert set(event.attributes.get(FLAGS_KEY, [])) <= set(FLAGS)


def _syslog() -> Callable[[bytes], None]:
    options = {"udp": {"endpoint": "127.0.0.1:0"}, "parse_body": "auto", "keep_raw": True}
    receiver = SyslogReceiver(SyslogConfig.model_validate(options), context("receiver", "syslog"))

    def run(data: bytes) -> None:
        sent = [frame for frame in data.split(b"\n") if frame]
        frames = Frames([(_Peer(), sent)])
        events = receiver.parse(frames)
        frames.attach(events)
        _check(events)
        assert [had_back(event) for event in events] == sent

    return run


def _forward_stream(data: bytes) -> None:
    found: list[list[bytes]] = []
    for pieces in (_in_pieces(data), [data[1:]]):
        framing, frames = MessagePackFraming(_LIMIT), list[bytes]()
        with suppress(WrongProtocol):
            for piece in pieces:
                frames += framing.feed(piece)
        found.append([bytes(frame) for frame in frames])
    assert found[0] == found[1], "the cutting changes the frames"


def _forward(data: bytes) -> None:
    salvaged_chunk(data)
    with suppress(Undecodable):
        envelope = open_envelope(data, LIMITS)
        for message in read(data, envelope, LIMITS, Shapes()):
            if message:
                _check(Writer(PEER, ("log",)).events(message.tag, message.entries, 1, "uid", {}))


def _web(receiver: WebReceiver[Any], path: str, kind: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        request = WebRequest("POST", path, "", {"content-type": kind}, "192.0.2.1", 1, data)
        found = receiver.take(request)
        if isinstance(found, Taken):
            _check(found.events)
        else:
            assert 400 <= found.status < 500, f"bad input is the sender's fault: {found.status}"

    return run


def _ottl(data: bytes) -> None:
    with suppress(Misread):
        predicate(data.decode("utf-8", "replace"))([_EVENT])


def _http(kind: str) -> Callable[[bytes], None]:
    config = HttpConfig(endpoint="127.0.0.1:0")
    receiver = HttpReceiver(config, context("receiver", "http"))
    return _web(receiver, "/api/v2/logs/ingest", f"{kind}; charset=utf-8")


def _otlp(kind: str) -> Callable[[bytes], None]:
    return _web(OtlpReceiver(OtlpConfig(), context("receiver", "otlp")), "/v1/logs", kind)


def decoders() -> dict[str, Target]:
    """By their names."""
    sent = [message.frame for message in messages()]
    streams = [b"\x07" + b"\n".join(sent[at : at + 3]) for at in range(0, len(sent), 9)]
    frames = list(FRAMES.values())
    export = ParseDict(json.loads(_OTLP_JSON), ExportLogsServiceRequest()).SerializeToString()
    return {
        "syslog": Target(_syslog, sent),
        "syslog-stream": Target(lambda: _syslog_stream(AutoFraming), streams),
        "syslog-multiline": Target(lambda: _syslog_stream(MultilineFraming), streams),
        "forward": Target(lambda: _forward, frames),
        "forward-stream": Target(lambda: _forward_stream, [b"\x05" + frame for frame in frames]),
        "http-json": Target(lambda: _http("application/json"), [b'[{"content":"a"}]']),
        "http-text": Target(lambda: _http("text/plain"), [b"a\nb"]),
        "otlp-protobuf": Target(lambda: _otlp("application/x-protobuf"), [export]),
        "otlp-json": Target(lambda: _otlp("application/json"), [_OTLP_JSON]),
        "ottl": Target(lambda: _ottl, [statement.encode() for statement in _OTTL]),
    }


_OTLP_JSON = (
    b'{"resourceLogs":[{"resource":{"attributes":[{"key":"a","value":{"stringValue":"b"}}]},'
    b'"scopeLogs":[{"scope":{"name":"s"},"logRecords":[{"timeUnixNano":"1","severityNumber":9,'
    b'"body":{"kvlistValue":{"values":[{"key":"k","value":{"arrayValue":{"values":'
    b'[{"intValue":"5"},{"doubleValue":1.5},{"bytesValue":"AAE="}]}}}]}},'
    b'"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708"}]}]}]}'
)
_OTTL = (
    'severity_number >= SEVERITY_NUMBER_ERROR and IsMatch(body, "time.?out")',
    'attributes["k"] == "v" or not (attributes["n"][1]["m"] * 2 < 7.5e0)',
    'Len(Split(Concat([body, "x"], ","), ",")) != 0 and resource.attributes["r"] != nil',
    'ParseJSON("{}")["a"] == nil or SHA256(body) == "" or IsString(time_unix_nano)',
)
