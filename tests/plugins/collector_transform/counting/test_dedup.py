"""The dedup processor: what counts as the same, what goes on of it, and when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector.api import UID_KEY, Event, Outcome, Resource, Scope
from collector_transform import fingerprint
from collector_transform.counting import dedup
from collector_transform.counting.dedup import DedupProcessor, LogDedupProcessor
from tests.plugins.collector_transform.rigs import Rig, found, places

DELIVERED, RETRY, _ = Outcome
NOW = 1_000_000_000 * 10**9


def event(body: Any = "x", **attributes: Any) -> Event:
    return Event(1, body, attributes)


class DedupCase(SynchronousTestCase):
    def rig(
        self, of: Any = DedupProcessor, outcome: Outcome | None = DELIVERED, **config: Any
    ) -> Rig:
        rig = Rig(of, outcome, **config)
        rig.processor.now_ns = lambda: NOW + round(rig.clock.seconds()) * 10**9
        return rig

    def different(self, *events: Event, **config: Any) -> int:
        """How many of the events are not the same as one before."""
        return len(self.rig(**config).put(*events))


class AtOnceTests(DedupCase):
    def test_the_first_goes_on_at_once_and_the_last_with_the_number_of_the_others(self) -> None:
        rig = self.rig()
        self.assertEqual(rig.put("a", "b", "a"), ["a", "b"])
        rig.wait(4)
        self.assertEqual(rig.put(Event(77, "a", {})), [])
        self.assertEqual(rig.dropped("repeated"), 2)
        self.assertEqual(rig.unsettled, 0)  # nobody waits for the end of the interval
        self.assertEqual(rig.wait(6.2), ["a"])
        told = rig.sink.events[-1]
        self.assertEqual(
            told.attributes,
            {
                "log_count": 2,
                "first_observed_timestamp": "2001-09-09T01:46:40Z",
                "last_observed_timestamp": "2001-09-09T01:46:44Z",
            },
        )
        self.assertEqual((told.time, rig.off, rig.count("created_items")), (77, 0, 1))

    def test_an_interval_begins_with_the_first_event_and_then_anew(self) -> None:
        rig = self.rig(interval="5s")
        rig.put("a")
        rig.wait(3)
        rig.put("b")
        rig.wait(2.2)
        self.assertEqual(rig.put("a", "b"), ["a"])

    def test_what_comes_once_leaves_nothing_behind(self) -> None:
        rig = self.rig()
        rig.put("a", "b")
        self.assertEqual(rig.wait(11), [])
        self.assertEqual(rig.clock.getDelayedCalls(), [])

    def test_the_names_of_the_number_and_the_zone_may_be_chosen(self) -> None:
        rig = self.rig(log_count_attribute="n", timezone="America/Los_Angeles")
        rig.put("a", "a")
        rig.wait(11)
        attributes = rig.sink.events[-1].attributes
        self.assertEqual(attributes["n"], 1)
        self.assertEqual(attributes["last_observed_timestamp"], "2001-09-08T18:46:40-07:00")

    def test_a_processor_behind_may_change_what_went_on(self) -> None:
        rig = self.rig()
        rig.put("a")
        rig.sink.events[0].body = "changed"
        rig.put("a")
        self.assertEqual(rig.wait(11), ["a"])

    def test_the_end_of_the_process_is_the_end_of_an_interval(self) -> None:
        rig = self.rig()
        rig.put("a", "a", "a")
        rig.pipeline.flush()
        self.assertEqual(rig.sink.events[-1].attributes["log_count"], 2)
        self.assertEqual(rig.off, 0)


class AnswerTests(DedupCase):
    """A repetition is answered as the first was: who is told that it is safe, may forget it."""

    def open(self, **config: Any) -> Rig:
        """Whose first event is on its way, and a repetition has come."""
        rig = self.rig(outcome=None, **config)
        self.assertEqual((rig.put("a"), rig.put("a")), (["a"], []))
        self.assertEqual((rig.held, rig.outcomes, rig.off), (1, [], 0))
        return rig

    def test_when_the_first_is_safe_what_repeats_it_is_dropped(self) -> None:
        rig = self.open()
        rig.sink.settle(DELIVERED)
        self.assertEqual(rig.outcomes, [DELIVERED, DELIVERED])
        self.assertEqual((rig.held, rig.dropped("repeated"), rig.off), (0, 1, 0))
        rig.put("a")
        self.assertEqual(rig.outcomes, [DELIVERED] * 3)  # nothing to wait for any more
        self.assertEqual(rig.wait(10.2), ["a"])
        self.assertEqual(rig.sink.events[-1].attributes["log_count"], 2)

    def test_when_the_first_is_not_stored_the_next_is_told_and_decides(self) -> None:
        rig = self.open()
        rig.put("a")
        rig.sink.settle(RETRY)
        self.assertEqual(rig.outcomes, [RETRY])
        self.assertEqual(rig.sink.events[-1].attributes["log_count"], 2)
        self.assertEqual((rig.held, rig.dropped("merged"), rig.off), (0, 1, 0))
        rig.sink.settle(RETRY)
        self.assertEqual(rig.outcomes, [RETRY] * 3)
        self.assertEqual(rig.put("a"), ["a"])  # sent again, it is a first one

    def test_when_the_interval_ends_before_that_the_last_decides(self) -> None:
        rig = self.open(interval="1s")
        self.assertEqual(rig.wait(1.2), ["a"])
        self.assertEqual((rig.outcomes, rig.held, rig.off), ([], 0, 0))
        rig.sink.settle(RETRY)
        self.assertEqual(rig.outcomes, [RETRY, RETRY])

    def test_at_the_end_of_the_process_too(self) -> None:
        rig = self.open()
        rig.pipeline.flush()
        self.assertEqual([event.body for event in rig.sink.events], ["a", "a"])
        self.assertEqual((rig.outcomes, rig.held, rig.off), ([], 0, 0))
        rig.sink.settle(DELIVERED)
        self.assertEqual(rig.outcomes, [DELIVERED, DELIVERED])

    def test_repetitions_in_one_batch_have_one_answer(self) -> None:
        rig = self.rig(outcome=None)
        rig.put("a", "a", "a")
        self.assertEqual((rig.held, rig.dropped("repeated")), (0, 2))
        rig.sink.settle(RETRY)
        self.assertEqual((rig.outcomes, len(rig.sink.events)), ([RETRY], 1))
        self.assertEqual(rig.put("a", "a", "a"), ["a"])  # its sender sends it again

    def test_repetitions_that_wait_have_a_bound(self) -> None:
        self.patch(dedup, "MAX_PENDING", 2)
        rig = self.open()
        rig.put("a", "a", "a")
        self.assertEqual((rig.held, rig.dropped("repeated"), rig.off), (2, 2, 0))
        rig.sink.settle(DELIVERED)
        rig.put("b", "b")
        rig.put("b", "b")
        self.assertEqual((rig.held, rig.off), (2, 0))


class AtEndTests(DedupCase):
    def test_the_first_is_held_and_stands_for_all(self) -> None:
        rig = self.rig(LogDedupProcessor)
        self.assertEqual(rig.put(event(), event(), "y"), [])
        self.assertEqual((rig.held, rig.off, rig.unsettled), (2, 0, 1))
        rig.wait(2)
        rig.put(event())
        self.assertEqual(rig.unsettled, 1)  # it is not lost by a crash, for its sender has it
        self.assertEqual(rig.wait(8.2), ["x", "y"])
        self.assertEqual([e.attributes["log_count"] for e in rig.sink.events], [3, 1])
        self.assertEqual(
            rig.sink.events[0].attributes["last_observed_timestamp"], "2001-09-09T01:46:42Z"
        )
        self.assertEqual((rig.sink.events[0].time, rig.held, rig.off, rig.unsettled), (1, 0, 0, 0))

    def test_the_end_of_the_process_lets_go_what_is_held(self) -> None:
        rig = self.rig(emit="at_end")
        rig.put("a", "b", "a")
        rig.pipeline.flush()
        self.assertEqual([e.body for e in rig.sink.events], ["a", "b"])
        self.assertEqual((rig.off, rig.unsettled), (0, 0))

    def test_an_interval_beyond_the_deadline_of_answers_is_warned_of(self) -> None:
        ((_, _, said),) = found("log_dedup", "interval: 60s", Path(self.mktemp()))
        self.assertIn("told after 30 s to send again", said)
        self.assertEqual(found("logdedup", "interval: 25s", Path(self.mktemp())), [])
        self.assertEqual(found("dedup", "interval: 60s", Path(self.mktemp())), [])


class SameTests(DedupCase):
    def test_resource_scope_body_severity_attributes_and_name_count(self) -> None:
        one: dict[str, Any] = {"severity_number": 9, "severity_text": "I"}
        events = [
            Event(1, "a", {"k": 1}, **one, resource=Resource({"h": 1})),
            Event(2, "a", {"k": 1}, **one, resource=Resource({"h": 1}), observed_time=5),  # same
            Event(1, "b", {"k": 1}, **one, resource=Resource({"h": 1})),
            Event(1, "a", {"k": True}, **one, resource=Resource({"h": 1})),
            Event(1, "a", {"k": 1}, 10, "I", resource=Resource({"h": 1})),
            Event(1, "a", {"k": 1}, 9, "i", resource=Resource({"h": 1})),
            Event(1, "a", {"k": 1}, **one, resource=Resource({"h": 2})),
            Event(1, "a", {"k": 1}, **one, resource=Resource({"h": 1}, Scope("s"))),
            Event(1, "a", {"k": 1}, **one, resource=Resource({"h": 1}), event_name="e"),
        ]
        self.assertEqual(self.different(*events), 8)

    def test_the_order_of_attributes_and_the_record_s_own_id_do_not(self) -> None:
        events = [
            event(a=1, b={"c": 1, "d": [2]}, **{UID_KEY: "1"}),
            event(b={"d": [2], "c": 1}, a=1, **{UID_KEY: "2"}),
        ]
        self.assertEqual(self.different(*events), 1)

    def test_a_client_is_the_same_on_its_next_connection(self) -> None:
        events = [
            Event(1, "a", {}, resource=Resource({"net.peer.ip": ip, "net.peer.port": port}))
            for port in (1, 2)
            for ip in ("192.0.2.1", "192.0.2.2")
        ]
        self.assertEqual(self.different(*events), 2)

    def test_fields_that_are_included_count_alone(self) -> None:
        fields = ["attributes.id", "attributes.a\\.b", "body.user.name"]
        events = [
            event({"user": {"name": "x", "n": n}}, id=n // 3, n=n, **{"a.b": 5}) for n in range(6)
        ]
        self.assertEqual(self.different(*events, include_fields=fields), 2)
        self.assertEqual(self.different(*events, include_fields=["attributes.none"]), 6)

    def test_fields_that_are_excluded_may_differ_and_are_left_out_of_the_summary(self) -> None:
        fields = ["body.time", "attributes.src.ip", "attributes.host\\.name"]
        rig = self.rig(exclude_fields=fields)
        for n in range(3):
            rig.put(event({"time": n, "m": 1}, src={"ip": n, "port": 9}, **{"host.name": str(n)}))
        rig.wait(11)
        first, told = rig.sink.events
        self.assertEqual(
            (first.body, first.attributes["src"]), ({"time": 0, "m": 1}, {"ip": 0, "port": 9})
        )
        self.assertEqual((told.body, told.attributes["src"]), ({"m": 1}, {"port": 9}))
        self.assertNotIn("host.name", told.attributes)

    def test_only_events_of_which_a_condition_is_true_are_looked_at(self) -> None:
        conditions = ['attributes["id"] == 1', 'resource.attributes["s"] == "x"', "Len(body) > 5"]
        rig = self.rig(conditions=conditions)
        sourced = Event(1, 5, {}, resource=Resource({"s": "x"}))
        self.assertEqual(rig.put(event(id=1), event(id=1), event(), event()), ["x"] * 3)
        self.assertEqual(rig.put(sourced, Event(1, 5, {}, resource=sourced.resource)), [5])
        self.assertEqual(rig.counted("statement_errors", statement="conditions[2]"), 2)

    def test_odd_values_are_told_apart(self) -> None:
        endless: list[Any] = []
        for _ in range(5000):
            endless = [endless]
        events = [event(1 << 70), event(1 << 71), event(b"\xff"), event({1: 2}), event({"1": 3})]
        self.assertEqual(self.different(*events, *events), 5)
        rig = self.rig()
        self.assertEqual(len(rig.put(event(endless), event(endless))), 2)
        self.assertEqual(rig.count("failures"), 0)


class BoundTests(DedupCase):
    def test_keys_over_the_bound_go_on_and_are_counted(self) -> None:
        for emit, went in (("at_once", ["a", "b", "c", "c"]), ("at_end", ["c", "c"])):
            rig = self.rig(max_keys=2, emit=emit)
            self.assertEqual(rig.put("a", "b", "c", "c", "a"), went)
            self.assertEqual(rig.counted("bypassed_items", reason="keys_full"), 2)
            rig.wait(11)
            self.assertEqual(rig.put("c", "c"), ["c"] if emit == "at_once" else [])
            rig.wait(11)
            self.assertEqual((rig.off, rig.unsettled), (0, 0))

    def test_what_is_kept_has_a_bound_in_bytes(self) -> None:
        self.patch(dedup, "MAX_HELD", 2500)
        configs: list[dict[str, Any]] = [{}, {"include_fields": ["attributes.k"]}]
        for config in configs:
            rig = self.rig(**config)
            events = [Event(1, "x" * 1000, {"k": n // 2}) for n in range(8)]
            self.assertEqual(len(rig.put(*events)), 2 + 4)

    def test_resources_that_are_remembered_have_a_bound(self) -> None:
        self.patch(fingerprint, "MAX_RESOURCES", 3)
        rig = self.rig()
        for n in range(20):
            rig.put(Event(1, "x", {}, resource=Resource({"n": n % 5})))
        self.assertEqual(len(rig.sink.events), 5)
        self.assertLessEqual(len(rig.processor._sources._known), 3)


class MistakeTests(SynchronousTestCase):
    def test_each_mistake_has_its_place(self) -> None:
        cases = {
            "exclude_fields:\n  - attributes.a\n  - body": (7, 9),
            "exclude_fields: [severity]": (5, 22),
            "exclude_fields: [attributes.a, attributes.a]": (5, 36),
            "include_fields: [attributes..a]": (5, 22),
            "conditions: ['attributes[\"a\"] = 1']": (5, 35),
            "include_fields: [body]\nexclude_fields: [body.a]": (4, 3),
            "interval: 0s": (5, 15),
            "timezone: Mars/Base": (5, 15),
            "timezone: ../etc": (5, 15),
            "log_count_attribute: ''": (5, 26),
            "emit: later": (5, 11),
            "max_keys: 0": (5, 15),
        }
        self.assertEqual(places("dedup", cases, Path(self.mktemp())), cases)
