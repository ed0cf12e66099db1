"""Formats of texts: what each reads, what it refuses, and its bounds."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.api import FLAGS_KEY, Event
from collector_transform import formats
from collector_transform.formats import MAX_FIELDS, PLAIN, Reading, bounded
from collector_transform.ottl.regex import MAX_TEXT, Pattern
from tests.plugins.collector_transform.running import event

_ALL: dict[str, Reading] = {
    **{name: bounded(read) for name, read in PLAIN.items()},
    "pairs": bounded(formats.any_pairs),
    "pairs_by": bounded(formats.pairs_by(":", ";")),
    "csv": bounded(formats.csv(("a", "b"), ",", "lazyQuotes")),
    "regex": bounded(formats.regex(Pattern("(?P<a>[a-z]+)=(?P<b>[0-9]*)"))),
    "syslog": formats.syslog("UTC", in_body=True),
}


class FormatTests(SynchronousTestCase):
    def read(self, name: str, text: str) -> dict[str, Any] | None:
        ((_, fields),) = _ALL[name]([(event(text), text)])
        return fields

    def test_each_reads_its_own(self) -> None:
        for name, text, expected in (
            ("json", '{"a": 1, "b": {"c": [null]}}', {"a": 1, "b": {"c": [None]}}),
            ("pairs", 'a=1, b="x \\"y\\""', {"a": "1", "b": 'x "y"'}),
            ("pairs_by", 'a:1;b:"x;y"; c: z', {"a": "1", "b": "x;y", "c": "z"}),
            ("csv", '1,"x,y"\n', {"a": "1", "b": "x,y"}),
            ("regex", "user x=7", {"a": "x", "b": "7"}),
            ("regex", "x=", {"a": "x", "b": ""}),
        ):
            self.assertEqual(self.read(name, text), expected, name)
        found = self.read("cef", "CEF:0|V|P|1|x|n|3|a=b c") or {}
        self.assertEqual(found["cef.extension.a"], "b c")
        found = self.read("leef", "LEEF:1.0|V|P|1|x|a=b c") or {}
        self.assertEqual(found["leef.attribute.a"], "b c")

    def test_each_refuses_what_is_not_of_it(self) -> None:
        for name, text in (
            ("json", "[1]"),
            ("json", "{"),
            ("json", ""),
            ("json", '{"a": "\\ud800"}'),
            ("json", '{"a":' * 2000),
            ("pairs", "words"),
            ("pairs_by", "a=1"),
            ("csv", "1"),
            ("csv", "1,2\n3,4"),
            ("regex", "nothing"),
            ("cef", "a CEF:0|"),
            ("leef", "LEEF:1.0|V"),
            ("syslog", "words"),
        ):
            self.assertIsNone(self.read(name, text), (name, text[:20]))

    def test_fields_depth_and_size_are_bounded(self) -> None:
        many = MAX_FIELDS + 1
        for name, text in (
            ("json", json.dumps(dict.fromkeys(map(str, range(many))))),
            ("json", '{"a":' + "[" * 70 + "]" * 70 + "}"),
            ("json", '{"a":[' + "[]," * (MAX_TEXT // 4) + "1]}"),
            ("json", json.dumps({"a": "x" * MAX_TEXT})),
            ("pairs", " ".join(f"k{n}=v" for n in range(many))),
            ("cef", "CEF:0|V|P|1|x|n|3|" + " ".join(f"k{n}=v" for n in range(many))),
            ("leef", "LEEF:1.0|V|P|1|x|" + "\t".join(f"k{n}=v" for n in range(many))),
            ("regex", "x=1" + " " * MAX_TEXT),
            ("syslog", "<13>" + "x" * MAX_TEXT),
        ):
            self.assertIsNone(self.read(name, text), name)

    @given(
        st.sampled_from(sorted(_ALL)),
        st.text() | st.text("{}[]\"'=:;,|\\ \t<>01aCEFL", max_size=80),
    )
    @settings(max_examples=150, deadline=None)
    def test_any_text_has_fields_or_fails(self, name: str, text: str) -> None:
        on = event(text)
        ((same, fields),) = _ALL[name]([(on, text)])
        self.assertIs(same, on)
        if fields is None:
            self.assertEqual((on.body, on.attributes, on.time), (text, {}, event().time))


class SyslogTests(SynchronousTestCase):
    def read(self, on: Event, line: str, zone: str = "UTC", *, in_body: bool = True) -> Any:
        ((_, fields),) = formats.syslog(zone, in_body=in_body)([(on, line)])
        return fields

    def test_a_line_gives_fields_time_severity_and_the_message(self) -> None:
        line = "<12>1 2026-11-26T08:00:00Z h app 7 id - the message"
        on = event(line)
        fields = self.read(on, line)
        self.assertEqual(fields["syslog.hostname"], "h")
        self.assertEqual((on.body, on.time), ("the message", 1_795_680_000_000_000_000))
        self.assertEqual((on.severity_number, on.severity_text), (13, "warning"))

    def test_a_line_from_an_attribute_leaves_the_body(self) -> None:
        fields = self.read(event("b"), "<12>Nov 26 08:00:00 h app: text", in_body=False)
        self.assertEqual(fields["syslog.message"], "text")

    def test_a_line_of_a_file_has_no_pri_and_says_no_severity(self) -> None:
        line = "2026-11-26T09:00:00 h app[7]: text"
        on = event(line)
        fields = self.read(on, line, "Europe/Vienna")
        self.assertEqual(
            fields, {"syslog.hostname": "h", "syslog.appname": "app", "syslog.proc_id": "7"}
        )
        self.assertEqual((on.time, on.severity_text), (1_795_680_000_000_000_000, "ERROR"))
        self.assertNotIn(FLAGS_KEY, on.attributes)

    def test_what_is_wrong_with_a_line_is_flagged_beside_earlier_flags(self) -> None:
        on = event("", **{FLAGS_KEY: ["truncated"]})
        self.read(on, "<12>Nov 33 08:00:00 h app: text")
        self.assertEqual(on.attributes[FLAGS_KEY], ["truncated", "bad_timestamp"])
