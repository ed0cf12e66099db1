"""Requests into events: quick and careful ways give the same, and nothing is lost on either."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.api import NOTHING, Event
from collector_dynatrace.ingest.model import Room
from collector_dynatrace.ingest.request import Opened
from collector_http.events import EventReader, LooseReader

NOW = 1_795_660_000_000_000_000
TIME = "2026-11-26T04:26:40.123Z"
KEYS = (
    "content",
    "message",
    "timestamp",
    "time",
    "loglevel",
    "status",
    "a",
    "B",
    "trace_id",
    "msg",
)
VALUES = st.sampled_from(["x", "info", "ERROR", TIME, "1765281600", 200, 1.5, True, "", "f" * 32])
NESTED = VALUES | st.none() | st.lists(VALUES, max_size=2) | st.dictionaries(st.text(), VALUES)


def reader(
    *members: Any,
    kind: type[EventReader] = EventReader,
    model: str = "raw",
    **parameters: Any,
) -> EventReader:
    request = Opened("application/json", model, list(members), parameters, Room(1_000_000))
    return kind(request, 5, NOW, NOTHING)


def read(*members: Any, **options: Any) -> list[Event]:
    return reader(*members, **options).events()


def facts(event: Event) -> tuple[Any, ...]:
    said = (event.severity_number, event.severity_text, event.trace_id, event.span_id)
    return (event.time, event.body, event.attributes, *said)


class ReadTests(SynchronousTestCase):
    def test_fields_are_found(self) -> None:
        (event,) = read({"content": "hi", "timestamp": TIME, "loglevel": "warn", "a": 1})
        self.assertEqual((event.time, event.observed_time), (1795667200123000000, NOW))
        self.assertEqual((event.body, event.attributes), ("hi", {"a": 1}))
        self.assertEqual((event.severity_number, event.severity_text), (13, "warn"))

    def test_words_for_levels(self) -> None:
        words = {
            "TRACE": 1,
            "debug": 5,
            "Informational": 9,
            "notice": 10,
            "WARNING": 13,
            "err": 17,
            "severe": 17,
            "crit": 18,
            "alert": 19,
            "fatal": 21,
        }
        for word, number in words.items():
            for kind in (EventReader, LooseReader):
                (event,) = read({"content": "", "level": word}, kind=kind)
                self.assertEqual((event.severity_number, event.severity_text), (number, word))

    def test_what_is_no_level_stays(self) -> None:
        (event,) = read({"message": "", "status": 200, "level": "info"})
        self.assertEqual((event.severity_number, event.attributes), (9, {"status": 200}))
        (event,) = read({"message": "", "status": "ok"})
        self.assertEqual((event.severity_number, event.attributes), (0, {"status": "ok"}))
        (event,) = read({"message": "", "status": "success"}, kind=LooseReader)
        self.assertEqual((event.severity_number, event.attributes), (0, {"status": "success"}))

    def test_a_time_that_cannot_be_read_is_kept(self) -> None:
        found = reader({"message": "", "time": "soon"})
        (event,) = found.events()
        self.assertEqual((event.time, event.attributes), (NOW, {"unparsed_timestamp": "soon"}))
        self.assertEqual(found.unparsed, 1)

    def test_trace_context(self) -> None:
        trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
        one, two = read(
            {"message": "", "trace_id": trace, "span_id": span}, {"message": "", "trace_id": "7"}
        )
        self.assertEqual((one.trace_id.hex(), one.span_id.hex(), one.attributes), (trace, span, {}))
        self.assertEqual((two.trace_id, two.attributes), (b"", {"trace_id": "7"}))

    def test_members_that_are_no_objects_are_counted(self) -> None:
        found = reader({"content": "a"}, 1, None, [])
        self.assertEqual([event.body for event in found.events()], ["a"])
        self.assertEqual(found.invalid, 3)

    def test_parameters_win(self) -> None:
        (event,) = read({"content": "x", "team": "backend"}, team="payments", env=["a", "b"])
        wanted = {"team": "payments", "env": ["a", "b"], "overwritten1.team": "backend"}
        self.assertEqual(event.attributes, wanted)
        (event,) = read({"content": "x"}, content="y")
        self.assertEqual((event.body, event.attributes), ("y", {"overwritten1.content": "x"}))

    def test_nested_values_by_model(self) -> None:
        member = {"content": "", "t": {"id": 1}}
        self.assertEqual(read(copy.deepcopy(member))[0].attributes, {"t": '{"id": 1}'})
        (event,) = read(copy.deepcopy(member), model="flattened")
        self.assertEqual(event.attributes, {"t.id": 1})
        self.assertEqual(read(member, kind=LooseReader)[0].attributes, {"t": {"id": 1}})

    def test_no_message(self) -> None:
        member = {"t": {"id": 1}, "level": "info"}
        self.assertEqual(read(copy.deepcopy(member))[0].body, "")
        (event,) = read(copy.deepcopy(member), model="flattened")
        self.assertEqual(event.body, '{"t":{"id":1},"level":"info"}')
        (event,) = read(copy.deepcopy(member), kind=LooseReader, env="prod")
        self.assertEqual((event.body, event.attributes), ({"t": {"id": 1}}, {"env": "prod"}))
        self.assertEqual(event.severity_number, 9)

    def test_messages_of_loggers(self) -> None:
        for key in ("msg", "text", "log", "MESSAGE"):
            self.assertEqual(read({key: "hi"}, kind=LooseReader)[0].body, "hi")

    @settings(max_examples=300, deadline=None)
    @given(
        st.lists(st.dictionaries(st.sampled_from(KEYS), NESTED, max_size=5), max_size=4),
        st.sampled_from([EventReader, LooseReader]),
        st.sampled_from(["raw", "flattened"]),
        st.sampled_from([{}, {"env": "prod"}, {"a": "b"}, {"message": "b"}, {"time": TIME}]),
    )
    def test_together_and_alone_give_the_same(
        self,
        members: list[dict[str, Any]],
        kind: type[EventReader],
        model: str,
        parameters: dict[str, Any],
    ) -> None:
        options: dict[str, Any] = {"kind": kind, "model": model, **parameters}
        together = read(*copy.deepcopy(members), **options)
        # What is no object sends all of its request the careful way.
        alone = [read(copy.deepcopy(member), 1, **options)[0] for member in members]
        self.assertEqual(list(map(facts, together)), list(map(facts, alone)))
