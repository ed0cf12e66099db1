"""A full queue slows TCP senders down and loses nothing; of UDP the kernel's losses are counted."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from tests.system.collecting import Collector, collector, configuration
from tests.system.network import connected, free_port, lines, send_datagrams, texts
from tests.system.sandbox import Sandbox, sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_SIZE = 1000
_NUMBER = 8000
_DATAGRAMS = 2000
#: Bytes; a small part of what the tests send.
_QUEUE = 200_000


class Broken:
    """A way with nobody at its end until `mend` is called."""

    def __init__(self, source: Collector, destination: int, directory: Path) -> None:
        self.collector = source
        self.port = source.port
        self._destination = destination
        self._directory = directory
        self._stack = ExitStack()

    def mend(self) -> Sandbox:
        """The destination comes back."""
        return self._stack.enter_context(sandbox(self._directory, port=self._destination))

    def filled(self) -> bool:
        """Whether the queue is over its mark, so that receivers pause."""
        return self.collector.metrics()("exporter_queue_bytes") > 0.8 * _QUEUE

    def close(self) -> None:
        """Take the destination away again."""
        self._stack.close()


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Broken]:
    """Small batches, uncompressed, so that the queue's bytes can be foreseen."""
    destination = free_port()
    exporter = {
        "endpoint": f"http://127.0.0.1:{destination}",
        "batch": {"max_age": "10ms", "max_bytes": 50_000},
        "queue": {"max_size": _QUEUE},
        "compression": "none",
    }
    buffer = {"udp": {"receive_buffer": 65536}}

    def configure(port: int, data_dir: Path) -> str:
        service = {"shutdown_timeout": "2s"}
        return configuration(
            port, data_dir, {"dynatrace": exporter}, syslog=buffer, service=service
        )

    with (
        collector(tmp_path, configure) as source,
        closing(Broken(source, destination, tmp_path)) as way,
    ):
        yield way


class _Sender(threading.Thread):
    """Sends lines over TCP with small buffers, as fast as it may."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._socket = connected(port)
        self._socket.settimeout(60)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        self.sent = 0

    def run(self) -> None:
        with closing(self._socket), suppress(OSError):  # `sent` tells
            for first in range(0, _NUMBER, 50):
                self._socket.sendall(lines("slow", range(first, first + 50), _SIZE))
                self.sent = first + 50


def test_a_full_queue_stops_tcp_senders_and_loses_nothing(broken: Broken) -> None:
    sender = _Sender(broken.port)
    sender.start()
    eventually(broken.filled)
    _stalled(sender)
    taken = broken.collector.metrics()("exporter_taken_log_records")
    assert sender.sent < _NUMBER
    assert taken < _NUMBER / 2

    destination = broken.mend()
    sender.join(60)
    assert sender.sent == _NUMBER
    destination.accepted(_NUMBER)
    assert destination.contents("slow-", _NUMBER) == texts("slow", range(_NUMBER), _SIZE)
    account = broken.collector.settled()
    assert (account.taken, account.sent) == (_NUMBER, _NUMBER)


def _stalled(sender: _Sender) -> None:
    """Wait until it has made no progress for a while: every buffer on the way is full."""
    seen = [-1] * 20

    def still() -> bool:
        seen.append(sender.sent)
        return len(set(seen[-10:])) == 1

    eventually(still)


def test_datagrams_that_the_kernel_drops_are_counted(broken: Broken) -> None:
    filler = lines("filler", range(400), _SIZE)
    with closing(connected(broken.port)) as connection:
        connection.sendall(filler)
        eventually(broken.filled)
        send_datagrams(broken.port, lines("datagram", range(_DATAGRAMS), _SIZE).splitlines())
        dropped = eventually(lambda: _dropped(broken))
        assert dropped < _DATAGRAMS

        destination = broken.mend()
        destination.accepted(400 + _DATAGRAMS - dropped)
    kept = {event["content"] for event in destination.events("datagram-")}
    assert kept <= set(texts("datagram", range(_DATAGRAMS), _SIZE))
    assert len(kept) + _dropped(broken) == _DATAGRAMS


def _dropped(broken: Broken) -> int:
    return broken.collector.metrics()("receiver_kernel_dropped_datagrams")
