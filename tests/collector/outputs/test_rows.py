"""Requests taken apart and put together, and what happens when an exporter cannot."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector.outputs.rows import Rows
from collector.request import Request
from collector.testing import ScriptedExporter, context


class Aging(ScriptedExporter):
    """Rows that begin with `old` are stale, `dead` ones for good; `long` ones can be cut."""

    def restamped(self, row: bytes) -> bytes | None:
        if row.startswith(b"dead"):
            return None
        return row.replace(b"old", b"new")

    def shortened(self, row: bytes) -> bytes | None:
        return row[:4] if len(row) > 4 else None


class RowsTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.exporter = Aging(context("exporter"))
        self.rows = Rows(self.exporter, "fast")

    def request(self, *rows: str) -> Request:
        request = self.rows.compressed(self.exporter.pack([row.encode() for row in rows]))
        request.attempted, request.oldest_ns, request.history = True, 7, "{}"
        return request

    def texts(self, request: Request) -> list[str]:
        return [row.decode() for row in self.rows.of(request)]

    def breaks(self, name: str, instead: Any = lambda _: 1 / 0) -> None:
        self.patch(self.exporter, name, instead)

    def complained(self) -> None:
        self.assertTrue(self.flushLoggedErrors(ZeroDivisionError, ValueError))


class HalvesTests(RowsTestCase):
    def test_the_smaller_first_with_the_past_of_the_whole(self) -> None:
        halves = self.rows.halves(self.request("a", "b", "c"))
        self.assertEqual([self.texts(half) for half in halves], [["a"], ["b", "c"]])
        for half in halves:
            past = half.attempted, half.oldest_ns, half.history, half.encoding
            self.assertEqual(past, (True, 7, "{}", "gzip"))

    def test_one_row_has_none(self) -> None:
        self.assertEqual(self.rows.halves(self.request("a")), [])

    def test_what_cannot_be_unpacked_has_none(self) -> None:
        request = self.request("a", "b")
        self.breaks("unpack")
        self.assertEqual(self.rows.halves(request), ())
        self.complained()


class AloneTests(RowsTestCase):
    def test_one_row_is_itself(self) -> None:
        self.assertEqual(self.rows.alone(self.request("a")), (b"a", "1"))

    def test_what_cannot_be_unpacked_is_all_of_it(self) -> None:
        request = self.request("a", "b")
        self.breaks("unpack")
        self.assertEqual(self.rows.alone(request), (b"a\nb", ""))


class MergedTests(RowsTestCase):
    def test_rows_in_order_and_the_oldest_time(self) -> None:
        first, second = self.request("a", "b"), self.request("c")
        second.oldest_ns = 3
        merged = self.rows.merged([first, second])
        assert merged is not None
        self.assertEqual((self.texts(merged), merged.oldest_ns), (["a", "b", "c"], 3))
        self.assertEqual((merged.events, merged.raw_size), (3, 5))

    def test_rows_that_do_not_add_up_stay_apart(self) -> None:
        requests = [self.request("a", "b"), self.request("c")]
        self.breaks("unpack", lambda _: [b"x"])
        self.assertIsNone(self.rows.merged(requests))

    def test_a_pack_that_raises_leaves_them_apart(self) -> None:
        requests = [self.request("a"), self.request("c")]
        self.breaks("pack")
        self.assertIsNone(self.rows.merged(requests))
        self.complained()


class RestampedTests(RowsTestCase):
    def test_each_row_is_asked_for(self) -> None:
        found = self.rows.restamped(self.request("old 1", "dead", "new 2"))
        assert found.request is not None
        self.assertEqual(self.texts(found.request), ["new 1", "new 2"])
        self.assertEqual((found.stale, found.request.attempted), ([b"dead"], True))

    def test_nothing_may_be_left(self) -> None:
        found = self.rows.restamped(self.request("dead 1", "dead 2"))
        self.assertEqual((found.request, found.stale), (None, [b"dead 1", b"dead 2"]))

    def test_an_exporter_that_raises_gets_it_as_it_is(self) -> None:
        request = self.request("old")
        self.breaks("restamped")
        found = self.rows.restamped(request)
        self.assertIs(found.request, request)
        self.complained()


class ShortenedTests(RowsTestCase):
    def test_one_row(self) -> None:
        shorter = self.rows.shortened(self.request("abcdef"))
        assert shorter is not None
        self.assertEqual(self.texts(shorter), ["abcd"])
        self.assertIsNone(self.rows.shortened(self.request("abc")))

    def test_several_rows_are_a_mistake_that_is_survived(self) -> None:
        self.assertIsNone(self.rows.shortened(self.request("abcdef", "b")))
        self.complained()
