"""A tap: how much it shows, how much it holds, and what of an event nobody sees."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.event import Event, Resource
from collector.run.redactor import Redactor
from collector.run.tap import LONGEST_LINE, LONGEST_TEXT, MOST_HELD, Tap
from collector.testing import events

CANARY = 'dt0c01.CANARY"\u00e9'


class TapTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()

    def tap(self, rate: int = 3, matches: Any = None) -> Tap:
        return Tap(self.clock, Redactor([CANARY]), rate, matches)

    def bodies(self, tap: Tap) -> tuple[list[Any], int]:
        lines, left_out = tap.taken()
        return [json.loads(line).get("body") for _, line in lines], left_out

    def test_shows_so_many_a_second_and_counts_the_others(self) -> None:
        tap = self.tap()
        tap.saw(events("a", "b"))
        tap.saw(events("c", "d", "e"))
        tap.saw(events("f"))
        self.assertEqual(self.bodies(tap), (["a", "b", "c"], 3))
        self.clock.advance(0.9)
        tap.saw(events("g"))
        self.assertEqual(self.bodies(tap), ([], 1))
        self.clock.advance(0.1)
        tap.saw(events("h"))
        self.assertEqual(self.bodies(tap), (["h"], 0))

    def test_shows_and_counts_only_what_matches(self) -> None:
        tap = self.tap(2, lambda found: [event.body > "b" for event in found])
        tap.saw(events("a", "b", "c", "a", "d", "e"))
        self.assertEqual(self.bodies(tap), (["c", "d"], 1))

    def test_an_event_is_shown_as_it_was_when_it_passed(self) -> None:
        tap, (event,) = self.tap(), events("before")
        tap.saw([event])
        event.body = "after"
        self.assertEqual(self.bodies(tap), (["before"], 0))

    def test_holds_a_bounded_number_of_bytes_and_says_what_it_lost(self) -> None:
        tap = self.tap(1000)
        for _ in range(200):
            tap.saw(events("x" * LONGEST_TEXT))
            self.clock.advance(1)
        lines, left_out = tap.taken()
        self.assertEqual(len(lines) + left_out, 200)
        self.assertLessEqual(sum(len(line) for _, line in lines), MOST_HELD)
        self.assertGreater(len(lines), 100)

    def test_shows_a_bounded_number_of_bytes_a_second(self) -> None:
        tap = self.tap(1000)
        tap.saw(events(*["x" * LONGEST_TEXT] * 200))
        lines, left_out = tap.taken()
        self.assertEqual(len(lines) + left_out, 200)
        self.assertLess(len(lines), 70)

    def test_a_long_event_is_cut_and_still_json(self) -> None:
        tap = self.tap()
        tap.saw([Event(7, "", {str(n): "x" * 1000 for n in range(1000)})])
        ((_, line),), _ = tap.taken()
        self.assertLess(len(line), 2 * LONGEST_LINE)
        self.assertEqual(json.loads(line)["time"], 7)

    def test_secrets_are_nowhere_in_it(self) -> None:
        tap = self.tap()
        hidden = {"k": [{"deep": f"<{CANARY}>"}], CANARY: CANARY.encode()}
        tap.saw([Event(1, {"x": CANARY}, hidden, resource=Resource({"r": CANARY}))])
        tap.saw(events("x" * (LONGEST_TEXT - 5) + CANARY))
        lines, _ = tap.taken()
        self.assertEqual(len(lines), 2)
        self.assertNotIn("CANARY", str(lines))
        self.assertNotIn("dt0c01", str(lines))

    def test_control_characters_are_escaped(self) -> None:
        tap = self.tap()
        tap.saw(events("\x1b[31m\u202e\n\x9b"))
        ((_, line),), _ = tap.taken()
        self.assertTrue(line.isprintable(), line)
        self.assertEqual(json.loads(line)["body"], "\x1b[31m\u202e\n\x9b")

    def test_a_bug_ends_the_tap_and_nothing_else(self) -> None:
        def bug(_: Any) -> Any:
            raise RuntimeError

        tap = self.tap(3, bug)
        tap.saw(events("a"))
        tap.saw(events("b"))
        self.assertTrue(tap.is_broken)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    @given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30)), max_size=20))
    def test_every_event_is_shown_or_counted(self, steps: list[tuple[int, int]]) -> None:
        tap, shown, left_out = self.tap(5), 0, 0
        for n, tenths in steps:
            tap.saw(events(*["x"] * n))
            self.clock.advance(tenths / 10)
            lines, more = tap.taken()
            shown, left_out = shown + len(lines), left_out + more
        self.assertEqual(shown + left_out, sum(n for n, _ in steps))
