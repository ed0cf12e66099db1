"""Bad input, row by row: what is taken, set aside, answered and counted, and who stays."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence
from typing import NamedTuple

from msgpack import ExtType

from tests.collector.tasks import as_task
from tests.plugins.collector_forward.test_receiver import ForwardTestCase, ack
from tests.plugins.collector_forward.vectors import FRAMES, T, packed

GOOD = packed(["t", T, {"log": "good"}])
ENTRY = [T, {"log": "x"}]
C = {"chunk": "c"}


class Row(NamedTuple):
    """What is sent, and what becomes of it. A frame that must be taken is sent behind."""

    sent: bytes
    taken: Sequence[str] = ()
    aside: Sequence[str] = ()
    answer: bytes = b""
    counted: str = ""
    stays: bool = True


def raw(tag: bytes, chunk: bytes = b"\xa1c") -> bytes:
    return b"\x93" + tag + packed([ENTRY]) + b"\x81\xa5chunk" + chunk


ROWS = {
    "a number": Row(b"\x05", stays=False),
    "a string": Row(b"\xa3abc", stays=False),
    "a map": Row(packed({"a": 1}), stays=False),
    "nil": Row(b"\xc0" * 3),
    "an empty array": Row(packed([]), aside=["bad_frame"]),
    "a tag alone": Row(packed(["t"]), aside=["bad_frame"]),
    "a tag and a chunk": Row(packed(["t", C]), aside=["bad_frame"], answer=ack("c")),
    "a tag of bytes": Row(raw(b"\xc4\x01t"), ["x"], answer=ack("c")),
    "a tag that is a number": Row(raw(b"\x07"), ["x"], answer=ack("c")),
    "a tag that is a list": Row(raw(b"\x90"), aside=["bad_tag"], answer=ack("c")),
    "a tag that is nil": Row(raw(b"\xc0"), aside=["bad_tag"], answer=ack("c")),
    "options that are nil": Row(packed(["t", [ENTRY], None]), ["x"]),
    "options that are a list": Row(packed(["t", [ENTRY], [1]]), ["x"], counted="odd_frames"),
    "options that are text": Row(packed(["t", *ENTRY, "o"]), ["x"], counted="odd_frames"),
    "more elements": Row(
        packed(["t", [ENTRY], C, 5]), ["x"], answer=ack("c"), counted="odd_frames"
    ),
    "a chunk of bytes": Row(raw(b"\xa1t", b"\xc4\x01c"), ["x"], answer=b"\x81\xa3ack\xc4\x01c"),
    "a chunk that is a number": Row(raw(b"\xa1t", b"\x05"), ["x"], answer=b"\x81\xa3ack\x05"),
    "a chunk that is a list": Row(raw(b"\xa1t", b"\x90"), ["x"]),
    "a time with a fraction": Row(packed(["t", T + 0.5, {"log": "x"}]), ["x"]),
    "a time with metadata": Row(packed(["t", [[[T, {"m": 1}], {"log": "x"}]]]), ["x"]),
    "a bad entry among good ones": Row(
        packed(["t", [ENTRY, 5, ENTRY], C]), ["x", "x"], ["bad_entry"], ack("c"), "bad_entries"
    ),
    "a record that is nil": Row(packed(["t", T, None, C]), aside=["bad_entry"], answer=ack("c")),
    "garbage behind a frame": Row(packed(["t", *ENTRY]) + b"\x05", ["x"], stays=False),
    "gzip that is not declared": Row(packed(["t", gzip.compress(packed(ENTRY))]), ["x"]),
    "a compression that is not declared right": Row(
        packed(["t", gzip.compress(packed(ENTRY)), {"compressed": "lz4", **C}]),
        ["x"],
        answer=ack("c"),
    ),
    "broken MessagePack": Row(b"\x93\xa1t\xc1", stays=False),
}
CLIENTS = {
    "Docker, old": packed(["0123456789ab", T, {"log": "x", "container_name": "/c"}, None]),
    "Docker": packed(["0123456789ab", T, {"log": "x", "source": "stdout"}, {}]),
    "golang": b"\x94\xa1t\xd3" + T.to_bytes(8) + packed({"log": "x"}) + packed({}),
    "python": packed(["t", float(T), {"log": "x"}]),
    "python, raw bytes": b"\x93\xa1t\x01\x82\xa3log\xa1x\xa1b\xa2\xff\xfe",
    "node": packed(["t", packed([T * 1000, {"log": "x"}]), {"size": 12, **C}]),
    "node, not read": packed(["t", packed(ENTRY), {"chunk": "n", "size": 12}]),
    "Fluency": b"\x93\xa1t\xda" + len(packed(ENTRY)).to_bytes(2) + packed(ENTRY) + packed(C),
    "java": b"\x93\xa1t\xce\x65\x53\xf1\x00\x81\xda\x00\x03log\xda\x00\x01x",
    "perl": b"\x93\x7b\xd7\x00\x65\x53\xf1\x00\x00\x00\x00\x01" + packed({"log": "x"}),
    "Fluentd": b"\x93\xa1t\xdb" + len(packed(ENTRY)).to_bytes(4) + packed(ENTRY) + packed(C),
    "Fluent Bit": packed(
        ["t", [[[ExtType(0, T.to_bytes(4) + bytes(4)), {}], {"log": "x"}]], {"fluent_signal": 0}]
    ),
    "Fluent Bit, own options": packed(
        ["t", [ENTRY], {"size": 1, "any": "word", "fluent_signal": 0}]
    ),
    "compat metrics": packed(["t", [[T, [{"meta": {}}]]], {"fluent_signal": 1, **C}]),
}


class RowTests(ForwardTestCase):
    @as_task
    async def test_every_row(self) -> None:
        await self.listen()
        for name, row in ROWS.items():
            events, aside = len(self.output.events), len(self.letters)
            before = self.count(row.counted) if row.counted else 0
            sock = self.dial()
            sock.sendall(row.sent)
            if row.answer:
                self.assertEqual(await self.read(sock), row.answer, name)
            if row.stays:
                sock.sendall(GOOD)
                await self.bodies(events + len(row.taken) + 1)
            else:
                self.assertEqual(await self.closing(sock), b"", name)
            taken = [*row.taken] + (["good"] if row.stays else [])
            self.assertEqual(self.output.bodies[events:], taken, name)
            self.assertEqual([reason for _, reason in self.letters[aside:]], [*row.aside], name)
            if row.counted:
                self.assertEqual(self.count(row.counted), before + 1, name)

    @as_task
    async def test_a_connection_that_ends_within_a_frame(self) -> None:
        await self.listen()
        whole = packed(["t", [ENTRY], C])
        for size in (1, 5, len(whole) - 1):
            sock = self.dial()
            sock.sendall(GOOD + whole[:size])
            sock.close()
        await self.until(lambda: self.count("cut_off_frames") == 3)
        self.assertEqual(self.output.bodies, ["good"] * 3)
        self.assertEqual(self.letters, [])

    @as_task
    async def test_what_clients_send_each_in_their_way(self) -> None:
        await self.listen()
        sock = self.dial()
        for name, frame in CLIENTS.items():
            for byte in frame:  # and in as many writes as there can be
                sock.sendall(bytes([byte]))
            sock.sendall(GOOD)
            await self.until(lambda: self.output.bodies[-1:] == ["good"])
            expected = ["good"] if name == "compat metrics" else ["x", "good"]
            self.assertEqual(self.output.bodies, expected, name)
            self.output.batches.clear()
        self.assertEqual([reason for _, reason in self.letters], ["unsupported_signal"])

    @as_task
    async def test_one_hundred_broken_clients_disturb_nobody(self) -> None:
        await self.listen()
        good = self.dial()
        for frame in list(FRAMES.values()) * 8:
            bad = self.dial()
            bad.sendall(frame[: len(frame) // 2] + b"\xc1" + frame)
        for _ in range(10):
            good.sendall(GOOD)
            await asyncio.sleep(0)
        await self.until(lambda: self.output.bodies.count("good") == 10)
