"""XML: what is read, what is refused, and that nothing grows."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector_transform.ottl.converters.xml import element, simplified
from collector_transform.ottl.fault import Failed
from tests.plugins.collector_transform.running import event, ran

_EVENT = """<?xml version="1.0" encoding="ISO-8859-1"?>
<e:Event xmlns:e="urn:x"><!-- é --><System><Provider Name="S" e:Guid="{1}"/>
  <EventID>4624</EventID> logon <Level>0</Level></System><?pi x?></e:Event>"""


class XmlTests(SynchronousTestCase):
    def test_an_element_is_a_map_of_what_it_has(self) -> None:
        self.assertEqual(
            element(_EVENT),
            {
                "tag": "Event",
                "attributes": {"e": "urn:x"},
                "children": [
                    {
                        "tag": "System",
                        "content": "logon",
                        "children": [
                            {"tag": "Provider", "attributes": {"Name": "S", "Guid": "{1}"}},
                            {"tag": "EventID", "content": "4624"},
                            {"tag": "Level", "content": "0"},
                        ],
                    }
                ],
            },
        )

    def test_text_is_trimmed_and_joined_and_its_escapes_are_undone(self) -> None:
        self.assertEqual(element("<a> é &lt;&#65; <b/> <![CDATA[<x>]]> </a>")["content"], "é <A<x>")

    def test_simplified_has_values_by_tag(self) -> None:
        for text, expected in (
            (_EVENT, {"Event": {"System": {"EventID": "4624", "Level": "0"}}}),
            ("<x><y>1</y><z>2</z></x>", {"x": {"y": "1", "z": "2"}}),
            ("<a><b>1</b><c>2</c><c>3</c></a>", {"a": {"b": "1", "c": ["2", "3"]}}),
            ("<a><b>1</b><b/></a>", {"a": {"b": ["1"]}}),
            ("<a>text</a>", {"a": "text"}),
            ('<a b="1"/>', {}),
        ):
            self.assertEqual(simplified(text), expected, text)

    def test_what_is_no_xml_or_could_grow_is_refused(self) -> None:
        entities = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
        for text, said in (
            ("", "not XML"),
            ("text", "not XML"),
            ("<a>", "not XML"),
            ("<a/><b/>", "not XML"),
            ("<a>&b;</a>", "not XML"),
            ("<a>\x00</a>", "not XML"),
            (entities, "DOCTYPE"),
            ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "DOCTYPE"),
            ("<a>" * 31 + "</a>" * 31, "deeper"),
            (f"<a>{' ' * (1 << 20)}</a>", "characters"),
            (f"<a>{'<b/>' * 32_768}</a>", "elements"),
        ):
            with self.assertRaises(Failed) as caught:
                element(text)
            self.assertIn(said, str(caught.exception), text[:60])

    def test_the_deepest_that_is_read_can_be_stored(self) -> None:
        text = "<a>" * 30 + "x" + "</a>" * 30
        for name in ("ParseXML", "ParseSimplifiedXML"):
            (found,), errors = ran(f"set(log.body, {name}(log.body))", on=event(text))
            self.assertEqual(errors, [])
            self.assertIsInstance(found.body, dict)

    @given(
        st.text() | st.lists(st.sampled_from(["<a>", "</a>", "<b/>", "x", "&", "<!"])).map("".join)
    )
    @settings(max_examples=60, deadline=None)
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        found: list[Any] = []
        try:
            found += [element(text), simplified(text)]
        except Failed:
            self.assertEqual(found, [])
