"""The TCP listener, on real sockets."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from collections.abc import Callable
from typing import Any

from collector.inputs import accepting, looking
from collector.inputs.autoframing import AutoFraming
from collector.inputs.connection import MAX_UNSENT
from collector.inputs.frames import Frames
from collector.inputs.framing import Cut, Framing, Lines, about
from collector.inputs.stream import StreamListener
from collector.inputs.stream_options import StreamOptions
from collector.tasks import spawn
from tests.collector.inputs.clients import ListenerTestCase
from tests.collector.tasks import as_task


class StreamTestCase(ListenerTestCase):
    async def listen(
        self,
        framing: Callable[[], Framing] = Lines,
        flush: Callable[[Frames], None] | None = None,
        pause: float = 0.002,
        **options: Any,
    ) -> StreamListener:
        said = StreamOptions(**{"endpoint": "127.0.0.1:0", **options})
        facts = {"listener": "r"}
        listener = StreamListener(
            self.context, said, framing, flush or self.got.append, facts, pause
        )
        self.addCleanup(lambda: spawn(listener.stop()))
        await listener.start()
        self.listener = listener
        self.accepting = listener._accepting
        return listener

    def dial(self) -> socket.socket:
        return self.connect(self.listener.address)

    def warnings(self) -> list[str]:
        """What is warned of from now on."""
        lines: list[str] = []
        self.patch(
            self.context.log, "warn", lambda text, **facts: lines.append(text.format(**facts))
        )
        return lines


class ReadTests(StreamTestCase):
    @as_task
    async def test_lines_come_with_their_peer(self) -> None:
        await self.listen()
        sock = self.dial()
        sock.sendall(b"one\ntwo\n")
        self.assertEqual(await self.got_frames(2), [b"one", b"two"])
        ip, port = sock.getsockname()
        self.assertEqual(
            self.got[0].resource(0).attributes,
            {
                "net.peer.ip": ip,
                "net.peer.port": port,
                "net.transport": "tcp",
                "net.host.port": self.listener.address[1],
                "listener": "r",
            },
        )

    @as_task
    async def test_many_connections_lose_nothing_and_keep_their_order(self) -> None:
        await self.listen()
        socks = [self.dial() for _ in range(50)]
        for n in range(20):
            for k, sock in enumerate(socks):
                sock.sendall(b"%d %d\n" % (k, n))
            await asyncio.sleep(0)
        found = await self.got_frames(1000)
        for k in range(50):
            mine = [frame for frame in found if frame.split()[0] == b"%d" % k]
            self.assertEqual(mine, [b"%d %d" % (k, n) for n in range(20)])
        self.assertLess(len(self.got), 500)
        self.assertEqual(self.count("received_bytes"), sum(len(f) + 1 for f in found))

    @as_task
    async def test_megabytes_arrive_whole(self) -> None:
        await self.listen()
        sock = self.dial()
        data = b"".join(b"%07d %s\n" % (n, b"x" * 91) for n in range(40_000))
        await asyncio.to_thread(sock.sendall, data)
        self.assertEqual(len(await self.got_frames(40_000)), 40_000)
        self.assertEqual(b"\n".join(self.frames) + b"\n", data)
        self.assertEqual(self.count("received_bytes"), len(data))

    @as_task
    async def test_what_was_cut_off_by_the_end_is_given(self) -> None:
        await self.listen()
        with self.dial() as sock:
            sock.sendall(b"one\nhalf")
        self.assertEqual(await self.got_frames(2), [b"one", b"half"])
        await self.until(lambda: self.gauge("connections") == 0)

    @as_task
    async def test_a_reset_costs_only_its_connection(self) -> None:
        await self.listen()
        sock, other = self.dial(), self.dial()
        sock.sendall(b"one\n")
        await self.got_frames(1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
        await self.until(lambda: self.gauge("connections") == 1)
        other.sendall(b"two\n")
        self.assertEqual(await self.got_frames(2), [b"one", b"two"])

    @as_task
    async def test_answers_reach_the_peer(self) -> None:
        await self.listen(flush=lambda frames: frames.reply(0, b"ok\n"), pause=0)
        sock = self.dial()
        sock.sendall(b"one\n")
        self.assertEqual(await asyncio.to_thread(sock.recv, 10), b"ok\n")

    @as_task
    async def test_long_answers_go_as_the_peer_reads(self) -> None:
        answer = b"x" * (MAX_UNSENT - 1)
        await self.listen(flush=lambda frames: frames.reply(0, answer), pause=0)
        sock = self.dial()
        sock.sendall(b"one\n")
        await asyncio.sleep(0.02)

        def read() -> int:
            got = 0
            while got < len(answer):
                got += len(sock.recv(65536))
            return got

        self.assertEqual(await asyncio.to_thread(read), len(answer))


class RefuseTests(StreamTestCase):
    @as_task
    async def test_another_protocol_is_named_once_and_closed(self) -> None:
        await self.listen(AutoFraming)
        said = self.warnings()
        for _ in range(2):
            sock = self.dial()
            sock.sendall(b"\x16\x03\x01\x00")
            self.assertEqual(await asyncio.to_thread(sock.recv, 1), b"")
        port = self.listener.address[1]
        line = f"r: 127.0.0.1 speaks TLS to the plain TCP port {port}; connection closed; give "
        self.assertEqual(said, [f"{line}the receiver tls, or let the sender use none"])
        reason = {"reason": "wrong_protocol", "detail": "TLS"}
        self.assertEqual(self.count("connections_refused", **reason), 2)

    @as_task
    async def test_accepting_that_fails_is_said_now_and_then(self) -> None:
        await self.listen()
        said = self.warnings()
        self.patch(accepting, "_REST", 0.01)
        (real,) = self.accepting._sockets.values()
        full: Any = FullSocket(real.fileno())
        self.accepting._sockets[real.fileno()] = full
        self.dial().sendall(b"x\n")
        await self.until(lambda: self.count("connections_refused", reason="accept_failed") > 2)
        self.assertEqual(said, ["r: accepting failed: Too many open files"])
        self.accepting._sockets[real.fileno()] = real
        self.assertEqual(await self.got_frames(1), [b"x"])

    @as_task
    async def test_accepting_that_fails_is_not_tried_all_the_time(self) -> None:
        await self.listen(pause=0)
        (real,) = self.accepting._sockets.values()
        full: Any = FullSocket(real.fileno())
        self.accepting._sockets[real.fileno()] = full
        self.dial()
        await asyncio.sleep(0.05)
        self.assertEqual(self.count("connections_refused", reason="accept_failed"), 1)
        self.accepting._sockets[real.fileno()] = real
        await self.listener.stop()  # and the timer goes with it
        self.assertIsNone(self.accepting._resting)

    @as_task
    async def test_a_connection_that_was_given_up_waiting_is_passed_over(self) -> None:
        await self.listen()
        aborted: Any = AbortedSocket([(socket.socket(), ("192.0.2.1", 9))])
        self.accepting._sockets[-1] = aborted
        self.accepting.accept(-1)
        del self.accepting._sockets[-1]
        self.assertEqual(self.count("connections_opened"), 1)
        self.assertEqual(self.count("connections_refused", reason="accept_failed"), 0)

    @as_task
    async def test_a_framing_that_raises_costs_only_its_connection(self) -> None:
        await self.listen(Faulty)
        self.listener.pause()
        socks = [self.dial() for _ in range(5)]
        self.listener.resume()
        await self.until(lambda: self.gauge("connections") == 5)
        self.listener.pause()
        for n, sock in enumerate(socks):
            sock.sendall(b"BAD\n" if n == 2 else b"good\n")
        self.listener.resume()
        self.assertEqual(await self.got_frames(4), [b"good"] * 4)
        self.assertEqual(await asyncio.to_thread(socks[2].recv, 1), b"")
        self.assertEqual(self.gauge("connections"), 4)
        socks[3].sendall(b"unfinished")
        socks[4].sendall(b"half")
        await asyncio.sleep(0.02)
        await self.listener.quiesce()
        self.assertEqual(self.frames[4:], [b"half"])
        self.assertEqual(self.count("connections_refused", reason="framing_failed"), 2)
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 2)


class FullSocket:
    """A listening socket of a process that has no descriptors left."""

    def __init__(self, fileno: int) -> None:
        self._fileno = fileno

    def fileno(self) -> int:
        return self._fileno

    def accept(self) -> None:
        raise OSError(errno.EMFILE, "Too many open files")


class AbortedSocket:
    """A listening socket one of whose peers gave up, and then others."""

    def __init__(self, peers: list[Any]) -> None:
        self._peers = [ConnectionAbortedError(), *peers, BlockingIOError()]

    def accept(self) -> Any:
        found = self._peers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


class Faulty(Lines):
    """An author's framing with bugs."""

    def feed(self, data: bytes) -> Cut:
        if data.startswith(b"BAD"):
            raise OSError("an author's bug")
        return super().feed(data)

    def finish(self) -> list[bytes]:
        rest = super().finish()
        if rest == [b"unfinished"]:
            raise OSError("an author's bug")
        return rest


class ShortFramesTests(StreamTestCase):
    """A look is bounded by the number of frames too."""

    @as_task
    async def test_a_flood_of_tiny_lines_is_read_in_small_pieces(self) -> None:
        await self.listen()
        sock = self.dial()
        await asyncio.to_thread(sock.sendall, b"x\n" * 200_000)
        await self.got_frames(200_000)
        self.assertLessEqual(max(map(len, self.got)), 8192)

    @as_task
    async def test_lines_of_usual_length_are_read_in_large_ones(self) -> None:
        await self.listen()
        sock = self.dial()
        await asyncio.to_thread(sock.sendall, (b"y" * 79 + b"\n") * 40_000)
        await self.got_frames(40_000)
        (connection,) = self.listener._connections
        self.assertEqual(connection.read_size, 262144)

    def test_the_frames_of_a_long_run_are_estimated(self) -> None:
        for line in (b"x\n", b"y" * 79 + b"\n"):
            run = line * (262144 // len(line))
            self.assertAlmostEqual(about(run) * len(line) / len(run), 1, places=1)
        self.assertEqual(about([b"a", b"b"]), 2)
        self.assertEqual(about(b"a\nb\nc\n"), 3)


class PauseTests(StreamTestCase):
    @as_task
    async def test_paused_it_reads_nothing_and_loses_nothing(self) -> None:
        await self.listen()
        sock = self.dial()
        sock.sendall(b"one\n")
        await self.got_frames(1)
        self.listener.pause()
        sock.sendall(b"two\n")
        self.dial().sendall(b"three\n")
        await asyncio.sleep(0.03)
        self.assertEqual(self.frames, [b"one"])
        self.listener.resume()
        self.assertEqual(sorted(await self.got_frames(3)), [b"one", b"three", b"two"])

    @as_task
    async def test_a_full_queue_stops_it_in_the_middle(self) -> None:
        def full(frames: Frames) -> None:
            self.got.append(frames)
            self.listener.pause()

        await self.listen(flush=full)
        sock = self.dial()
        sending = asyncio.create_task(asyncio.to_thread(sock.sendall, (b"x" * 99 + b"\n") * 20_000))
        await self.got_frames(1)
        count = len(self.got)
        await asyncio.sleep(0.02)
        self.assertEqual(len(self.got), count)
        self.patch(self.listener, "_flush", self.got.append)
        self.listener.resume()
        await sending


class StopTests(StreamTestCase):
    @as_task
    async def test_what_the_kernel_holds_is_handed_on(self) -> None:
        await self.listen(pause=60)
        sock = self.dial()
        sock.sendall(b"".join(b"%d\n" % n for n in range(20_000)))
        self.dial().sendall(b"not yet accepted\n")
        await self.listener.quiesce()
        self.assertEqual(len(self.frames), 20_001)

    @as_task
    async def test_a_flood_does_not_hold_up_the_end(self) -> None:
        self.patch(looking, "_LAST", 0.05)
        turns = 0

        def again(_: Frames) -> None:
            sock.sendall(b"more\n")

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        await self.listen(flush=again)
        sock = self.dial()
        sock.sendall(b"first\n")
        task = asyncio.create_task(others())
        await self.listener.quiesce()
        task.cancel()
        self.assertGreater(turns, 2)

    @as_task
    async def test_half_a_frame_is_given(self) -> None:
        await self.listen()
        self.dial().sendall(b"half")
        await asyncio.sleep(0.01)
        await self.listener.quiesce()
        self.assertEqual(self.frames, [b"half"])

    @as_task
    async def test_answers_can_be_written_until_stop(self) -> None:
        await self.listen()
        sock = self.dial()
        sock.sendall(b"one\n")
        await self.got_frames(1)
        await self.listener.quiesce()
        self.got[0].reply(0, b"ok")
        await self.listener.stop()
        self.assertEqual(await asyncio.to_thread(sock.recv, 10), b"ok")
        self.assertEqual(await asyncio.to_thread(sock.recv, 10), b"")
        self.got[0].reply(0, b"too late")

    @as_task
    async def test_nothing_resumes_it_after_quiesce(self) -> None:
        await self.listen()
        sock = self.dial()
        sock.sendall(b"one\n")
        await self.got_frames(1)
        await self.listener.quiesce()
        self.listener.resume()
        sock.sendall(b"two\n")
        await asyncio.sleep(0.02)
        self.assertEqual(self.frames, [b"one"])
        self.assertRaises(ConnectionRefusedError, self.dial)

    @as_task
    async def test_stops_without_start(self) -> None:
        said = StreamOptions(endpoint="127.0.0.1:0")
        listener = StreamListener(self.context, said, Lines, self.got.append, {})
        listener.pause()
        listener.resume()
        await listener.stop()
