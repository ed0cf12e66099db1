"""Which routes an event takes, and what is wrong with a route."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector.api import Event, Misread
from collector_transform.routing.table import Entry, chosen, table
from tests.plugins.collector_transform.running import event


def entry(text: str, *pipelines: str, key: str = "condition", **said: Any) -> Entry:
    return Entry(
        ("table", 0, key), text, said.get("context", "log"), pipelines, said.get("moves", True)
    )


class TableTests(SynchronousTestCase):
    def ways(
        self, *entries: Entry, on: tuple[Event, ...], mode: Any = "ignore"
    ) -> dict[str, list[Any]]:
        """The bodies of the events by the pipeline that they go to; `rest` is the default."""
        self.failed: list[int] = []
        made = table(entries, ("rest",), mode)
        routes = made.run(list(on), lambda number, _: self.failed.append(number), [])
        found = chosen(made, list(on), routes)
        return {name: [e.body for e in events] for name, events in sorted(found.items()) if events}

    def test_the_first_condition_that_is_true_moves_an_event(self) -> None:
        found = self.ways(
            entry('body == "a"', "x"),
            entry('IsMatch(body, "[ab]")', "y", "z"),
            on=(event("a"), event("b"), event("c")),
        )
        self.assertEqual(found, {"x": ["a"], "y": ["b"], "z": ["b"], "rest": ["c"]})

    def test_a_copy_lets_the_others_be_asked_too(self) -> None:
        found = self.ways(
            entry('body == "a"', "x", moves=False),
            entry('IsMatch(body, "[ab]")', "y"),
            on=(event("a"), event("b")),
        )
        self.assertEqual(found, {"x": ["a"], "y": ["a", "b"]})

    def test_what_was_only_copied_goes_to_the_default_as_well(self) -> None:
        found = self.ways(entry('body == "a"', "x", moves=False), on=(event("a"),))
        self.assertEqual(found, {"x": ["a"], "rest": ["a"]})

    def test_a_pipeline_gets_its_events_once_and_in_their_order(self) -> None:
        found = self.ways(
            entry('body == "b"', "x", "x"),
            entry('body == "a"', "x", moves=False),
            entry('body == "a"', "x"),
            on=tuple(map(event, "abab")),
        )
        self.assertEqual(found, {"x": ["a", "b", "a", "b"]})

    def test_the_older_statement_means_the_same(self) -> None:
        found = self.ways(
            entry('route() where body == "a"', "x", key="statement"),
            entry("route()", "y", key="statement"),
            on=(event("a"), event("b")),
        )
        self.assertEqual(found, {"x": ["a"], "y": ["b"]})

    def test_paths_are_those_of_the_context(self) -> None:
        found = self.ways(
            entry('attributes["service.name"] == "shop"', "x", context="resource"),
            on=(event("a"),),
        )
        self.assertEqual(found, {"x": ["a"]})

    def test_an_event_on_which_a_condition_fails_goes_to_the_default(self) -> None:
        fails = entry("Int(body) / 0 == 1", "x")
        catch = entry("true", "y")
        self.assertEqual(self.ways(fails, catch, on=(event("1"),)), {"rest": ["1"]})
        self.assertEqual(self.failed, [0])
        self.assertEqual(self.ways(fails, catch, on=(event("1"),), mode="propagate"), {})


class MisreadTests(SynchronousTestCase):
    def wrong(self, *entries: Entry) -> list[tuple[str, tuple[str | int, ...], int]]:
        with self.assertRaises(Misread) as caught:
            table(entries, (), "ignore")
        return [(slip.message, slip.way, slip.start) for slip in caught.exception.slips]

    def test_everything_that_is_wrong_is_said_with_its_place(self) -> None:
        found = self.wrong(entry("bodyy == 1", "x"), entry("body ==", "y"))
        self.assertEqual(len(found), 2)
        self.assertIn("did you mean body?", found[0][0])

    def test_a_statement_is_a_route(self) -> None:
        for text in ('set(body, "x")', 'route("x") where true'):
            ((message, way, start),) = self.wrong(entry(text, "x", key="statement"))
            self.assertEqual((way, start), (("table", 0, "statement"), 0))
            self.assertIn("only route() is here", message)
