"""The filter and transform processors: what their configurations say, and what errors do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Batch, Misread
from collector.config.load import check
from collector.testing import ProcessorRig, context, events
from collector_transform.filter import FilterConfig, FilterProcessor
from collector_transform.program import MAX_STATEMENTS
from collector_transform.transform import TransformConfig, TransformProcessor


class ProcessorTests(SynchronousTestCase):
    def rig(self, processor: Any, **config: Any) -> ProcessorRig:
        self.context = context("processor", "p", Clock())
        made = processor(processor.config_type.model_validate(config), self.context)
        return ProcessorRig(made)

    def bodies(self, rig: ProcessorRig, *bodies: Any) -> list[Any]:
        """What goes on."""
        rig.send(Batch(events(*bodies)))
        self.assertEqual(rig.unsettled, 0)
        return [event.body for event in rig.sink.events]

    def test_filter_drops_what_any_condition_holds_for(self) -> None:
        for config in (
            {"log_conditions": ['log.body == "a"', 'IsMatch(log.body, "^b")']},
            {"log_conditions": [{"context": "log", "conditions": ['body == "a"', 'body == "b"']}]},
            {"logs": {"log_record": ['body == "a" or body == "b"']}},
        ):
            rig = self.rig(FilterProcessor, **config)
            self.assertEqual(self.bodies(rig, "a", "b", "c"), ["c"])
            self.assertEqual(rig.count("dropped_items"), 2)

    def test_transform_runs_groups_under_their_conditions(self) -> None:
        group = {
            "context": "log",
            "conditions": ['body == "a"', 'body == "b"'],
            "statements": ['set(body, Concat([body, "!"], ""))', 'drop() where body == "b!"'],
        }
        rig = self.rig(TransformProcessor, log_statements=[group])
        self.assertEqual(self.bodies(rig, "a", "b", "c"), ["a!", "c"])

    def test_an_error_is_counted_by_statement_and_obeys_the_mode(self) -> None:
        bad = "set(log.body, ParseJSON(log.body))"
        good = 'set(log.attributes["x"], 1)'
        for mode, left, lines in (("ignore", 1, 1), ("silent", 1, 0), ("propagate", 0, 1)):
            config = {"error_mode": mode, "log_statements": [bad, good]}
            rig = self.rig(TransformProcessor, **config)
            logged: list[str] = []
            self.patch(self.context.log, "warn", lambda said, to=logged, **_: to.append(said))
            self.assertEqual(len(self.bodies(rig, "no json")), left)
            self.bodies(rig, "no json")
            self.assertEqual([e.attributes for e in rig.sink.events], [{"x": 1}] * left * 2)
            self.assertEqual(len(logged), lines)  # the second is within a minute
            self.assertEqual(rig.metrics.get("processor_statement_errors"), 2)
            self.assertEqual(rig.count("dropped_items"), 0 if left else 2)

    def test_an_error_in_a_condition_does_not_stop_the_next_one(self) -> None:
        conditions = ['Len(log.attributes["none"]) > 1', 'log.body == "a"']
        rig = self.rig(FilterProcessor, log_conditions=conditions)
        self.assertEqual(self.bodies(rig, "a", "b"), ["b"])

    def test_a_processor_has_a_bound_of_statements(self) -> None:
        many = ["set(log.flags, 1)"] * (MAX_STATEMENTS + 1)
        with self.assertRaises(ValidationError) as caught:
            TransformConfig(log_statements=tuple(many))
        error = caught.exception.errors()[0]["ctx"]["error"]
        self.assertIsInstance(error, Misread)

    def test_a_filter_without_conditions_is_refused(self) -> None:
        self.assertRaises(ValidationError, FilterConfig)


_FILE = """\
receivers: {generate: }
processors:
  filter:
    log_conditions:
      - 'IsMtch(log.body, "it''s")'
      - log.body == "a" and
          log.boby == "b"
      - "log.body == \\"a\\" or logg.body == 1"
  transform:
    log_statements:
      - context: log
        statements:
          - |
            set(attributes["a"], 1)
              where body == 1 and boddy == 2
          - replace_pattern(body, "a", "$$1") where x == 1
exporters: {stdout: }
service:
  pipelines:
    logs: {receivers: [generate], processors: [filter, transform], exporters: [stdout]}
"""


class PlaceTests(SynchronousTestCase):
    def test_every_error_has_its_line_and_column_and_a_caret(self) -> None:
        path = Path(self.mktemp())
        path.write_text(_FILE)
        problems = check(path)
        lines = _FILE.splitlines()
        found = [lines[p.line - 1][p.column - 1 :].split()[0] for p in problems]
        self.assertEqual(
            found, ["IsMtch(log.body,", "log.boby", "logg.body", "boddy", "x"], problems
        )
        self.assertEqual(
            str(problems[0]).splitlines()[1:],
            ['    IsMtch(log.body, "it\'s")', "    ^^^^^^"],
        )
        self.assertIn("did you mean IsMatch?", problems[0].message)
