"""The bench's own arithmetic: one that counts wrong is worse than none. Nothing is timed."""

from __future__ import annotations

import gzip
import mmap
import os
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from collector.outputs.store.store import Store
from collector_dynatrace.exporter import DynatraceExporter
from tests.bench.corpus import write
from tests.bench.facts import filled
from tests.bench.load import parts
from tests.bench.measure import Result, too_slow
from tests.bench.paths import PATHS
from tests.bench.process import cpu_seconds, peak_rss, tree
from tests.bench.report import datagrams, paths, stages
from tests.bench.sink import Kept


def result(path: str, **changes: int) -> Result:
    """Of a run that went well."""
    said: dict[str, int] = {
        "sent": 1000,
        "sent_per_second": 100_000,
        "unique": 1000,
        "duplicates": 0,
        "cpu_us": 3,
        "per_second": 200_000,
        "disturbed": 0,
        "peak_rss": 50_000_000,
        "wire_bytes": 40_000,
        "requests": 1,
    }
    return Result(path=path, **(said | changes))


class LoadTests(SynchronousTestCase):
    """Cutting a file for several connections."""

    def test_parts_end_with_messages_and_hold_everything(self) -> None:
        """With a trailer or a count, no message is on two connections."""
        for form in ("rfc5424", "octet"):
            corpus = write(Path(self.mktemp()), form, 100)
            with (
                corpus.path.open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
            ):
                cuts = parts(data, 4)
                texts = [data[start:end] for start, end in cuts]
                self.assertEqual(b"".join(texts), data[:])
            for text in texts:
                self.assertRegex(text, rb"id=\d{12}\n?\Z")

    def test_more_connections_than_messages(self) -> None:
        """Some of them have nothing to send."""
        corpus = write(Path(self.mktemp()), "rfc5424", 2)
        with (
            corpus.path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            self.assertEqual(sum(end - start for start, end in parts(data, 5)), corpus.size)


class SinkTests(SynchronousTestCase):
    """Counting what arrived."""

    def test_counts_what_came_twice_apart(self) -> None:
        """In plain and gzipped bodies."""
        kept = Kept()
        first = b'[{"content":"a id=000000000001"},{"content":"b id=000000000002"}]'
        kept.add(gzip.compress(first), gzipped=True)
        kept.add(b'[{"content":"a id=000000000001"}]', gzipped=False)
        said = kept.report()
        self.assertEqual((said["requests"], said["unique"], said["duplicates"]), (2, 2, 1))


class ProcessTests(SynchronousTestCase):
    """What Linux says of processes."""

    def test_a_process_has_used_time_and_memory(self) -> None:
        """The fields are the right ones: one that nothing else is a child of has told its own."""
        code = """if True:
            import os
            while sum(os.times()[:4]) < 0.3:
                pass
            print(sum(os.times()[:4]), flush=True)
            input()
        """
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            told = float(child.stdout.readline())
            self.assertApproximates(cpu_seconds(child.pid), told, 0.05)
            self.assertGreater(peak_rss(child.pid), 5_000_000)
            self.assertEqual(tree(child.pid), [child.pid])
            self.assertIn(child.pid, tree(os.getpid()))
            child.kill()


class FactsTests(SynchronousTestCase):
    """What is measured apart from the paths."""

    def test_a_queue_is_filled_as_a_collector_would(self) -> None:
        """With rows of the form that the exporter sends."""
        directory = Path(self.mktemp()) / "queue"
        filled(directory, 1000)
        store = Store.open(directory, reserve=0)
        self.addCleanup(store.close)
        entries = store.entries()
        self.assertEqual(len(entries), 1000)
        self.assertEqual({entry.format for entry in entries}, {DynatraceExporter.format})


class ReportTests(SynchronousTestCase):
    """The tables."""

    def test_shows_the_median_of_the_runs(self) -> None:
        """Not the mean, which one busy second would spoil."""
        text = paths({"tcp": [result("tcp", cpu_us=us) for us in (3, 4, 90)]})
        self.assertIn(" 4.00 ", text)
        self.assertIn("CPU us/event", text.splitlines()[0])

    def test_says_which_losses_the_metric_does_not_explain(self) -> None:
        """A collector must not lose anything unseen."""
        text = datagrams({"udp": [result("udp", unique=990, kernel_dropped=7, receive_buffer=0)]})
        self.assertEqual(text.splitlines()[1].split()[:5], ["udp", "1", "10", "7", "3"])
        self.assertEqual(datagrams({"tcp": [result("tcp")]}), "")

    def test_puts_the_sum_of_the_stages_beside_the_whole(self) -> None:
        """What is missing between them is the reactor's and the transport's."""
        last = stages([{"parse": 1.0, "send": 0.5}], 2.0).splitlines()[-2:]
        self.assertEqual([line.split()[-2] for line in last], ["1.500", "2.000"])

    def test_notices_a_load_that_was_too_slow(self) -> None:
        """100,000/s were asked for; an unpaced load cannot be too slow."""
        slow = result("udp", sent_per_second=80_000)
        self.assertTrue(too_slow(slow, PATHS["udp"]))
        self.assertFalse(too_slow(slow, PATHS["tcp"]))
