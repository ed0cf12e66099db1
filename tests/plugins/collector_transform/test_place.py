"""Where a text stands, and where its fields go."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector_transform.ottl.fault import Fault
from collector_transform.place import is_body, source, target
from tests.plugins.collector_transform.running import event


class PlaceTests(SynchronousTestCase):
    def test_a_source_is_the_body_or_below_it_or_below_attributes(self) -> None:
        on = event({"log": {"text": "t"}}, a="x", m={"n": "y"})
        for text, expected in (
            ("body", on.body),
            ("log.body", on.body),
            ('body["log"]["text"]', "t"),
            ("body.log.text", "t"),
            ('attributes["a"]', "x"),
            ("log.attributes.a", "x"),
            ('attributes["m"]["n"]', "y"),
            ('attributes["none"]["n"]', None),
            ('attributes["a"]["n"]', None),
        ):
            self.assertEqual(source(text)(on), expected, text)

    def test_a_target_is_the_attributes_or_one_of_them(self) -> None:
        on = event(a="x", b="y")
        target("attributes")(on, {"a": 1})
        self.assertEqual(on.attributes, {"a": 1, "b": "y"})
        target('attributes["b"]')(on, {"c": 2})
        self.assertEqual(on.attributes, {"a": 1, "b": {"c": 2}})

    def test_the_whole_body_is_told_from_what_is_below(self) -> None:
        found = [is_body(text) for text in ("body", "log.body", "body.a", "attributes.body")]
        self.assertEqual(found, [True, True, False, False])

    def test_what_is_neither_is_refused_with_its_place(self) -> None:
        for read, text, part in (
            (source, "boddy", "boddy"),
            (source, "attributes", "attributes"),
            (source, "resource.attributes.a", "resource.attributes.a"),
            (source, "severity_text", "severity_text"),
            (source, "attributes[0]", "0"),
            (source, 'attributes[body]["a"]', "body"),
            (source, "body body", "body"),
            (source, "", ""),
            (source, '"body"', '"body"'),
            (target, "body", "body"),
            (target, "attributes.a.b", "attributes.a.b"),
        ):
            with self.assertRaises(Fault) as caught:
                read(text)
            at = caught.exception
            self.assertEqual(text[at.start : at.end], part, text)
