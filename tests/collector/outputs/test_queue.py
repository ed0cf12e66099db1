"""The memory queue: order, sizes, and deliveries that settle."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.delivery import Delivery, Outcome
from collector.outputs.item import Gathered, Item, Part
from collector.outputs.queue import MemoryQueue
from collector.request import Request

DELIVERED, RETRY, REJECTED = Outcome


def item(body: bytes = b"x", events: int = 1, gathered: Gathered | None = None) -> Item:
    return Item(Request(body=body, events=events), [gathered or Gathered([Delivery()], 1)])


def bodies(queue: MemoryQueue) -> list[bytes]:
    return [leased.parts[0].request.body for leased in iter(queue.take, None)]


class GatheredTests(SynchronousTestCase):
    def test_every_delivery_waits_for_every_request(self) -> None:
        deliveries = [Delivery(), Delivery()]
        gathered = Gathered(deliveries, 2)
        gathered.ended(REJECTED)
        self.assertNoResult(deliveries[0].outcome)
        gathered.ended(DELIVERED)
        for delivery in deliveries:
            self.assertEqual(self.successResultOf(delivery.outcome), REJECTED)


class MemoryQueueTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.queue = MemoryQueue()

    def put(self, *bodies: bytes) -> None:
        for body in bodies:
            self.queue.put(item(body, len(body)))

    def state(self) -> tuple[int, int, int]:
        return self.queue.bytes, self.queue.waiting, self.queue.waiting_events

    def test_first_in_first_out(self) -> None:
        self.put(b"a", b"b", b"c")
        self.assertEqual(bodies(self.queue), [b"a", b"b", b"c"])
        self.assertIsNone(self.queue.take())

    def test_bytes_count_until_done_and_events_until_taken(self) -> None:
        self.put(b"aa", b"bbb")
        self.assertEqual(self.state(), (5, 2, 5))
        leased = self.queue.take()
        assert leased is not None
        self.assertEqual(self.state(), (5, 1, 3))
        self.queue.done(leased, DELIVERED)
        self.assertEqual(self.state(), (3, 1, 3))

    def test_purging_takes_all_and_nothing_by_id(self) -> None:
        delivery = Delivery()
        self.queue.put(item(b"a", gathered=Gathered([delivery], 1)))
        self.assertEqual(self.queue.purge(frozenset({1})), [])
        self.assertEqual(len(self.queue.purge(None)), 1)
        self.assertEqual(self.state(), (0, 0, 0))
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)

    def test_what_comes_back_takes_its_old_place(self) -> None:
        self.put(b"a", b"b", b"c", b"d")
        a, b, c = (self.queue.take() for _ in range(3))
        for leased in (b, a, c):
            assert leased is not None
            self.queue.give_back(leased)
        self.assertEqual(bodies(self.queue), [b"a", b"b", b"c", b"d"])

    def test_what_comes_back_counts_what_is_left_of_it(self) -> None:
        self.put(b"abcd")
        leased = self.queue.take()
        assert leased is not None
        leased.parts = [Part(Request(body=b"c", events=1))]
        self.queue.give_back(leased)
        self.assertEqual(self.state(), (4, 1, 1))

    @given(st.lists(st.integers(0, 3)))
    def test_the_account_and_the_order_hold(self, steps: list[int]) -> None:
        queue, put, leased = MemoryQueue(), 0, list[Item]()
        for step in steps:
            if step == 0:
                put += 1
                queue.put(item(b"%06d" % put, 2))
            elif step == 1 and (taken := queue.take()) is not None:
                self.assertFalse([left for left in queue._waiting if left.place < taken.place])
                leased.append(taken)
            elif step == 2 and leased:
                queue.give_back(leased.pop(0))
            elif step == 3 and leased:
                queue.done(leased.pop(), DELIVERED)
            self.assertEqual(queue.bytes, 6 * (queue.waiting + len(leased)))
            self.assertEqual(queue.waiting_events, 2 * queue.waiting)
        found = bodies(queue)
        self.assertEqual(found, sorted(found))

    def test_those_who_wait_take_room_too(self) -> None:
        alone, awaited = item(b"x"), Item(Request(body=b"x", events=1), [Gathered([], 1)], 10)
        self.assertEqual((alone.size, awaited.size), (1, 3001))
