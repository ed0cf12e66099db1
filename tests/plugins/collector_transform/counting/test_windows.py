"""Windows of keys: their bounds, and when they end."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector.api import Misread
from collector_transform.counting.fields import MAX_FIELDS, fields
from collector_transform.counting.throttle import MAX_SHOWN, ThrottleProcessor
from collector_transform.counting.windows import Windows
from tests.plugins.collector_transform.rigs import Rig


class Bytes:
    """A window of nothing but its size."""

    def __init__(self, since: float, size: int) -> None:
        self.since = since
        self.size = size


class WindowTests(SynchronousTestCase):
    def test_keys_and_bytes_are_bounded_and_come_back(self) -> None:
        windows: Windows[Bytes] = Windows(5.0, 2, 100)
        self.assertFalse(windows.open(1, Bytes(0, 101)))
        self.assertTrue(windows.open(1, Bytes(0, 60)))
        self.assertFalse(windows.open(2, Bytes(1, 41)))
        self.assertTrue(windows.open(2, Bytes(1, 40)))
        self.assertFalse(windows.open(3, Bytes(2, 0)))
        self.assertEqual((windows.left(4.0), len(windows.ended(4.9))), (1.0, 0))
        self.assertEqual([window.size for window in windows.ended(5.0)], [60])
        self.assertTrue(windows.open(3, Bytes(5, 60)))
        self.assertEqual(len(windows.all()), 2)
        self.assertIsNone(windows.left(9.0))

    def test_what_ends_within_a_tenth_of_a_second_goes_on_together(self) -> None:
        rig = Rig(ThrottleProcessor, keys=["log.body"], max_events=1)
        for n in range(20):
            rig.put(n, n)
            rig.clock.advance(0.005)
        before = len(rig.sink.batches)
        rig.wait(2)
        self.assertEqual(len(rig.sink.events), 40)
        self.assertLessEqual(len(rig.sink.batches) - before, 2)

    def test_a_long_key_is_shown_in_part(self) -> None:
        rig = Rig(ThrottleProcessor, keys=["log.body"], max_events=1)
        rig.put("ü" * 5000, "ü" * 5000)
        rig.wait(1.2)
        shown = rig.sink.events[-1].attributes["throttle.keys"]
        self.assertEqual(len(shown), MAX_SHOWN + len("..."))

    def test_a_list_of_fields_is_bounded(self) -> None:
        many = [f"attributes.{n}" for n in range(MAX_FIELDS + 1)]
        fields("f", many[1:], whole_body=False)
        self.assertRaises(Misread, fields, "f", many, whole_body=False)
