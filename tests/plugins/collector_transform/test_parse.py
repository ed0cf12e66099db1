"""The parse processor: its options, what it adds, and what a text does that breaks the format."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.api import FLAGS_KEY, Batch, Event
from collector.config.load import check
from collector.testing import ProcessorRig, context, events
from collector_transform.parse import ParseConfig, ParseProcessor
from tests.plugins.collector_transform.running import problems


class ParseTests(SynchronousTestCase):
    def parsed(self, *bodies: Any, **config: Any) -> list[Event]:
        """What goes on."""
        model = ParseConfig.model_validate(config)
        self.rig = ProcessorRig(ParseProcessor(model, context("processor", "p", Clock())))
        self.rig.send(Batch(events(*bodies)))
        self.assertEqual(self.rig.unsettled, 0)
        return self.rig.sink.events

    def test_fields_become_attributes_and_the_body_stays(self) -> None:
        (found,) = self.parsed('{"a": 1}', format="json")
        self.assertEqual((found.body, found.attributes), ('{"a": 1}', {"a": 1}))

    def test_each_format_takes_its_options(self) -> None:
        for text, config in (
            ("a=1 b=2", {"format": "kv"}),
            ("a:1;b:2", {"format": "kv", "delimiter": ":", "pair_delimiter": ";"}),
            ("a=1;b=2", {"format": "kv", "pair_delimiter": ";"}),
            ("1,2", {"format": "csv", "header": ["a", "b"]}),
            ("1\t2", {"format": "csv", "header": ["a", "b"], "delimiter": "\t"}),
            (
                "1|2",
                {"format": "csv", "header": ["a", "b"], "delimiter": "|", "mode": "ignoreQuotes"},
            ),
            ("x 1 2", {"format": "regex", "pattern": "(?P<a>[0-9]) (?P<b>[0-9])"}),
        ):
            (found,) = self.parsed(text, **config)
            self.assertEqual(found.attributes, {"a": "1", "b": "2"}, config)

    def test_fields_have_a_prefix_or_a_map_of_their_own(self) -> None:
        (found,) = self.parsed('{"a": 1}', format="json", prefix="app.")
        self.assertEqual(found.attributes, {"app.a": 1})
        (found,) = self.parsed('{"a": 1}', format="json", to='attributes["app"]')
        self.assertEqual(found.attributes, {"app": {"a": 1}})

    def test_a_text_may_be_an_attribute(self) -> None:
        model = ParseConfig.model_validate({"format": "json", "from": 'attributes["msg"]'})
        rig = ProcessorRig(ParseProcessor(model, context("processor", "p", Clock())))
        rig.send(Batch([Event(1, "b", {"msg": '{"a": 1}'}), Event(1, "b", {})]))
        self.assertEqual([e.attributes.get("a") for e in rig.sink.events], [1, None])
        self.assertEqual(rig.metrics.get("processor_parse_errors"), 0)

    def test_what_is_no_text_is_left_alone(self) -> None:
        found = self.parsed({"a": 1}, 7, None, format="json")
        self.assertEqual([e.attributes for e in found], [{}, {}, {}])
        self.assertEqual(self.rig.metrics.get("processor_parse_errors"), 0)

    def test_named_fields_say_time_and_severity_whatever_the_prefix(self) -> None:
        text = '{"ts": "2026-11-26T09:00:00", "level": "warn"}'
        config = {"timestamp": "ts", "severity": "level", "location": "Europe/Vienna"}
        (found,) = self.parsed(text, format="json", prefix="app.", **config)
        self.assertEqual(found.time, 1_795_680_000_000_000_000)
        self.assertEqual((found.severity_number, found.severity_text), (13, "warn"))

    def test_a_line_of_syslog_becomes_the_event(self) -> None:
        (found,) = self.parsed("<12>Nov 26 08:00:00 h app: text", format="syslog", prefix="x.")
        self.assertEqual((found.body, found.severity_number), ("text", 13))
        self.assertEqual(found.attributes["x.syslog.hostname"], "h")

    def test_a_text_that_breaks_the_format_is_kept_flagged_and_counted(self) -> None:
        found = self.parsed('{"a": 1}', "{", format="json")
        self.assertEqual(
            [(e.body, e.attributes) for e in found],
            [('{"a": 1}', {"a": 1}), ("{", {FLAGS_KEY: ["bad_body"]})],
        )
        self.assertEqual(self.rig.metrics.get("processor_parse_errors"), 1)

    def test_a_text_that_breaks_the_format_may_be_ignored(self) -> None:
        found = self.parsed("{", format="json", on_error="ignore")
        self.assertEqual([e.attributes for e in found], [{}])
        self.assertEqual(self.rig.metrics.get("processor_parse_errors"), 0)

    def test_a_text_that_breaks_the_format_may_end_its_event_alone(self) -> None:
        found = self.parsed('{"a": 1}', "{", "[]", format="json", on_error="drop")
        self.assertEqual([e.body for e in found], ['{"a": 1}'])
        self.assertEqual(self.rig.count("dropped_items"), 2)
        self.assertEqual(self.rig.metrics.get("processor_dropped_items", reason="parse_failed"), 2)
        self.assertEqual(self.rig.metrics.get("processor_parse_errors"), 2)


class RefusalTests(SynchronousTestCase):
    def test_options_that_do_not_fit_the_format_are_refused(self) -> None:
        for config, message in (
            ({"format": "json", "pattern": "(?P<a>x)"}, "has no pattern"),
            ({"format": "regex", "pattern": "(?P<a>x)", "header": ["a"]}, "has no header"),
            ({"format": "kv", "mode": "strict"}, "has no mode"),
            ({"format": "csv"}, "needs header"),
            ({"format": "regex"}, "needs pattern"),
            ({"format": "regex", "pattern": "x"}, "named group"),
            ({"format": "regex", "pattern": "(?=x)"}, "not a regex of RE2"),
            ({"format": "csv", "header": ["a", "a"]}, "different names"),
            ({"format": "csv", "header": []}, "different names"),
            ({"format": "csv", "header": ["a"], "delimiter": ",,"}, "one character"),
            ({"format": "csv", "header": ["a"], "delimiter": '"'}, "no quote"),
            ({"format": "kv", "delimiter": " "}, "two different"),
            ({"format": "json", "timezone": "Mars/Base"}, "time zone"),
            ({"format": "xml"}, "expected"),
        ):
            with self.assertRaises(ValidationError) as caught:
                ParseConfig.model_validate(config)
            said = str(caught.exception).replace("Input should be", "expected")
            self.assertIn(message, said, config)

    def test_a_wrong_path_has_its_line_column_and_a_caret(self) -> None:
        path = Path(self.mktemp())
        path.write_text(
            "receivers: {generate: }\nexporters: {stdout: }\n"
            "processors:\n  parse:\n    format: json\n    from: log.boddy\n"
            "service: {pipelines: {logs: {receivers: [generate], processors: [parse], "
            "exporters: [stdout]}}}\n"
        )
        (problem,) = check(path)
        self.assertEqual((problem.line, problem.column), (6, 11))
        self.assertIn("did you mean body?", problem.message)

    def test_the_examples_of_the_documentation_run(self) -> None:
        docs = Path(__file__).parents[3] / "docs"
        page = (docs / "reference" / "processors" / "parse.md").read_text()
        (block,) = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        self.assertEqual(problems(block, Path(self.mktemp())), [])
        for name in get_args(ParseConfig.model_fields["format"].annotation):
            self.assertIn(f"format: {name}", block)
