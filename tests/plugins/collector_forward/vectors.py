"""Frames as senders write them, and what must be read in them."""

from __future__ import annotations

from typing import Any

import msgpack

from collector.api import Resource
from collector_forward.events import Writer
from collector_forward.limits import Limits
from collector_forward.shapes import Shapes
from collector_forward.wire import Message, open_envelope, read

LIMITS = Limits(expanded=1 << 20, entries=10_000)
T = 1_700_000_000
_T2 = "92d7006553f1000000000081a1610192d7006553f1010000000081a16102"

#: Name: frame in hex, chunk as it was written, and times in ns and records.
VECTORS: dict[str, tuple[str, bytes, list[tuple[int, Any]]]] = {
    "message, int": ("93a174ce6553f10081a16101", b"", [(T * 10**9, {"a": 1})]),
    "message, fixext 8": (
        "93a174d7006553f100075bcd1581a16101",
        b"",
        [(T * 10**9 + 123456789, {"a": 1})],
    ),
    "message, ext 8": (
        "93a174c708006553f100075bcd1581a16101",
        b"",
        [(T * 10**9 + 123456789, {"a": 1})],
    ),
    "message, float": (
        "93a174cb41d954fc4020000081a16101",
        b"",
        [(T * 10**9 + 500_000_000, {"a": 1})],
    ),
    "message, MessagePack timestamp": (
        "93a174d7ff000000146553f10081a16101",
        b"",
        [(T * 10**9 + 5, {"a": 1})],
    ),
    "message, nil option (old Docker)": (
        "94a174ce6553f10081a16101c0",
        b"",
        [(T * 10**9, {"a": 1})],
    ),
    "message, empty option": ("94a174ce6553f10081a1610180", b"", [(T * 10**9, {"a": 1})]),
    "forward, metadata and options": (
        (
            "93a174919292d7006553f1000000000081a16d0181a1610183a473697a6501a56368756e6ba46344453d"
            "ad666c75656e745f7369676e616c00"
        ),
        b"\xa4cDE=",
        [(T * 10**9, {"a": 1})],
    ),
    "packed, bin": (
        f"93a174c41e{_T2}81a473697a6502",
        b"",
        [(T * 10**9, {"a": 1}), ((T + 1) * 10**9, {"a": 2})],
    ),
    "packed, str 32 (Fluentd)": (
        (
            f"93a174db0000001e{_T2}83a473697a6502aa636f6d70726573736564a474657874a56368756e6b"
            "b941414543417751464267634943516f4c4441304f44773d3d0a"
        ),
        b"\xb9AAECAwQFBgcICQoLDA0ODw==\n",
        [(T * 10**9, {"a": 1}), ((T + 1) * 10**9, {"a": 2})],
    ),
    "gzip, two members": (
        (
            "93a174c4431f8b08000000000002039b749d2135f8230308342e4c640400de98989c0f0000001f8b0800"
            "0000000002039b749d2135f823230310342e4c64020027ddea120f00000082aa636f6d7072657373"
            "6564a4677a6970a473697a6502"
        ),
        b"",
        [(T * 10**9, {"a": 1}), ((T + 1) * 10**9, {"a": 2})],
    ),
    "zstd, two frames": (
        (
            "93a174c43028b52ffd200f79000092d7006553f1000000000081a1610128b52ffd200f79000092d70065"
            "53f1010000000081a1610282aa636f6d70726573736564a47a737464a473697a6502"
        ),
        b"",
        [(T * 10**9, {"a": 1}), ((T + 1) * 10**9, {"a": 2})],
    ),
    "OpenTelemetry group": (
        (
            "93a174939292d700ffffffff0000000083a6736368656d61a46f746c70ab7265736f757263655f696400"
            "a873636f70655f69640082a87265736f7572636581aa6174747269627574657381ac736572766963"
            "652e6e616d65a173a573636f706581a46e616d65a16e9292d7006553f1000000000581a46f746c70"
            "82a974696d657374616d70cf17979cfe362a0005af73657665726974795f6e756d6265720981a36c"
            "6f67a268699292d700fffffffe00000000808081ad666c75656e745f7369676e616c00"
        ),
        b"",
        [(T * 10**9 + 5, "hi")],
    ),
}
FRAMES = {name: bytes.fromhex(frame) for name, (frame, _, _) in VECTORS.items()}
PEER = Resource({"net.peer.ip": "192.0.2.1"})
NOW = 1_800_000_000 * 10**9


def packed(value: Any) -> bytes:
    """MessagePack; an `msgpack.ExtType` is an extension."""
    return bytes(msgpack.packb(value))


def message_of(frame: bytes | list[Any]) -> Message:
    """A frame, read."""
    data = frame if isinstance(frame, bytes) else packed(frame)
    return read(data, open_envelope(data, LIMITS), LIMITS, Shapes())


def events_of(frame: bytes | list[Any], uid: str = "", keys: tuple[str, ...] = ("log",)) -> Any:
    """Its events."""
    message = message_of(frame)
    writer = Writer(PEER, keys)
    return writer.events(message.tag, message.entries, NOW, uid, message.metadata)
