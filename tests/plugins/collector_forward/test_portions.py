"""Large frames cut into portions, whole or not at all."""

from __future__ import annotations

import gzip
import tracemalloc
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector_forward.failure import Undecodable
from collector_forward.limits import Limits
from collector_forward.portions import SIZE, Cutting, Portion, cut, parts, unpacked
from tests.plugins.collector_forward import vectors

LIMITS = Limits(64 << 20, 100_000)
ENTRY = vectors.packed([1, {"a": "x" * 250}])
MANY = ENTRY * 12_000
LONG = vectors.packed([1, {"a": "x" * (3 * SIZE)}])


def packed(payload: bytes, limits: Limits) -> Cutting:
    found = yield from unpacked(payload, limits)
    return (yield from cut(iter([found]) if isinstance(found, bytes) else found, limits.entries))


def portions(payload: bytes, limits: Limits = LIMITS) -> tuple[int, list[Portion]]:
    """How often it stopped on the way, and what it gave."""
    cutting = packed(payload, limits)
    for times in range(1000):
        try:
            next(cutting)
        except StopIteration as e:
            return times, list(e.value)
    raise AssertionError


class PortionTests(SynchronousTestCase):
    def test_a_small_frame_is_one_portion_without_a_stop(self) -> None:
        for payload in (ENTRY * 10, gzip.compress(ENTRY * 10)):
            ends = [len(ENTRY) * n for n in range(1, 11)]
            self.assertEqual(portions(payload), (0, [(ENTRY * 10, ends)]))

    def test_a_large_one_is_several_with_stops_between(self) -> None:
        for payload in (MANY, gzip.compress(MANY, 1)):
            stops, found = portions(payload)
            self.assertGreater(stops, 1)
            self.assertEqual(b"".join(content for content, _ in found), MANY)
            self.assertTrue(all(ends[-1] == len(content) for content, ends in found))
            self.assertLess(max(len(ends) for _, ends in found), 2001)

    def test_an_entry_longer_than_a_piece(self) -> None:
        for payload in (LONG + ENTRY, gzip.compress(ENTRY + LONG)):
            _, found = portions(payload)
            self.assertEqual(sum(len(ends) for _, ends in found), 2)

    def test_nothing_of_a_frame_that_is_broken_at_its_end(self) -> None:
        few = Limits(64 << 20, 11_999)
        for payload, limits, reason in (
            (MANY + ENTRY[:-1], LIMITS, "truncated"),
            (LONG[:-1], LIMITS, "truncated"),
            (MANY + b"\xc1", LIMITS, "not_msgpack"),
            (MANY, few, "too_many_entries"),
            (gzip.compress(MANY), few, "too_many_entries"),
            (gzip.compress(MANY, 1)[:-9], LIMITS, "bad_compression"),
            (gzip.compress(MANY, 1), Limits(1 << 21, 100_000), "bomb"),
        ):
            with self.assertRaises(Undecodable) as caught:
                portions(payload, limits)
            self.assertEqual(caught.exception.reason, reason)

    def test_a_bomb_takes_no_memory(self) -> None:
        bomb = gzip.compress(LONG[:20] + bytes(65 << 20))
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        with self.assertRaises(Undecodable):
            portions(bomb)
        self.assertLess(tracemalloc.get_traced_memory()[1], 16 << 20)

    def test_a_frame_of_nothing_but_empty_members_has_stops(self) -> None:
        stops, found = portions(gzip.compress(b"") * 20_000)
        self.assertGreater(stops, 0)
        self.assertEqual(found, [])

    def test_entries_with_known_ends(self) -> None:
        ends: list[Any] = [len(ENTRY) * n for n in range(1, 12_001)]
        found = list(parts(MANY, ends))
        self.assertEqual(b"".join(content for content, _ in found), MANY)
        self.assertEqual(sum(len(some) for _, some in found), 12_000)
        self.assertEqual(list(parts(b"", [])), [(b"", [])])
