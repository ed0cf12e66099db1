"""Connections that end by their age, so that a load balancer can place their senders anew."""

from __future__ import annotations

import asyncio

import msgpack

from tests.collector.tasks import as_task
from tests.plugins.collector_forward.test_receiver import ForwardTestCase, ack, chunk
from tests.plugins.collector_forward.vectors import packed

_SENDERS, _CHUNKS = 4, 40


class Sender:
    """Sends a chunk, waits for its answer, then sends the next; what has no answer, again."""

    def __init__(self, name: str, address: tuple[str, int]) -> None:
        self.names = [f"{name}-{n}" for n in range(_CHUNKS)]
        self._left = list(reversed(self.names))
        self._address = address
        self.connections = 0

    async def run(self) -> None:
        """Until all have their answers."""
        while self._left:
            reader, writer = await asyncio.open_connection(*self._address)
            self.connections += 1
            try:
                await self._send(reader, writer)
            except ConnectionResetError:
                pass  # what it sent met a connection that had ended
            finally:
                writer.close()

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while self._left:
            name = self._left[-1]
            writer.write(chunk(name, name))
            answer = await reader.read(512)
            if not answer:
                return
            assert answer == ack(name), msgpack.unpackb(answer)
            self._left.pop()
            await asyncio.sleep(0.001)


class RebalancingTests(ForwardTestCase):
    @as_task
    async def test_senders_move_on_and_every_chunk_is_taken_once(self) -> None:
        await self.listen(max_connection_age="10ms")
        senders = [Sender(str(n), self.address) for n in range(_SENDERS)]
        await asyncio.wait_for(asyncio.gather(*(sender.run() for sender in senders)), 30)
        sent = [name for sender in senders for name in sender.names]
        self.assertEqual(sorted(self.output.bodies), sorted(sent))
        self.assertEqual((self.count("repeated_chunks"), self.count("connections_refused")), (0, 0))
        for sender in senders:
            self.assertGreater(sender.connections, 2)

    @as_task
    async def test_for_another_process_a_sender_has_its_answers_and_comes_again(self) -> None:
        await self.listen()
        sock = self.dial()
        data = chunk("c1", "a") + chunk("c2", "b")
        sock.sendall(data[:-3])
        self.assertEqual(await self.read(sock), ack("c1"))
        leaving = asyncio.ensure_future(self.receiver.leave())
        await self.until(lambda: self.gauge("old_connections") == 1)
        sock.sendall(data[-3:])
        self.assertEqual(await self.read(sock), ack("c2"))
        self.assertEqual(await self.read(sock), b"")
        sock.close()
        await leaving

    @as_task
    async def test_for_another_process_who_asks_for_no_answer_is_heard_to_the_end(self) -> None:
        await self.listen()
        sock = self.dial()
        sock.sendall(packed(["t", 1, {"log": "a"}]))
        await self.bodies(1)
        leaving = asyncio.ensure_future(self.receiver.leave())
        self.assertEqual(await self.read(sock), b"")
        sock.sendall(packed(["t", 1, {"log": "b"}]))
        self.assertEqual(await self.bodies(2), ["a", "b"])
        sock.close()
        await leaving

    @as_task
    async def test_one_that_is_in_the_middle_of_a_frame_is_heard_to_its_end(self) -> None:
        await self.listen(max_connection_age="1ms")
        sock = self.dial()
        data = chunk("c1", "a") + chunk("c2", "b")
        sock.sendall(data[:-3])
        self.assertEqual(await self.read(sock), ack("c1"))
        await asyncio.sleep(0.01)
        sock.sendall(data[-3:])
        self.assertEqual(await self.read(sock), ack("c2"))
        self.assertEqual(await self.read(sock), b"")
        self.assertEqual(self.output.bodies, ["a", "b"])
