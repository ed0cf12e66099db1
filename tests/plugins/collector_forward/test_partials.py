"""Docker's long lines, in parts."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.api import FLAGS_KEY, Event
from collector_forward import partials as module
from collector_forward.partials import Partials


def part(text: str, place: int, *, last: bool = False, id: str = "i") -> Event:
    said = {"partial_id": id, "partial_ordinal": str(place), "partial_last": str(last).lower()}
    return Event(place, text, {"partial_message": "true", "source": "stdout", **said})


def old(text: str, *, more: bool, source: str = "stdout") -> Event:
    said = {"container_id": "c", "source": source}
    return Event(1, text, said | ({"partial_message": "true"} if more else {}))


class PartialsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.partials = Partials(self.clock.seconds, 5)

    def joined(self, *events: Event, peer: str = "p") -> list[Any]:
        if not self.partials.concerns([(1, event.attributes) for event in events]):
            return [event.body for event in events]
        return [event.body for event in self.partials.joined(list(events), peer)]

    def test_parts_become_one_event(self) -> None:
        parts = [part("a", 1), part("b", 2), part("c", 3, last=True)]
        (event,) = self.partials.joined(parts, "p")
        self.assertEqual(
            (event.body, event.time, event.attributes), ("abc", 1, {"source": "stdout"})
        )
        self.assertEqual(len(self.partials), 0)

    @given(order=st.permutations(range(6)))
    def test_in_any_order_and_between_other_lines(self, order: list[int]) -> None:
        parts = [part(str(n), n + 1, last=n == 5) for n in range(6)]
        others = [part(str(n), n + 1, last=n == 5, id="j") for n in range(6)]
        found = [
            body for n in order for body in self.joined(parts[n], Event(1, "x", {}), others[n])
        ]
        self.assertEqual([body for body in found if body != "x"], ["012345"] * 2)

    def test_the_same_id_of_another_peer_is_another_line(self) -> None:
        self.assertEqual(self.joined(part("a", 1)), [])
        self.assertEqual(self.joined(part("b", 2, last=True), peer="q"), [])

    def test_old_parts_end_with_a_record_that_is_none(self) -> None:
        self.assertEqual(
            self.joined(old("a", more=True), old("x", more=False, source="stderr")), ["x"]
        )
        self.assertEqual(self.joined(old("b", more=True)), [])
        self.assertEqual(self.joined(old("c", more=False)), ["abc"])
        self.assertEqual(self.joined(old("d", more=False)), ["d"])

    def test_what_does_not_come_in_time_is_given_up(self) -> None:
        self.joined(part("b", 2), part("a", 1))
        self.clock.advance(4)
        self.assertEqual(self.partials.overdue(), [])
        self.clock.advance(1)
        (event,) = self.partials.overdue()
        self.assertEqual((event.body, event.attributes[FLAGS_KEY]), ("ab", ["incomplete_message"]))
        self.assertEqual(event.attributes["partial_id"], "i")
        self.assertEqual((len(self.partials), self.partials.given_up), (0, 1))
        self.assertEqual(self.joined(part("c", 3, last=True)), [])
        self.assertEqual([event.body for event in self.partials.all()], ["c"])

    def test_what_waits_has_limits(self) -> None:
        self.patch(module, "_LINE", 10)
        self.patch(module, "_ALL", 15)
        self.patch(module, "_MOST", 3)
        self.assertEqual(self.joined(part("x" * 6, 1), part("y" * 6, 2)), ["x" * 6 + "y" * 6])
        several = [part(str(n) * 8, 1, id=str(n)) for n in range(3)]
        self.assertEqual(self.joined(*several), ["0" * 8, "1" * 8])
        several = [part("", 1, id=f"i{n}") for n in range(3)]
        self.assertEqual(self.joined(*several), ["2" * 8])

    def test_odd_parts_lose_nothing(self) -> None:
        odd = [
            part("a", 1),
            part("a", 1),
            Event(1, {"no": "text"}, {"partial_message": "true"}),
            Event(1, "b", {"partial_message": "true", "partial_id": [], "partial_ordinal": None}),
            Event(1, "c", {"partial_message": ["true"], "container_id": {}}),
            Event(1, "d", {"partial_message": "true", "partial_id": "k", "partial_ordinal": 1e999}),
        ]
        found = self.partials.joined(odd, "p") + self.partials.all()
        texts = [event.body for event in found if type(event.body) is str]
        self.assertEqual(sorted("".join(texts)), ["a", "a", "b", "c", "d"])
        self.assertEqual(len(found), 5)
