"""Events, batches and the flags they carry."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector.event import FLAGS, FLAGS_KEY, NOTHING, Batch, Event, Resource, copy_event, flag


class EventTests(SynchronousTestCase):
    def test_an_event_without_a_source_has_the_empty_resource(self) -> None:
        self.assertIs(Event(0, "x", {}).resource, NOTHING)

    def test_a_copy_has_attributes_of_its_own_and_shares_the_resource(self) -> None:
        event = Event(1, "x", {"a": 1}, resource=Resource({"host.name": "h"}))
        twin = copy_event(event)
        twin.attributes["a"] = 2
        twin.body = "y"
        self.assertEqual((event.attributes, event.body), ({"a": 1}, "x"))
        self.assertIs(twin.resource, event.resource)

    def test_a_copied_batch_can_be_changed_alone(self) -> None:
        batch = Batch([Event(1, "x", {})], 10)
        copy = batch.copy()
        copy.events[0].attributes["k"] = "v"
        copy.events.append(Event(2, "y", {}))
        self.assertEqual((len(batch), batch.events[0].attributes, copy.size), (1, {}, 10))

    def test_an_empty_batch_is_false(self) -> None:
        self.assertFalse(Batch([]))

    def test_resources_are_told_apart_by_identity(self) -> None:
        one, other = Resource({"a": 1}), Resource({"a": 1})
        self.assertEqual({one: 1, other: 2}[one], 1)
        self.assertNotEqual(one, other)


class FlagTests(SynchronousTestCase):
    def test_a_flag_is_said_once(self) -> None:
        event = Event(0, "x", {})
        for name in ("truncated", "invalid_utf8", "truncated"):
            flag(event, name)
        self.assertEqual(event.attributes[FLAGS_KEY], ["truncated", "invalid_utf8"])

    def test_flags_of_a_copy_are_not_those_of_the_event(self) -> None:
        event = Event(0, "x", {})
        flag(event, "truncated")
        flag(copy_event(event), "invalid_utf8")
        self.assertEqual(event.attributes[FLAGS_KEY], ["truncated"])

    def test_what_the_source_put_in_that_attribute_gives_way(self) -> None:
        event = Event(0, "x", {FLAGS_KEY: "mine"})
        flag(event, "truncated")
        self.assertEqual(event.attributes[FLAGS_KEY], ["truncated"])

    def test_only_documented_flags_may_be_said(self) -> None:
        self.assertRaises(AssertionError, flag, Event(0, "x", {}), "odd")
        self.assertEqual([name for name, text in FLAGS.items() if not text], [])
