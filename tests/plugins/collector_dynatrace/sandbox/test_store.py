"""The sandbox's store."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector_dynatrace.sandbox.store import Store


def rows(start: int, stop: int, size: int = 300) -> list[bytes]:
    return [b'{"n":%d,"x":"%b"}' % (n, b"y" * size) for n in range(start, stop)]


class StoreTests(SynchronousTestCase):
    def test_newest_last_with_filter_and_limit(self) -> None:
        store = Store()
        for start in range(0, 5000, 500):
            store.add(rows(start, start + 500))
        self.assertEqual(len(store), 5000)
        self.assertEqual(store.find(), rows(0, 5000))
        self.assertEqual(store.find(limit=3), rows(4997, 5000))
        self.assertEqual(store.find(limit=0), [])
        self.assertEqual(store.find('"n":7,'), rows(7, 8))
        self.assertEqual(store.find("n", limit=2000), rows(3000, 5000))
        self.assertEqual(store.find("nowhere"), [])

    def test_capacity_is_kept_and_hardly_more(self) -> None:
        store = Store(2000)
        for start in range(0, 20_000, 100):
            store.add(rows(start, start + 100))
        self.assertTrue(2000 <= len(store) < 4000)
        self.assertEqual(store.find(limit=2000), rows(18_000, 20_000))

    def test_clear(self) -> None:
        store = Store()
        store.add(rows(0, 3000))
        store.clear()
        self.assertEqual((len(store), store.find()), (0, []))

    def test_a_million_small_events_fit(self) -> None:
        store = Store()
        chunk = rows(0, 10_000, 100)
        for _ in range(100):
            store.add(chunk)
        self.assertEqual(len(store), 1_000_000)
