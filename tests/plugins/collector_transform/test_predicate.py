"""Conditions for those who look at events and change nothing."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector.api import Misread
from collector.registry import predicate
from collector.testing import events


class PredicateTests(SynchronousTestCase):
    def test_says_of_each_event_whether_it_matches(self) -> None:
        matches = predicate('IsMatch(body, "^t") and log.severity_number == 0')
        self.assertEqual(list(map(bool, matches(events("two", "one", "three")))), [1, 0, 1])

    def test_an_event_that_it_fails_on_does_not_match(self) -> None:
        matches = predicate('Int(log.body) / Int(log.attributes["by"]) > 1')
        found = [*events("4", by="2"), *events("4", by="0"), *events("4")]
        self.assertEqual(list(map(bool, matches(found))), [1, 0, 0])

    def test_events_stay_as_they_are(self) -> None:
        before, found = events("a", k={"deep": [1]}), events("a", k={"deep": [1]})
        predicate('log.attributes["k"]["deep"][0] == 1 and log.cache["x"] == nil')(found)
        self.assertEqual(found, before)

    def test_what_is_wrong_has_its_place(self) -> None:
        error = self.assertRaises(Misread, predicate, "log.bdy == 1")
        (slip,) = error.slips
        self.assertEqual((slip.start, slip.end), (0, 7))
