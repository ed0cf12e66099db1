"""What no sender should send: nothing is lost for its form, and nobody else suffers."""

from __future__ import annotations

import random
import socket
from contextlib import closing, suppress
from typing import Any

import pytest

from tests.system.network import connected, send_stream
from tests.system.waiting import eventually
from tests.system.way import Way

pytestmark = pytest.mark.system

_LIMIT = 65536
_HEAD = "<13>1 - h a - - - "


def _counted(frame: bytes) -> bytes:
    return b"%d %b" % (len(frame), frame)


def _one(way: Way, contains: str) -> dict[str, Any]:
    (event,) = way.sandbox.arrived(contains, 1)
    return event


@pytest.mark.parametrize("piece", [1 << 20, 7])
def test_framings_may_change_from_message_to_message(way: Way, piece: int) -> None:
    name = f"mixed by {piece}"
    texts = [f"{name} {n}: größe" for n in range(60)]
    ends = (b"%s\n", b"%s\r\n", b"%s\0", b"%s\n\0")
    data = b""
    for n, text in enumerate(texts):
        frame = f"{_HEAD}{text}".encode()
        data += _counted(frame) if n % 5 == 4 else ends[n % 5] % frame
    with closing(connected(way.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(data), piece):
            connection.sendall(data[at : at + piece])
        events = way.sandbox.arrived(name, len(texts))
    assert [event["content"] for event in events] == sorted(texts)
    assert not any("collector.flags" in event for event in events)


def test_bytes_that_are_not_utf8_are_shown_and_flagged(way: Way) -> None:
    send_stream(way.port, b"<13>1 - h a - - - caf\xe9 in latin-1\n<13>1 - h a - - - caf\xc3\xa9\n")
    event = _one(way, "in latin-1")
    assert event["content"] == r"caf\xe9 in latin-1"
    assert event["collector.flags"] == ["invalid_utf8"]


def test_what_is_no_syslog_is_kept_whole(way: Way) -> None:
    send_stream(way.port, b"no header, but a text: %s\n<999>1 neither is this\n")
    for text in ("no header, but a text: %s", "<999>1 neither is this"):
        event = _one(way, text)
        assert (event["content"], event["collector.flags"]) == (text, ["missing_pri"])


def test_noise_does_not_end_a_connection(way: Way) -> None:
    noise = random.Random(7).randbytes(30_000)
    send_stream(way.port, b"A" + noise + b"\n<13>1 - h a - - - after the noise\n")
    assert _one(way, "after the noise")["content"] == "after the noise"


@pytest.mark.parametrize("framing", ["lines", "counted"])
def test_a_frame_over_the_limit_is_cut_on_a_code_point(way: Way, framing: str) -> None:
    text = f"over the limit, {framing}: "
    text += "x" * ((len(_HEAD) + len(text)) % 2 == 0)  # so that the limit lies inside an é
    frame = f"{_HEAD}{text}{'é' * 50_000}".encode()
    after = f"{_HEAD}after the long one, {framing}".encode()
    frames = (frame, after)
    with closing(connected(way.port)) as connection:
        connection.sendall(
            b"".join(_counted(f) if framing == "counted" else f + b"\n" for f in frames)
        )
        event = _one(way, f"over the limit, {framing}")
        _one(way, f"after the long one, {framing}")
    assert frame[:_LIMIT].decode(errors="ignore") == _HEAD + event["content"]
    assert event["collector.flags"] == ["truncated"]
    assert event["collector.original_size"] == len(frame)


_HELLO = bytes.fromhex("160301007a010000760303") + bytes(111)
_STRANGERS = {
    "TLS": ("127.0.0.2", _HELLO),
    "HTTP": ("127.0.0.3", b"GET / HTTP/1.1\r\nHost: collector\r\n\r\n"),
}


@pytest.mark.parametrize("protocol", _STRANGERS)
def test_another_protocol_is_named_once_and_hung_up_on(way: Way, protocol: str) -> None:
    source, hello = _STRANGERS[protocol]
    with closing(connected(way.port)) as other:
        for _ in range(2):
            try:
                connection = connected(way.port, source=source)
            except OSError:
                pytest.skip(f"this machine cannot connect from {source}")
            with closing(connection):
                connection.sendall(hello)
                with suppress(ConnectionResetError):
                    assert connection.recv(100) == b""
        other.sendall(f"{_HEAD}others live, {protocol}\n".encode())
        _one(way, f"others live, {protocol}")

    def said() -> list[str]:
        return [line for line in way.collector.log.splitlines() if source in line]

    (line,) = eventually(said)
    assert "WARN" in line
    assert f"{source} speaks {protocol} to the plain TCP port {way.port}" in line
