"""When a worker is started again, and who serves its sockets meanwhile."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector.run.restarts import LONGEST, TRUSTED, Restarts


class DelayTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.restarts = Restarts()

    def die(self, times: int, slot: int = 0) -> list[float]:
        return [self.restarts.died(slot, 0.0) for _ in range(times)]

    def test_the_first_is_at_once_and_each_waits_twice_as_long(self) -> None:
        self.assertEqual(self.die(5), [0.0, 0.5, 1.0, 2.0, 4.0])

    def test_there_is_a_limit(self) -> None:
        self.assertEqual(self.die(2000)[-1], LONGEST)

    def test_slots_are_apart(self) -> None:
        self.die(3)
        self.assertEqual(self.die(1, slot=1), [0.0])

    def test_one_that_lived_long_enough_is_trusted_again(self) -> None:
        self.die(4)
        self.restarts.ready(0, 100.0)
        self.assertEqual(self.restarts.died(0, 100.0 + TRUSTED), 0.0)
        self.assertFalse(self.restarts.is_looping(0))

    def test_one_that_was_ready_for_a_moment_is_not(self) -> None:
        self.die(4)
        self.restarts.ready(0, 100.0)
        self.assertEqual(self.restarts.died(0, 101.0), 4.0)


class HeirTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.restarts = Restarts()

    def loop(self, *slots: int) -> None:
        for slot in slots * 3:
            self.restarts.died(slot, 0.0)

    def test_one_death_leaves_no_heir(self) -> None:
        self.restarts.died(0, 0.0)
        self.assertEqual(self.restarts.heirs([1, 2]), {})

    def test_a_loop_is_handed_on_once(self) -> None:
        self.loop(1)
        self.assertEqual(self.restarts.heirs([0, 2]), {1: 0})
        self.assertEqual(self.restarts.heirs([0, 2]), {})

    def test_the_burden_is_shared(self) -> None:
        self.loop(0, 1, 2)
        self.assertEqual(self.restarts.heirs([3, 4]), {0: 3, 1: 4, 2: 3})

    def test_an_heir_that_dies_has_one_too(self) -> None:
        self.loop(1)
        self.restarts.heirs([0, 2])
        self.restarts.died(0, 0.0)
        self.assertEqual(self.restarts.heirs([2]), {1: 2})

    def test_where_nobody_is_left_it_waits_for_somebody(self) -> None:
        self.loop(0)
        self.assertEqual(self.restarts.heirs([]), {})
        self.assertEqual(self.restarts.heirs([1]), {0: 1})

    def test_one_that_is_back_needs_none(self) -> None:
        self.loop(0)
        self.assertEqual(self.restarts.heirs([0, 1]), {})
