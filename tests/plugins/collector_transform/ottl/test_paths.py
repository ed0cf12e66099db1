"""Paths: how each is read, and what setting it does."""

from __future__ import annotations

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Event, Resource, Scope
from collector_transform.program import Group, program
from tests.plugins.collector_transform.running import changed, event, ran, value


class PathTests(SynchronousTestCase):
    def test_every_field_is_read_and_set(self) -> None:
        found = changed(
            "set(log.severity_number, SEVERITY_NUMBER_WARN2)",
            'set(log.severity_text, "warn")',
            'set(log.event_name, "e")',
            "set(log.flags, 1)",
            "set(log.time_unix_nano, log.time_unix_nano + 1)",
            "set(log.observed_time, log.time)",
            'set(log.trace_id.string, "0102030405060708090a0b0c0d0e0f10")',
            "set(log.span_id, SpanID(0x0102030405060708))",
            'set(resource.attributes["host"], log.attributes["host"])',
            'set(resource.schema_url, "u")',
            'set(scope.name, "lib")',
            'set(instrumentation_scope.attributes["a"], 1)',
            'set(log.body["a"]["b"], log.span_id.string)',
            on=event({}, host="h"),
        )
        scope = found.resource.scope
        assert scope is not None
        self.assertEqual((found.severity_number, found.severity_text), (14, "warn"))
        self.assertEqual((found.event_name, found.flags), ("e", 1))
        self.assertEqual(found.observed_time, found.time)
        self.assertEqual(found.trace_id, bytes(range(1, 17)))
        self.assertEqual(found.resource.attributes, {"service.name": "shop", "host": "h"})
        self.assertEqual((found.resource.schema_url, scope.name), ("u", "lib"))
        self.assertEqual(scope.attributes, {"a": 1})
        self.assertEqual(found.body, {"a": {"b": "0102030405060708"}})

    def test_a_change_of_a_resource_keeps_the_rest_of_it(self) -> None:
        scope = Scope("lib", "1", {"a": 1}, "scope's", 3)
        on = event()
        on.resource = Resource({"r": 1}, scope, "resource's", 4)
        resource = changed('set(scope.version, "2")', 'set(resource.attributes["x"], 1)', on=on)
        found = msgspec.to_builtins(resource.resource)
        wanted = msgspec.to_builtins(Resource({"r": 1, "x": 1}, scope, "resource's", 4))
        wanted["scope"]["version"] = "2"
        self.assertEqual(found, wanted)
        found = changed(
            "set(log.attributes, {})",
            "set(log.dropped_attributes_count, 1)",
            "set(resource.dropped_attributes_count, scope.dropped_attributes_count + 1)",
            'set(scope.schema_url, "u") where scope.schema_url == ""',
        )
        self.assertEqual(found.dropped_attributes_count, 1)
        self.assertEqual(found.resource.dropped_attributes_count, 1)
        _, errors = ran("set(resource.dropped_attributes_count, -1)")
        self.assertEqual(len(errors), 1)

    def test_a_context_gives_paths_their_owner(self) -> None:
        self.assertEqual(changed("set(body, severity_text)", context="log").body, "ERROR")
        found = changed('set(attributes["a"], 1)', context="resource")
        self.assertEqual(found.resource.attributes["a"], 1)

    def test_a_dot_is_a_key_too(self) -> None:
        self.assertEqual(value("log.attributes.host", event(host="h")), "h")

    def test_keys_reach_into_maps_and_lists(self) -> None:
        on = event(a={"b": [1, {"c": 2}]}, key="a")
        self.assertEqual(value('log.attributes["a"]["b"][1]["c"]', on), 2)
        self.assertEqual(
            value('log.attributes[log.attributes["key"]]["b"][0]', event(**on.attributes)), 1
        )
        self.assertEqual(value('Split("a,b", ",")[1]'), "b")

    def test_what_is_below_attributes_is_never_changed_in_place(self) -> None:
        inner = {"b": 1}
        found = changed('set(log.attributes["a"]["b"], 2)', on=event(a=inner))
        self.assertEqual((inner, found.attributes), ({"b": 1}, {"a": {"b": 2}}))

    def test_attributes_in_the_body_are_a_copy(self) -> None:
        found = changed("set(log.body, log.attributes)", 'set(log.attributes["x"], 1)')
        self.assertEqual((found.body, found.attributes), ({}, {"x": 1}))

    def test_a_resource_is_replaced_and_shared_by_equal_changes(self) -> None:
        resource = Resource({"a": 1})
        events = [Event(0, f"b{n % 2}", {}, resource=resource) for n in range(4)]
        text = 'set(resource.attributes["b"], log.body)'
        program([Group((((), text),), "statement")]).run(events, print, [])
        self.assertEqual(resource.attributes, {"a": 1})
        self.assertEqual(events[1].resource.attributes, {"a": 1, "b": "b1"})
        self.assertIs(events[0].resource, events[2].resource)
        self.assertIsNot(events[0].resource, events[1].resource)

    def test_the_cache_lives_for_one_event(self) -> None:
        text = 'set(log.body, "again") where log.cache["seen"] == true'
        made = program([Group((((), text), ((), 'set(log.cache["seen"], true)')), "statement")])
        events = made.run([event("1"), event("2")], print, [])
        self.assertEqual([each.body for each in events], ["1", "2"])

    def test_a_key_of_what_has_none_is_an_error_of_the_event(self) -> None:
        (found,), errors = ran('set(log.body, log.attributes["a"]["b"])', on=event(a="s"))
        self.assertEqual((found.body, len(errors)), ("a line", 1))
        for given, said in ((None, "nil has no keys"), ("s", "a string has no keys"), ([], "end")):
            (found,), (error,) = ran('set(log.attributes["a"][0], 1)', on=event(a=given))
            self.assertEqual(found.attributes, {"a": given})
            self.assertIn(said, error)
