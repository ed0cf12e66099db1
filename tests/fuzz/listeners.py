"""Targets that are whole receivers: an input is what a connection brings, over a network in memory.

A promise is broken when something is logged as a failure, or when components do not come to rest.
"""

from __future__ import annotations

import asyncio
from typing import Any

from hpack import Encoder
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from zope.interface import implementer

from collector.api import Receiver
from collector.testing import MemoryNetwork, ReceiverRig, RecordingOutput, context
from collector_forward.options import ForwardConfig
from collector_forward.receiver import ForwardReceiver
from collector_http.options import HttpConfig
from collector_http.receiver import HttpReceiver
from collector_otlp.options import OtlpConfig
from collector_otlp.receiver import OtlpReceiver
from collector_syslog.options import SyslogConfig
from collector_syslog.receiver import SyslogReceiver
from tests.fuzz.target import Target

_HERE = "127.0.0.1:6000"
#: Nothing here waits longer, in seconds.
_LONG = 3600.0


class _Listening:
    """A started receiver."""

    def __init__(self, kind: type[Receiver[Any]], config: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._network = MemoryNetwork()
        surroundings = context("receiver", reactor=self._network.reactor, sockets=self._network)
        receiver = kind(config, surroundings)
        self._output = receiver.output = RecordingOutput()
        self._loop.run_until_complete(receiver.start())
        self._rig = ReceiverRig(receiver, self._network)
        self._failures: list[str] = []

        @implementer(ILogObserver)
        def hear(event: LogEvent) -> None:
            if "log_failure" in event:
                self._failures.append(event["log_failure"].getTraceback())

        globalLogPublisher.addObserver(hear)

    def run(self, data: bytes) -> None:
        """Bytes of one connection, in pieces that the first of them says the length of."""
        if data:
            self._loop.run_until_complete(self._connection(data[0] or len(data), data[1:]))
        self._output.batches.clear()
        if self._failures:
            raise AssertionError(self._failures[0])

    async def _connection(self, size: int, data: bytes) -> None:
        sock = await self._rig.connect()
        for at in range(0, len(data), size):
            await self._rig.feed(sock, data[at : at + size])
        if size % 2:  # it is silent first, for a long time
            await self._network.advance(_LONG)
        sock.ended = True
        await self._network.settle()


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Of HTTP/2, RFC 9113 4.1."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def _call() -> bytes:
    """An empty export over gRPC."""
    path = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
    head = Encoder().encode([
        (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "here"),
        ("content-type", "application/grpc"), ("te", "trailers"),
    ])  # fmt: skip
    greeting = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(4, 0, 0, b"")
    return greeting + _frame(1, 4, 1, head) + _frame(0, 1, 1, bytes(5))


def _receiver(kind: type[Receiver[Any]], config: Any, *seeds: bytes) -> Target:
    """Seeds come in one piece."""
    return Target(lambda: _Listening(kind, config).run, [b"\0" + seed for seed in seeds])


def listeners() -> dict[str, Target]:
    """By their names."""
    proxied = {"endpoint": _HERE, "trusted_proxies": ["192.0.2.0/24"]}
    secured = {"shared_key": "key", "users": [{"username": "u", "password": "p"}]}
    grpc = {"grpc": {"endpoint": _HERE}}
    return {
        "relp": _receiver(
            SyslogReceiver,
            SyslogConfig.model_validate({"relp": {"endpoint": _HERE}}),
            b"1 open 18 commands=syslog\n\n\n2 syslog 5 <1>a\n\n3 close 0\n",
        ),
        "proxied": _receiver(
            SyslogReceiver,
            SyslogConfig.model_validate({"tcp": proxied}),
            b"PROXY TCP4 198.51.100.1 192.0.2.1 5 6\r\n<1>a\n",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(range(12)) + b"<1>a\n",
        ),
        "forward-connection": _receiver(
            ForwardReceiver,
            ForwardConfig(endpoint=_HERE),
            b"\x93\xa1t\x91\x92\x01\x81\xa1a\x01\x81\xa5chunk\xa1c",
            b'["t",1,{"a":1}]',
        ),
        "forward-handshake": _receiver(
            ForwardReceiver,
            ForwardConfig.model_validate({"endpoint": _HERE, "security": secured}),
            b"\x96\xa4PING\xa1h\xa4salt\xd9\x80" + b"0" * 128 + b"\xa1u\xd9\x80" + b"0" * 128,
        ),
        "http": _receiver(HttpReceiver, HttpConfig(endpoint=_HERE), _SIZED, _CHUNKED),
        "otlp-grpc": _receiver(
            OtlpReceiver, OtlpConfig.model_validate({"protocols": grpc}), _call()
        ),
    }


_SIZED = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n[]"
_CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n"
