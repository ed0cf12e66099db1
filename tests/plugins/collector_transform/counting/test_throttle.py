"""The throttle processor: what of a key is too much, and who is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector.api import WARN, Event, Resource
from collector_transform.counting import throttle
from collector_transform.counting.throttle import ThrottleProcessor
from tests.plugins.collector_transform.rigs import Rig, found


def of(host: Any, n: int = 1) -> list[Event]:
    """Events of a host."""
    return [Event(1, f"{host} {i}", {"host": host}) for i in range(n)]


class ThrottleTests(SynchronousTestCase):
    def rig(self, **config: Any) -> Rig:
        config.setdefault("keys", ['log.attributes["host"]'])
        return Rig(ThrottleProcessor, **config)

    def test_each_key_has_its_rate_in_each_interval(self) -> None:
        rig = self.rig(max_events=2, interval="1s")
        self.assertEqual(rig.put(*of("a", 4), *of("b", 3)), ["a 0", "a 1", "b 0", "b 1"])
        self.assertEqual(rig.dropped("throttled"), 3)
        self.assertEqual(len(rig.wait(1.2)), 2)  # the summaries
        self.assertEqual(rig.put(*of("a", 3)), ["a 0", "a 1"])
        self.assertEqual((rig.off, rig.unsettled), (0, 0))

    def test_one_summary_says_how_many_were_dropped_of_a_key(self) -> None:
        resource = Resource({"host.name": "fw7"})
        rig = self.rig(max_events=1, interval="10s", timezone="Europe/Vienna")
        rig.processor.now_ns = lambda: 1_000_000_000 * 10**9
        many = of("fw7", 3)
        for event in many:
            event.resource = resource
        rig.put(*many)
        rig.processor.now_ns = lambda: 1_000_000_003 * 10**9
        rig.put(many[0])
        self.assertEqual(rig.wait(10.2), ["3 events throttled: over 1 in 10 s"])
        told = rig.sink.events[-1]
        self.assertEqual(
            told.attributes,
            {
                "throttle.keys": '["fw7"]',
                "log_count": 3,
                "first_observed_timestamp": "2001-09-09T03:46:40+02:00",
                "last_observed_timestamp": "2001-09-09T03:46:43+02:00",
            },
        )
        self.assertEqual((told.severity_number, told.resource), (WARN, resource))
        self.assertEqual((told.time, rig.count("created_items")), (1_000_000_003 * 10**9, 1))
        self.assertEqual(rig.wait(30), [])

    def test_a_summary_says_of_its_source_what_is_true_of_all(self) -> None:
        rig = Rig(ThrottleProcessor, max_events=1)
        for n in range(4):
            rig.put(Event(1, "x", {}, resource=Resource({"n": n, "list": [1], "host": "fw7"})))
        rig.wait(1.2)
        told = rig.sink.events[-1]
        self.assertEqual(told.resource.attributes, {"list": [1], "host": "fw7"})
        self.assertNotIn("throttle.keys", told.attributes)

    def test_a_part_of_what_is_too_much_may_go_on(self) -> None:
        rig = self.rig(max_events=10, mode="sample", sampling_percentage=25)
        self.assertEqual(len(rig.put(*of("a", 50))), 10 + 10)
        rig.wait(1.2)
        self.assertEqual(rig.sink.events[-1].attributes["log_count"], 30)

    def test_keys_are_values_of_ottl_of_any_kind(self) -> None:
        rig = Rig(ThrottleProcessor, max_events=1, keys=["log.attributes", "Len(log.body)"])
        self.assertEqual(len(rig.put(*of("a", 2), *of({"x": [1]}, 2), *of(True), *of(1))), 4)

    def test_a_key_that_fails_is_nil_and_counted(self) -> None:
        rig = Rig(ThrottleProcessor, max_events=1, keys=["ParseJSON(log.body)"])
        self.assertEqual(rig.put("no", "none", '{"a": 1}'), ["no", '{"a": 1}'])
        self.assertEqual(rig.counted("statement_errors", statement="keys[0]"), 2)

    def test_keys_over_the_bound_go_on_and_are_counted(self) -> None:
        rig = self.rig(max_events=1, max_keys=2)
        self.assertEqual(len(rig.put(*of("a", 2), *of("b", 2), *of("c", 2))), 4)
        self.assertEqual(rig.counted("bypassed_items", reason="keys_full"), 2)
        rig.wait(1.2)
        self.assertEqual(len(rig.put(*of("c", 2))), 1)  # there is room again

    def test_keys_have_a_bound_in_bytes(self) -> None:
        self.patch(throttle, "MAX_HELD", 500)
        rig = self.rig(max_events=1)
        self.assertEqual(len(rig.put(*of("x" * 10_000, 2))), 1)
        self.assertEqual(len(rig.put(*of("y" * 10_000, 2), *of("z" * 10_000, 2))), 3)

    def test_what_is_dropped_is_told_at_the_end_of_the_process_too(self) -> None:
        rig = self.rig(max_events=1)
        rig.put(*of("a", 3))
        rig.pipeline.flush()
        self.assertEqual(rig.sink.events[-1].attributes["log_count"], 2)
        self.assertEqual(rig.off, 0)

    def test_what_is_wrong_with_keys_has_its_place(self) -> None:
        block = "max_events: 5\nkeys:\n  - log.attributes.a\n  - log.boddy"
        ((line, column, said),) = found("throttle", block, Path(self.mktemp()))
        self.assertEqual((line, column), (8, 9))
        self.assertIn("did you mean body?", said)
        ((line, column, said),) = found(
            "throttle", "interval: 0s\nmax_events: 1", Path(self.mktemp())
        )
        self.assertEqual((line, column, said), (5, 15, "expected more than 0"))
