"""The multiline processor: which lines become one event, and what is given up when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector.api import FLAGS_KEY, Event, Outcome, Resource, flag
from collector_transform.multiline import processor as multiline
from collector_transform.multiline.processor import MultilineProcessor
from tests.plugins.collector_transform.rigs import Rig, places

START = r"^\d{4}-"
FIRST, NEXT = "2026-01-02 Boom", "2026-01-02 Fine"


class MultilineCase(SynchronousTestCase):
    def rig(self, outcome: Outcome | None = Outcome.DELIVERED, **config: Any) -> Rig:
        if "line_end_pattern" not in config:
            config.setdefault("line_start_pattern", START)
        return Rig(MultilineProcessor, outcome, **config)

    def flags(self, rig: Rig) -> list[Any]:
        return [event.attributes.get(FLAGS_KEY) for event in rig.sink.events]


class JoiningTests(MultilineCase):
    def test_a_line_that_begins_a_message_ends_the_one_before(self) -> None:
        rig = self.rig()
        went = rig.put(FIRST, "  at a", "  at b", NEXT)
        self.assertEqual(went, [f"{FIRST}\n  at a\n  at b"])
        self.assertEqual((rig.held, rig.dropped("merged"), rig.unsettled), (1, 2, 1))
        self.assertEqual(rig.wait(6.5), [NEXT])
        self.assertEqual(self.flags(rig), [None, None])
        self.assertEqual((rig.off, rig.unsettled), (0, 0))

    def test_a_message_may_come_in_many_batches(self) -> None:
        rig = self.rig()
        for line in (FIRST, "  at a", "  at b"):
            self.assertEqual(rig.put(line), [])
        self.assertEqual((rig.held, rig.unsettled, rig.off), (3, 3, 0))
        went = rig.put("  at c", NEXT, "  at d", FIRST)
        self.assertEqual(went, [f"{FIRST}\n  at a\n  at b\n  at c", f"{NEXT}\n  at d"])
        self.assertEqual((rig.held, rig.unsettled, rig.off), (1, 1, 0))

    def test_senders_are_answered_when_the_message_has_gone_on(self) -> None:
        rig = self.rig(outcome=None)
        rig.put(FIRST)
        rig.put("  at a")
        rig.put(NEXT)
        self.assertEqual(rig.outcomes, [])
        rig.sink.settle(Outcome.RETRY)
        self.assertEqual(rig.outcomes, [Outcome.RETRY, Outcome.RETRY])

    def test_a_line_that_ends_a_message(self) -> None:
        rig = self.rig(line_end_pattern=r"[^\\]$", combine_with=" ")
        self.assertEqual(rig.put("a\\", "b\\", "c", "d", "e\\"), ["a\\ b\\ c", "d"])
        self.assertEqual(rig.put("f"), ["e\\ f"])
        self.assertEqual((rig.off, rig.unsettled, rig.held), (0, 0, 0))

    def test_each_source_has_its_own_lines(self) -> None:
        rig = self.rig(keys=["log.attributes.app"])
        lines = [
            Event(1, text, {"app": app}, resource=Resource({"host": host}))
            for text in (FIRST, "  at a", NEXT)
            for host in "xy"
            for app in "12"
        ]
        self.assertEqual(rig.put(*lines), [f"{FIRST}\n  at a"] * 4)
        self.assertEqual(rig.held, 4)

    def test_the_first_line_s_fields_stay_and_flags_of_all(self) -> None:
        rig = self.rig()
        first, second = Event(5, FIRST, {"a": 1}, 17), Event(6, "  x", {"a": 2}, 9)
        flag(second, "invalid_utf8")
        odd = Event(7, "  y", {FLAGS_KEY: "no list"}), Event(7, "  z", {FLAGS_KEY: ["none", {}]})
        rig.put(first, second, *odd, NEXT)
        made = rig.sink.events[0]
        self.assertEqual((made.time, made.severity_number, made.attributes["a"]), (5, 17, 1))
        self.assertEqual(made.attributes[FLAGS_KEY], ["invalid_utf8"])

    def test_what_belongs_to_no_message_goes_on_at_once(self) -> None:
        rig = self.rig(conditions=['attributes["multi"] != false'])
        aside = Event(1, "  aside", {"multi": False})
        self.assertEqual(rig.put("  at a", FIRST, aside), ["  at a", "  aside"])
        self.assertEqual(rig.put({"no": "text"}), [FIRST, {"no": "text"}])
        self.assertEqual((rig.off, rig.unsettled), (0, 0))

    def test_the_end_of_the_process_is_the_end_of_every_message(self) -> None:
        rig = self.rig()
        rig.put(FIRST, "  at a")
        rig.pipeline.flush()
        self.assertEqual([event.body for event in rig.sink.events], [f"{FIRST}\n  at a"])
        self.assertEqual((rig.off, rig.unsettled, rig.clock.getDelayedCalls()), (0, 0, []))


class BoundTests(MultilineCase):
    def cut(self, rig: Rig) -> list[bool]:
        return [bool(flags) for flags in self.flags(rig)]

    def test_lines(self) -> None:
        rig = self.rig(max_batch_size=3)
        went = rig.put(FIRST, *"abcdefg", NEXT)
        self.assertEqual(went, [f"{FIRST}\na\nb", "c\nd\ne", "f\ng"])
        self.assertEqual(self.flags(rig), [["incomplete_message"]] * 3)
        self.assertEqual(rig.counted("cut_items", reason="lines"), 2)
        self.assertEqual(rig.off, 0)

    def test_bytes(self) -> None:
        rig = self.rig(max_log_size="32B")
        went = rig.put(FIRST, "é" * 5, "é" * 3, "x" * 40, "y" * 40, NEXT)
        self.assertEqual(went, [f"{FIRST}\n{'é' * 5}", "é" * 3, "x" * 40, "y" * 40])
        self.assertEqual(self.cut(rig), [True, True, False, False])
        self.assertEqual(rig.counted("cut_items", reason="bytes"), 1)

    def test_age(self) -> None:
        rig = self.rig(force_flush_period="2s", max_age="4s")
        rig.put(FIRST)
        for _ in range(3):
            rig.wait(1)
            self.assertEqual(rig.put("  more"), [])
        self.assertEqual(rig.wait(1.6), ["\n".join((FIRST, *["  more"] * 3))])
        self.assertEqual(self.cut(rig), [True])
        self.assertEqual(rig.counted("cut_items", reason="age"), 1)

    def test_a_quiet_source_s_last_message_is_whole_unless_its_end_is_known(self) -> None:
        cases: list[tuple[dict[str, Any], bool]] = [({}, False), ({"line_end_pattern": ";$"}, True)]
        for config, flagged in cases:
            rig = self.rig(**config)
            rig.put(FIRST)
            self.assertEqual(rig.wait(4.8), [])
            self.assertEqual(rig.wait(1.6), [FIRST])
            self.assertEqual(self.cut(rig), [flagged])
            self.assertEqual((rig.off, rig.unsettled), (0, 0))

    def test_sources(self) -> None:
        rig = self.rig(max_sources=2)
        sources = [Resource({"host": n}) for n in range(3)]
        for source in sources:
            rig.send(Rig.batch(Event(1, FIRST, {}, resource=source)))
        self.assertEqual([event.resource for event in rig.sink.events], sources[:1])
        self.assertEqual((self.cut(rig), rig.held, rig.off), ([True], 2, 0))
        self.assertEqual(rig.counted("cut_items", reason="sources"), 1)

    def test_bytes_of_all_sources(self) -> None:
        self.patch(multiline, "MAX_HELD", 100)
        rig = self.rig()
        for n in range(5):
            line = Event(1, FIRST + "x" * 25, {}, resource=Resource({"host": n}))
            rig.send(Rig.batch(line))
        self.assertEqual((self.cut(rig), rig.held, rig.off), ([True, True, True], 2, 0))
        rig.put(FIRST + "x" * 200)
        self.assertEqual((rig.held, rig.processor._size, rig.off), (0, 0, 0))


class MistakeTests(SynchronousTestCase):
    def test_each_mistake_has_its_place(self) -> None:
        cases = {
            "line_start_pattern: '(?=a)'": (5, 26),
            "line_end_pattern: '[a'": (5, 24),
            "line_end_pattern: a\nline_start_pattern: b": (4, 3),
            "combine_with: ' '": (4, 3),
            "line_end_pattern: a\nkeys: [log.atributes]": (6, 12),
            "line_end_pattern: a\nconditions: [IsMatch(body)]": (6, 18),
            "line_end_pattern: a\nmax_age: 26s": (6, 14),
            "line_end_pattern: a\nmax_log_size: 2MiB": (6, 19),
            "line_end_pattern: a\nmax_batch_size: 1": (6, 21),
        }
        self.assertEqual(places("multiline", cases, Path(self.mktemp())), cases)
