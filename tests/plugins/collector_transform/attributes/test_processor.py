"""The attributes and resource processors on batches, and what `include` and `exclude` match."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Batch, Event, Processor, Resource, Scope
from collector.config.load import check
from collector.testing import ProcessorRig, context, events
from collector_transform.attributes.processor import AttributesConfig, AttributesProcessor
from collector_transform.attributes.properties import Properties
from collector_transform.attributes.resource import ResourceConfig, ResourceProcessor
from collector_transform.ottl.regex import MAX_TEXT

_MARK = {"key": "seen", "action": "insert", "value": True}


def attributes(**config: Any) -> AttributesProcessor:
    made = AttributesConfig.model_validate({"actions": [_MARK], **config})
    return AttributesProcessor(made, context("processor", "attributes", Clock()))


class ResourceTests(SynchronousTestCase):
    def make(self) -> Processor[Any]:
        config = ResourceConfig.model_validate({"attributes": [_MARK]})
        return ResourceProcessor(config, context("processor", "resource", Clock()))

    def test_a_resource_is_replaced_once_for_all_events_of_a_batch(self) -> None:
        rig = ProcessorRig(self.make())
        one, other = Resource({"a": 1}, Scope("lib"), "url", 3), Resource({"a": 1})
        batch = Batch(events("1", "2", "3"))
        for event, resource in zip(batch.events, (one, other, one), strict=True):
            event.resource = resource
        rig.send(batch)
        first, second, third = (event.resource for event in rig.sink.events)
        self.assertIs(first, third)
        self.assertIsNot(first, second)
        self.assertEqual(first.attributes, {"a": 1, "seen": True})
        self.assertEqual(
            (first.scope, first.schema_url, first.dropped_attributes_count), (one.scope, "url", 3)
        )
        self.assertEqual(one.attributes, {"a": 1})


class MatchingTests(SynchronousTestCase):
    event = Event(
        1, "AUTH failed", {"env": "dev", "n": 1, "f": 1.0}, 13, "warn",
        resource=Resource({"host.type": "n1"}, Scope("mongo", "3.8")),
    )  # fmt: skip

    def matches(self, event: Event | None = None, **properties: Any) -> bool:
        return Properties.model_validate(properties).test()(event or self.event)

    def test_strict_takes_equal_values_of_the_same_type(self) -> None:
        wanted: dict[str, Any]
        for wanted in (
            {"attributes": [{"key": "env", "value": "dev"}, {"key": "n"}]},
            {"resources": [{"key": "host.type", "value": "n1"}]},
            {"libraries": [{"name": "x"}, {"name": "mongo"}]},
            {"libraries": [{"name": "mongo", "version": "3.8"}]},
            {"log_bodies": ["x", "AUTH failed"]},
            {"log_severity_texts": ["warn"]},
            {"log_severity_number": {"min": 13}},
        ):
            self.assertTrue(self.matches(match_type="strict", **wanted), wanted)
        for wanted in (
            {"attributes": [{"key": "env", "value": "dev"}, {"key": "m"}]},
            {"attributes": [{"key": "n", "value": True}]},
            {"attributes": [{"key": "f", "value": 1}]},
            {"resources": [{"key": "host.type", "value": "n"}]},
            {"libraries": [{"name": "mongo", "version": ""}]},
            {"log_bodies": ["AUTH"]},
            {"log_bodies": ["AUTH failed"], "log_severity_texts": ["info"]},
            {"log_severity_number": {"min": 14}},
        ):
            self.assertFalse(self.matches(match_type="strict", **wanted), wanted)

    def test_regexp_looks_anywhere_in_the_text_of_scalars(self) -> None:
        for wanted, found in (
            ({"log_bodies": ["^AUTH"]}, True),
            ({"log_bodies": ["^failed"]}, False),
            ({"attributes": [{"key": "n", "value": "^1$"}]}, True),
            ({"attributes": [{"key": "env", "value": "e"}]}, True),
            ({"libraries": [{"name": "^m", "version": "^3"}]}, True),
            ({"libraries": [{"name": "^m", "version": "^4"}]}, False),
        ):
            self.assertEqual(self.matches(match_type="regexp", **wanted), found, wanted)
        nested = Event(1, {"a": 1}, {"env": [1]})
        self.assertFalse(
            self.matches(nested, match_type="regexp", attributes=[{"key": "env", "value": "1"}])
        )
        self.assertTrue(self.matches(nested, match_type="regexp", log_bodies=['"a":1']))

    def test_a_severity_that_nobody_said_matches_where_that_is_asked_for(self) -> None:
        said = {"min": 1, "match_undefined": True}
        self.assertTrue(
            self.matches(Event(1, "", {}), match_type="strict", log_severity_number=said)
        )
        self.assertFalse(
            self.matches(Event(1, "", {}), match_type="strict", log_severity_number={})
        )

    def test_actions_are_for_what_include_matches_and_exclude_does_not(self) -> None:
        rig = ProcessorRig(
            attributes(
                include={"match_type": "regexp", "log_bodies": ["^a"]},
                exclude={"match_type": "strict", "attributes": [{"key": "keep"}]},
            )
        )
        batch = Batch([*events("a1", "b"), *events("a2", keep=1), *events("a" * (MAX_TEXT + 1))])
        rig.send(batch)
        seen = ["seen" in event.attributes for event in rig.sink.events]
        self.assertEqual(seen, [True, False, False, False])
        self.assertEqual(rig.metrics.get("processor_statement_errors"), 1)

    def test_what_is_not_for_logs_or_no_regex_is_refused(self) -> None:
        for wanted in (
            {"match_type": "strict"},
            {"match_type": "strict", "services": ["a"]},
            {"match_type": "regexp", "log_bodies": ["("]},
            {"match_type": "regexp", "attributes": [{"key": "a", "value": 1}]},
            {"match_type": "regexp", "libraries": [{"name": "(", "version": "("}]},
        ):
            self.assertRaises(ValidationError, Properties.model_validate, wanted)


_FILE = """\
receivers: {generate: }
processors:
  attributes:
    include:
      match_type: regexp
      regexp: {cacheenabled: true}
      services: [a]
      log_bodies: ['(x']
    actions:
      - {key: a, action: insert, from_context: metadata.x}
      - {key: a, action: extract, pattern: '(?P<a>a)(?=b)'}
      - {key: a, action: hash, value: 5}
      - {key: a, action: inset, value: 5}
  attributes/regex:
    exclude: {match_type: regexp, regexp: {cacheenabled: true}, log_bodies: ['(x']}
    actions:
      - {key: a, action: delete}
exporters: {stdout: }
service:
  pipelines:
    logs: {receivers: [generate], processors: [attributes, attributes/regex], exporters: [stdout]}
"""


class PlaceTests(SynchronousTestCase):
    def test_every_error_has_its_place(self) -> None:
        path = Path(self.mktemp())
        path.write_text(_FILE)
        problems = check(path)
        found = [(p.line, _FILE.splitlines()[p.line - 1][p.column - 1 :][:6]) for p in problems]
        wanted = [
            (7, "[a]"),
            (10, "metada"),
            (11, "(?P<a>"),
            (12, "5}"),
            (13, "inset,"),
            (15, "(x']}"),
        ]
        self.assertEqual(found, wanted, "\n".join(map(str, problems)))

    def test_a_cache_for_matches_is_taken_with_a_warning(self) -> None:
        config = AttributesConfig.model_validate(
            {
                "actions": [_MARK],
                "exclude": {"match_type": "regexp", "regexp": {}, "log_bodies": ["a"]},
            }
        )
        self.assertEqual(len(list(AttributesProcessor.config_warnings(config))), 1)
