"""Maps, lists, and severities that a map tells."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.plugins.collector_transform.running import ran, value


class CollectionsTests(SynchronousTestCase):
    def test_gives_what_upstream_documents(self) -> None:
        for text, expected in {
            'Keys({"a": 1})': ["a"],
            'Values({"a": 1})': [1],
            'ContainsValue([1, "a"], "a")': True,
            'Index("hello", "l")': 2,
            "Index([1, 2], 2.0)": 1,
            'ToKeyValueString({"a": 1, "b": "x y"})': 'a=1 b="x y"',
            'ParseSeverity(404, {"info": [{"range": "2xx"}], "warn": [{"range": "4xx"}]})': "warn",
            'ParseSeverity("inf", {"info": [{"equals": ["inf"]}]})': "info",
            "Sort([3, 1.5, 2])": [1.5, 2, 3],
            'Sort(["b", "a"], "desc")': ["b", "a"],
            'Sort([true, 3, "2", nil])': [None, "2", 3, True],
            'SliceToMap([{"n": "a", "v": 1}, {"n": "b"}, 3, {"v": 2}], ["n"], ["v"])': {"a": 1},
            'SliceToMap([{"n": {"m": "a"}}], ["n", "m"])': {"a": {"n": {"m": "a"}}},
            'SliceToMap([1, "x"])': {"0": 1, "1": "x"},
            'ToKeyValueString({"b": 1, "a": 2}, sort_output=true)': "a=2 b=1",
        }.items():
            self.assertEqual(value(text), expected, text)

    def test_what_has_no_answer_is_an_error_of_the_event(self) -> None:
        for text in (
            "Sort([[1]])",
            'Sort([{"a": 1}, 2])',
        ):
            (found,), errors = ran(f"set(log.body, {text})")
            self.assertEqual((found.body, len(errors)), ("a line", 1), text)
