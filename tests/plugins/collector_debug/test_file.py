"""The file exporter: whole lines or none, and the reason when it cannot."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from collector.api import Batch, Request, Retry, spawn, wait
from collector.delivery import Delivery, Outcome
from collector.testing import context, events, outlet
from collector_debug import file
from collector_debug.file import FileConfig, FileExporter


class FileTests(TestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp())

    def make(self, **config: Any) -> FileExporter:
        return FileExporter(FileConfig(path=self.path, **config), context("exporter"))

    def bodies(self) -> list[Any]:
        return [orjson.loads(line)["body"] for line in self.path.read_bytes().splitlines()]

    def sent(self, *bodies: str, **config: Any) -> Deferred[None]:
        exporter = self.make(**config)
        (request,) = exporter.encode([Batch(events(*bodies))])
        return spawn(exporter.send(request))

    def test_appends(self) -> Deferred[None]:
        self.path.write_bytes(b'{"body":"zero"}\n')
        done = self.sent("one", "two")
        return done.addCallback(lambda _: self.assertEqual(self.bodies(), ["zero", "one", "two"]))

    def test_syncs_unless_told_otherwise(self) -> Deferred[None]:
        synced: list[int] = []
        self.patch(os, "fsync", synced.append)
        done = self.sent("one")
        done.addCallback(lambda _: self.sent("two", fsync=False))
        return done.addCallback(lambda _: self.assertEqual(len(synced), 1))

    def test_writes_in_another_thread(self) -> Deferred[None]:
        threads: list[int] = []
        self.patch(file, "append", lambda *_, **__: threads.append(threading.get_ident()))
        done = self.sent("one")
        return done.addCallback(lambda _: self.assertNotEqual(threads, [threading.get_ident()]))

    def test_writes_what_the_core_compressed_as_it_was(self) -> Deferred[None]:
        request = Request(body=gzip.compress(b"x\n"), events=1, encoding="gzip")
        done = spawn(self.make().send(request))
        return done.addCallback(lambda _: self.assertEqual(self.path.read_bytes(), b"x\n"))

    def test_an_error_is_a_retry_that_says_why(self) -> Deferred[None]:
        self.path.mkdir()
        failed = self.assertFailure(self.sent("one"), Retry)
        return failed.addCallback(lambda e: self.assertIn("Is a directory", str(e)))

    def test_half_a_request_is_taken_back(self) -> Deferred[None]:
        """It comes again as a whole, so nothing of it may stay."""
        self.path.write_bytes(b"before\n")
        write = os.write
        sizes = iter([5])

        def full(fd: int, data: bytes) -> int:
            size = next(sizes, 0)
            if not size:
                raise OSError(28, "No space left on device")
            return write(fd, data[:size])

        self.patch(os, "write", full)
        failed = self.assertFailure(self.sent("one"), Retry)
        return failed.addCallback(lambda _: self.assertEqual(self.path.read_bytes(), b"before\n"))

    def test_a_pipe_is_written_too(self) -> Deferred[None]:
        os.mkfifo(self.path)
        reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        done = self.sent("one")
        return done.addCallback(lambda _: self.assertIn(b'"one"', os.read(reader, 1000)))

    def test_start_fails_where_it_cannot_write(self) -> Deferred[None]:
        self.path = self.path / "missing" / "file"
        failed = self.assertFailure(spawn(self.make().start()), OSError)
        return failed.addCallback(lambda e: self.assertIn("cannot write to", str(e)))

    def test_start_ends_a_line_that_was_cut_off(self) -> Deferred[None]:
        self.path.write_bytes(b'{"body":"ha')
        done = spawn(self.make().start())
        done.addCallback(lambda _: spawn(self.make().start()))
        return done.addCallback(
            lambda _: self.assertEqual(self.path.read_bytes(), b'{"body":"ha\n')
        )

    def test_a_rotated_file_is_let_go(self) -> Deferred[None]:
        exporter = self.make()

        async def rotate() -> None:
            await exporter.start()
            await exporter.send(exporter.pack([b"one"]))
            self.path.rename(f"{self.path}.1")
            await exporter.send(exporter.pack([b"two"]))

        done = spawn(rotate())
        return done.addCallback(lambda _: self.assertEqual(self.path.read_bytes(), b"two\n"))

    def test_many_requests_keep_their_order(self) -> Deferred[None]:
        out = outlet(self.make(), batch={"max_events": 1}, concurrency=8)

        async def put() -> None:
            deliveries = [Delivery() for _ in range(50)]
            for n, delivery in enumerate(deliveries):
                out.put(Batch(events(n)), delivery)
            outcomes = [await wait(delivery.outcome) for delivery in deliveries]
            self.assertEqual(set(outcomes), {Outcome.DELIVERED})
            self.assertEqual(self.bodies(), list(range(50)))
            await out.stop()

        return spawn(put())
