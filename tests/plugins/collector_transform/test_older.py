"""The filter processor's `include` and `exclude`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector.api import Event, Resource
from collector_transform.filter import FilterProcessor
from tests.plugins.collector_transform.rigs import Rig, found

_SHOP = Resource({"service.name": "shop"})


def _event(body: Any, number: int = 9, text: str = "INFO", **attributes: Any) -> Event:
    return Event(1, body, attributes, number, text, resource=_SHOP)


class FilterTests(SynchronousTestCase):
    def left(self, *events: Event, **logs: Any) -> list[Any]:
        """The bodies of what goes on."""
        self.rig = Rig(FilterProcessor, logs=logs)
        return self.rig.put(*events)

    def test_only_what_is_included_goes_on(self) -> None:
        for include, expected in (
            ({"bodies": ["a", "c"]}, ["a"]),
            ({"match_type": "regexp", "bodies": ["^[ab]$"]}, ["a", "b"]),
            ({"severity_texts": ["WARN"]}, ["b"]),
            ({"severity_number": {"min": "warn"}}, ["b"]),
            ({"severity_number": {"min": 13, "match_undefined": True}}, ["b", "d"]),
            ({"record_attributes": [{"key": "k", "value": "v"}]}, ["a"]),
            ({"resource_attributes": [{"key": "service.name", "value": "x"}]}, []),
        ):
            events = (_event("a", k="v"), _event("b", 13, "WARN"), _event("d", 0, ""))
            self.assertEqual(self.left(*events, include=include), expected, include)
            self.assertEqual(self.rig.count("dropped_items"), 3 - len(expected))

    def test_what_is_excluded_does_not(self) -> None:
        both = {"include": {"severity_number": {"min": "INFO"}}, "exclude": {"bodies": ["a"]}}
        self.assertEqual(self.left(_event("a"), _event("b"), _event("c", 1), **both), ["b"])

    def test_what_cannot_be_told_goes_on_and_is_counted(self) -> None:
        exclude = {"match_type": "regexp", "bodies": ["[a]x"]}
        body = "a" * (1 << 20) + "b"
        self.assertEqual(self.left(_event(body), exclude=exclude), [body])
        said = {"statement": "logs.exclude"}
        self.assertEqual(self.rig.counted("statement_errors", **said), 1)

    def test_mistakes_are_shown_with_their_place(self) -> None:
        for block, place, said in (
            ("logs: {include: {match_type: regexp, bodies: ['(']}}", (5, 52), "RE2"),
            ("logs: {include: {match_type: strict}}", (5, 12), "expected one of resource"),
            ("logs: {include: {severity_number: {min: LOUD}}}", (5, 45), "expected"),
            ("logs: {exclude: {bodies: [a]}, log_record: ['true']}", (5, 5), "do not go with"),
        ):
            ((line, column, message),) = found("filter", block, Path(self.mktemp()))
            self.assertEqual((line, column), place, message)
            self.assertIn(said, message)

    def test_what_is_for_other_signals_is_said_to_have_no_effect(self) -> None:
        block = "logs: {log_record: ['body == 1']}\ntraces: {span: ['name == 1']}"
        ((_, _, message),) = found("filter", block, Path(self.mktemp()))
        self.assertIn("traces has no effect", message)
        block = "log_statements: []\ntrace_statements: ['set(span.name, 1)']"
        ((_, _, message),) = found("transform", block, Path(self.mktemp()))
        self.assertIn("trace_statements has no effect", message)
