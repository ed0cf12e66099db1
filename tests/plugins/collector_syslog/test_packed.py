"""rsyslog's compressed messages: unpacked where they are whole, over UDP and TCP."""

from __future__ import annotations

import socket
import zlib

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.api import FLAGS_KEY
from collector_syslog.packed import unpacked
from collector_syslog.receiver import SyslogReceiver
from tests.collector.inputs.test_receiver import ReceiverTestCase
from tests.collector.tasks import as_task
from tests.plugins.collector_syslog.test_reader import config

TEXT = b"<34>1 - host app - - - a text that is worth it: " + b"again and " * 20


def packed(text: bytes, level: int = 6) -> bytes:
    return b"z" + zlib.compress(text, level)


class PackedTests(SynchronousTestCase):
    @given(st.binary(min_size=1).filter(lambda text: text[-1:] not in b"\0\r\n"), st.integers(0, 9))
    def test_what_was_packed_comes_out(self, text: bytes, level: int) -> None:
        self.assertEqual(unpacked(packed(text, level)), text)

    def test_its_line_end_goes(self) -> None:
        self.assertEqual(unpacked(packed(TEXT + b"\r\n")), TEXT)

    def test_a_checksum_that_looks_like_a_trailer_may_be_cut(self) -> None:
        text = next(t for n in range(9999) if packed(t := TEXT + b"%d" % n)[-1:] in b"\0\r\n")
        self.assertEqual(unpacked(packed(text).rstrip(b"\0\r\n")), text)

    def test_what_is_damaged_cut_or_too_long_stays_as_it_is(self) -> None:
        whole = packed(TEXT)
        for frame in (
            whole[:-9],
            whole[:20],
            whole[:-1] + b"\x99",
            packed(bytes(70_000)),
            b"zx\x9c",
        ):
            self.assertEqual(unpacked(frame), frame)


class ListeningTests(ReceiverTestCase):
    @as_task
    async def test_it_arrives_as_its_text_however_it_is_sent(self) -> None:
        receiver = SyslogReceiver(config(tcp={"endpoint": "127.0.0.1:0"}), self.context)
        await self.start(receiver)
        udp, tcp = (listener.address for listener in receiver.listening)
        frame = packed(TEXT)
        stream = self.connect(tcp)
        for part in (b"%d z" % len(frame), frame[1:2], frame[2:] + b"5 <34>x<34>y\n"):
            stream.sendall(part)
        await self.bodies(3)
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.sendto(frame, udp)
        await self.bodies(4)
        body = TEXT.decode().split(" - - - ")[1]
        self.assertEqual(self.output.bodies, [body, "x", "y", body])
        self.assertFalse(any(FLAGS_KEY in event.attributes for event in self.output.events))

    @as_task
    async def test_a_line_that_begins_alike_is_a_line(self) -> None:
        receiver = SyslogReceiver(config(tcp={"endpoint": "127.0.0.1:0"}), self.context)
        await self.start(receiver)
        stream = self.connect(receiver.listening[1].address)
        stream.sendall(b"12 zx spectrum\n12 z")
        await self.bodies(1)
        stream.close()
        self.assertEqual(await self.bodies(2), ["12 zx spectrum", "12 z"])
