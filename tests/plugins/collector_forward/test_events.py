"""Entries into events: body, tag, pods, and OpenTelemetry records that came through Fluent Bit."""

from __future__ import annotations

from typing import Any

from msgpack import ExtType
from twisted.trial.unittest import SynchronousTestCase

from collector.api import FLAGS_KEY, UID_KEY, Event
from collector_forward.events import TAG_KEY, Writer
from tests.plugins.collector_forward.vectors import NOW, PEER, T, events_of

START, END = ExtType(0, b"\xff\xff\xff\xff\0\0\0\0"), ExtType(0, b"\xff\xff\xff\xfe\0\0\0\0")
TIME = ExtType(0, T.to_bytes(4) + bytes(4))


class PlainTests(SynchronousTestCase):
    def event(self, record: Any, time: Any = T, **more: Any) -> Event:
        (found,) = events_of(["app.web", time, record], **more)
        return found  # type: ignore[no-any-return]

    def test_the_first_body_key_that_is_there_is_the_body(self) -> None:
        keys = ("log", "message")
        event = self.event({"message": "m", "log": "l", "n": 1}, keys=keys)
        self.assertEqual(event.body, "l")
        self.assertEqual(event.attributes, {"message": "m", "n": 1, TAG_KEY: "app.web"})
        self.assertEqual(self.event({"message": {"a": 1}}, keys=keys).body, {"a": 1})

    def test_a_record_without_one_is_the_body(self) -> None:
        event = self.event({"n": 1})
        self.assertEqual((event.body, event.attributes), ({"n": 1}, {TAG_KEY: "app.web"}))

    def test_times(self) -> None:
        event = self.event({"log": "x"})
        self.assertEqual((event.time, event.observed_time), (T * 10**9, NOW))
        self.assertEqual(self.event({"log": "x"}, 0).time, NOW)
        odd = self.event({"log": "x"}, ExtType(0, T.to_bytes(4) + b"\xff" * 4))
        self.assertEqual(odd.attributes[FLAGS_KEY], ["bad_timestamp"])
        late = self.event({"log": "x"}, T * 1000)
        self.assertEqual((late.time, late.attributes[FLAGS_KEY]), (T * 10**9, ["scaled_timestamp"]))

    def test_flags_are_counted(self) -> None:
        writer = Writer(PEER, ("log",))
        writer.events("t", [(True, {"log": "x"}), (1, {}), (-1, {})], NOW, "", {})
        self.assertEqual(writer.flagged, {"bad_timestamp": 2})

    def test_record_ids_are_made_of_chunk_and_place(self) -> None:
        found = events_of(["t", [[T, {}], [T, {}]], {}], "c0ffee")
        self.assertEqual([e.attributes[UID_KEY] for e in found], ["c0ffee-0", "c0ffee-1"])
        self.assertNotIn(UID_KEY, self.event({}).attributes)

    def test_metadata_become_attributes(self) -> None:
        (event,) = events_of(["t", [[[TIME, {"a": b"\xff", 5: 1}], {"log": "x"}]], {}])
        said = {"fluent.metadata.a": "\\xff", "fluent.metadata.5": 1, TAG_KEY: "t"}
        self.assertEqual((event.attributes, event.resource), (said, PEER))

    def test_metadata_of_a_message_are_in_its_options(self) -> None:
        (event,) = events_of(["t", T, {"log": "x"}, {"metadata": {"a": 1}}])
        self.assertEqual(event.attributes["fluent.metadata.a"], 1)


class PodTests(SynchronousTestCase):
    SAID = {
        "pod_name": "shop-1",
        "namespace_name": "shop",
        "pod_id": "u",
        "host": "node",
        "container_name": "web",
        "docker_id": "d",
        "labels": {"app": "shop"},
        "annotations": {"a/b": "c"},
        "other": 1,
    }

    def test_become_the_resource(self) -> None:
        (event,) = events_of(["t", T, {"log": "x", "kubernetes": self.SAID}])
        self.assertEqual(event.attributes, {TAG_KEY: "t"})
        self.assertEqual(
            event.resource.attributes,
            {
                "net.peer.ip": "192.0.2.1",
                "k8s.pod.name": "shop-1",
                "k8s.namespace.name": "shop",
                "k8s.pod.uid": "u",
                "k8s.node.name": "node",
                "k8s.container.name": "web",
                "container.id": "d",
                "k8s.pod.label.app": "shop",
                "k8s.pod.annotation.a/b": "c",
                "kubernetes.other": 1,
            },
        )

    def test_a_pod_has_one_resource(self) -> None:
        changed = self.SAID | {"labels": {"app": "new"}}
        frame = ["t", [[T, {"kubernetes": said}] for said in (self.SAID, dict(self.SAID), changed)]]
        one, two, three = (event.resource for event in events_of(frame))
        self.assertIs(one, two)
        self.assertEqual(three.attributes["k8s.pod.label.app"], "new")

    def test_what_is_no_pod_stays(self) -> None:
        (event,) = events_of(["t", T, {"log": "x", "kubernetes": "no"}])
        self.assertEqual(event.attributes["kubernetes"], "no")
        (event,) = events_of(["t", T, {"kubernetes": {"pod_name": [1], "labels": 5}}])
        self.assertEqual(event.resource.attributes["k8s.pod.name"], [1])
        self.assertEqual(event.resource.attributes["kubernetes.labels"], 5)

    def test_very_many_pods_are_forgotten(self) -> None:
        frame = ["t", [[T, {"kubernetes": {"pod_name": f"p{n}"}}] for n in range(2500)]]
        self.assertEqual(events_of(frame)[2400].resource.attributes["k8s.pod.name"], "p2400")


class OpenTelemetryTests(SynchronousTestCase):
    META = {
        "observed_timestamp": 7,
        "timestamp": 5,
        "severity_number": 17,
        "severity_text": "ERROR",
        "attributes": {"k": "v", "raw": b"\xff"},
        "dropped_attributes_count": 3,
        "trace_id": bytes(range(16)),
        "span_id": bytes(range(8)),
        "trace_flags": 1,
        "event_name": "e",
    }
    GROUP = {
        "resource": {"attributes": {"service.name": "s"}, "schema_url": "https://r"},
        "scope": {"name": "n", "version": "1", "attributes": {"sa": 1}},
    }

    def through(self, *entries: Any) -> list[Event]:
        start = [[START, {"schema": "otlp", "resource_id": 0, "scope_id": 0}], self.GROUP]
        return events_of(["t", [start, *entries, [[END, {}], {}]], {}])  # type: ignore[no-any-return]

    def test_a_record_is_whole_again(self) -> None:
        (event,) = self.through([[TIME, {"otlp": self.META}], {"log": "hi"}])
        resource = event.resource
        event.resource = PEER
        self.assertEqual(
            event,
            Event(
                5,
                "hi",
                {"k": "v", "raw": "\\xff"},
                17,
                "ERROR",
                7,
                bytes(range(16)),
                bytes(range(8)),
                1,
                "e",
                PEER,
                3,
            ),
        )
        self.assertEqual(resource.attributes, {"service.name": "s"})
        self.assertEqual(resource.schema_url, "https://r")
        scope = resource.scope
        assert scope is not None
        self.assertEqual((scope.name, scope.version, scope.attributes), ("n", "1", {"sa": 1}))

    def test_a_body_that_is_a_map(self) -> None:
        (event,) = self.through([[TIME, {"otlp": {}}], {"log": "hi", "more": 1}])
        self.assertEqual((event.body, event.time), ({"log": "hi", "more": 1}, T * 10**9))

    def test_what_is_not_as_it_should_be_is_kept(self) -> None:
        odd = {"trace_id": b"short", "severity_number": 99, "attributes": 5, "event_name": 1}
        (event,) = self.through([[TIME, {"otlp": odd}], {"log": "hi"}])
        self.assertEqual((event.trace_id, event.severity_number), (b"", 0))
        said = {"otlp.trace_id": "short", "otlp.severity_number": 99}
        self.assertEqual(event.attributes, said | {"otlp.attributes": 5, "otlp.event_name": 1})

    def test_groups_end(self) -> None:
        frame = [
            "t",
            [
                [[START, {}], self.GROUP],
                [[TIME, {}], {"log": "in"}],
                [[END, {}], {}],
                [[TIME, {}], {"log": "out"}],
            ],
            {},
        ]
        inside, outside = events_of(frame)
        self.assertEqual(inside.resource.attributes, {"service.name": "s"})
        self.assertIs(outside.resource, PEER)
