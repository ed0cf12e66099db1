"""Events to request bodies: the mapping, and that the server finds nothing to correct."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.api import UID_KEY, Event, Resource, Scope, flag
from collector_dynatrace.attributes import TRIMMED_KEY
from collector_dynatrace.bodies import Packing, array, split
from collector_dynatrace.careful import Careful
from collector_dynatrace.ingest.record import PROFILES
from collector_dynatrace.ingest.request import Rules, ingest
from collector_dynatrace.limits import CLASSIC_CLIENT, GRAIL_CLIENT, LEVELS, Limits
from collector_dynatrace.rows import Rows, _Nest

NOW = 1_795_430_115_123_456_789
STAMP = "2026-11-23T10:35:15.123Z"
SYSLOG = {"syslog.hostname": "web1", "syslog.severity": 3, "syslog.facility": 4}


LEVEL_TABLE = {
    -1: "NONE",
    0: "NONE",
    1: "DEBUG",
    8: "DEBUG",
    9: "INFO",
    10: "NOTICE",
    12: "NOTICE",
    13: "WARN",
    16: "WARN",
    17: "ERROR",
    18: "CRITICAL",
    19: "ALERT",
    20: "ALERT",
    21: "EMERGENCY",
    24: "EMERGENCY",
    25: "NONE",
}
GUARDED = (
    "timestamp",
    "loglevel",
    "content",
    "status",
    "event.type",
    "Status",
    "TIMESTAMP",
    "dt.ingest.source.ip",
    "dt.openpipeline.source",
    "DT.ingest.x",
)


class Told:
    """What an encoder reported."""

    def __init__(self) -> None:
        self.trimmed: Counter[str] = Counter()
        self.restamped = 0

    def trim(self, n: int, what: str) -> None:
        self.trimmed[what] += n

    def restamp(self, n: int) -> None:
        self.restamped += n


def rows_of(
    *events: Event, told: Told | None = None, limits: Limits = GRAIL_CLIENT, **options: Any
) -> list[dict[str, Any]]:
    told = told or Told()
    rows = Rows(limits, trimmed=told.trim, restamped=told.restamp, now=lambda: NOW, **options)
    return [row for body in rows.encode(events) for row in orjson.loads(body.data)]


def row_of(event: Event, **options: Any) -> dict[str, Any]:
    found = rows_of(event, **options)
    assert len(found) == 1
    return found[0]


def event(body: Any = "x", attributes: Any = None, **more: Any) -> Event:
    return Event(more.pop("time", NOW), body, {} if attributes is None else attributes, **more)


class TestMapping:
    def test_a_syslog_event(self) -> None:
        source = Resource(
            {
                "net.peer.ip": "10.1.2.3",
                "net.peer.port": 40000,
                "net.peer.name": "web1",
                "net.host.ip": "10.0.0.1",
                "net.host.name": "us",
                "net.host.port": 5514,
                "net.transport": "ip_tcp",
                "log.source": "syslog",
            }
        )
        row = row_of(event("disk full", dict(SYSLOG), severity_number=17, resource=source))
        uid = row.pop(UID_KEY)
        assert uid.endswith("-0")
        assert len(uid) < 20
        assert row == {
            **SYSLOG,
            "timestamp": STAMP,
            "loglevel": "ERROR",
            "content": "disk full",
            "dt.ingest.source.ip": "10.1.2.3",
            "dt.ingest.port": 5514,
            "net.transport": "ip_tcp",
            "log.source": "syslog",
        }

    @pytest.mark.parametrize(("number", "level"), LEVEL_TABLE.items())
    def test_levels(self, number: int, level: str) -> None:
        assert row_of(event(severity_number=number))["loglevel"] == level
        assert level in LEVELS

    def test_a_level_without_a_number_is_read_from_its_text(self) -> None:
        assert row_of(event(severity_text="Warning"))["loglevel"] == "WARN"
        assert row_of(event(severity_text="whatever", attributes={"a": [1]}))["loglevel"] == "WARN"

    @pytest.mark.parametrize(
        ("body", "content"),
        [
            ("text", "text"),
            (None, ""),
            ("", ""),
            (5, "5"),
            (True, "true"),
            (1.5, "1.5"),
            ({"a": [1, None]}, '{"a":[1,null]}'),
            (["é"], '["é"]'),
            (b"\xffraw", "\\xffraw"),
            ("lone \ud800", "lone \\ud800"),
            ({1: 1 << 80}, '{"1":"1208925819614629174706176"}'),
        ],
    )
    def test_content_is_always_text(self, body: Any, content: str) -> None:
        assert row_of(event(body))["content"] == content
        assert row_of(event(body, {"a": {"b": 1}}))["content"] == content

    def test_ids_and_name(self) -> None:
        for own in ({}, {"n": {"m": 1}}):
            row = row_of(
                event("x", own, trace_id=b"\x01" * 16, span_id=b"\x02" * 8, event_name="e")
            )
            assert (row["trace_id"], row["span_id"]) == ("01" * 16, "02" * 8)
            assert row["event.name"] == "e"

    def test_an_events_attribute_wins_over_its_resources(self) -> None:
        source = Resource({"host.name": "relay", "Zone": 1, "a": 1})
        row = row_of(event("x", {"host.name": "web1", "zone": 2}, resource=source))
        assert (row["host.name"], row["zone"], row["a"]) == ("web1", 2, 1)
        assert "Zone" not in row

    def test_scope_and_constants(self) -> None:
        source = Resource({"a": "resource"}, Scope("lib", "1.2", {"s": 1}))
        row = row_of(
            event("x", {"b": "event"}, resource=source),
            constants={"a": "constant", "b": "constant", "c": "constant"},
        )
        assert (row["a"], row["b"], row["c"], row["s"]) == ("resource", "event", "constant", 1)
        assert (row["otel.scope.name"], row["otel.scope.version"]) == ("lib", "1.2")

    def test_record_ids_differ_and_are_kept(self) -> None:
        rows = Rows(now=lambda: NOW)
        found = [
            row[UID_KEY]
            for _ in range(2)
            for body in rows.encode([event(str(n), dict(SYSLOG)) for n in range(6000)])
            for row in orjson.loads(body.data)
        ]
        assert len(set(found)) == 12000
        assert row_of(event("x", {UID_KEY: "mine"}))[UID_KEY] == "mine"
        some = rows_of(*(event("x", {UID_KEY: f"my {n}"} if n % 2 else {}) for n in range(40)))
        assert [row[UID_KEY] for row in some[1::2]] == [f"my {n}" for n in range(1, 40, 2)]
        assert len({row[UID_KEY] for row in some}) == 40
        assert row_of(event("x", {UID_KEY: "mine"}), record_uid=False)[UID_KEY] == "mine"
        assert row_of(event("x", {UID_KEY.upper(): "mine"}))[UID_KEY.upper()] == "mine"
        assert UID_KEY not in row_of(event(), record_uid=False)
        assert UID_KEY not in row_of(event("x", {"a": [1]}), record_uid=False)

    def test_a_mix_keeps_its_order(self) -> None:
        events = []
        for n in range(500):
            one = event(f"{n}", dict(SYSLOG), resource=Resource({"net.peer.ip": f"10.0.0.{n % 9}"}))
            if n % 7 == 0:
                flag(one, "missing_pri")
            if n % 31 == 0:
                one.body += "x" * 40_000
            if n % 50 == 0:
                one.attributes["host.name"] = {"nested": "\ud800"}
            events.append(one)
        found = rows_of(*events)
        assert [int(row["content"].rstrip("x")) for row in found] == list(range(500))
        assert [row["dt.ingest.source.ip"][-1] for row in found] == [str(n % 9) for n in range(500)]
        assert len({row[UID_KEY] for row in found}) == 500

    def test_both_ways_make_the_same_row(self) -> None:
        source = Resource({"net.peer.ip": "::1", "log.source": "syslog"})
        for severity in range(25):
            one = event("x", dict(SYSLOG), severity_number=severity, resource=source)
            other = event("x", SYSLOG | {"zz": None}, severity_number=severity, resource=source)
            first, second = rows_of(one), rows_of(other)
            del first[0][UID_KEY], second[0][UID_KEY]
            assert first == second


class TestTime:
    def test_the_time_an_event_was_seen_stands_in(self) -> None:
        assert row_of(event(time=0, observed_time=NOW - 10**9))["timestamp"][-7:] == "14.123Z"
        assert row_of(event(time=0))["timestamp"] == STAMP

    def test_old_and_future_events_are_restamped(self) -> None:
        told = Told()
        old, new = NOW - 24 * 3600 * 10**9, NOW + 3600 * 10**9
        found = rows_of(*[event(time=t) for t in (old, NOW, new, old)], told=told)
        assert [row["timestamp"] for row in found] == [STAMP] * 4
        originals = [row.get("original.timestamp") for row in found]
        assert originals[0] == originals[3] == "2026-11-22T10:35:15.123456789Z"
        assert originals[2] == "2026-11-23T11:35:15.123456789Z"
        assert originals[1] is None
        assert told.restamped == 3

    def test_old_events_are_left_as_they_are_where_that_is_wanted(self) -> None:
        row = row_of(event(time=NOW - 48 * 3600 * 10**9), restamp=False)
        assert row["timestamp"] == "2026-11-21T10:35:15.123Z"

    @pytest.mark.parametrize("at", [-5, 1 << 62, 1 << 80, 1.5, "soon", None])
    def test_a_time_that_is_none(self, at: Any) -> None:
        assert row_of(event(time=at))["timestamp"] == STAMP

    def test_the_oldest_time_is_known(self) -> None:
        rows = Rows(now=lambda: NOW)
        times = [NOW, 0, NOW - 5, NOW + 7]
        assert rows.encode([event(time=t) for t in times])[0].oldest_ns == NOW - 5
        assert rows.encode([event(time=0)])[0].oldest_ns == NOW
        assert rows.encode([event(time=0, observed_time=NOW - 9)])[0].oldest_ns == NOW - 9

    def test_the_oldest_time_is_that_of_the_rows(self) -> None:
        rows, old = Rows(now=lambda: NOW), NOW - 48 * 3600 * 10**9
        ahead = NOW + 3600 * 10**9
        times: dict[Any, int] = {
            (old, NOW - 5, -7): NOW - 5,
            (old,): NOW,
            (ahead, old): NOW,
            (-7,): NOW,
        }
        for odd in ("soon", 1.5, 1 << 80):
            times[NOW - 5, odd] = NOW - 5
        for said, oldest in times.items():
            assert rows.encode([event(time=t) for t in said])[0].oldest_ns == oldest
        kept = Rows(now=lambda: NOW, restamp=False).encode([event(time=old), event()])
        assert kept[0].oldest_ns == old


class TestNames:
    @pytest.mark.parametrize("key", GUARDED)
    def test_guarded(self, key: str) -> None:
        row = row_of(event("x", {key: "user's"}, severity_number=9))
        assert row[f"attr.{key}"] == "user's"
        assert (row["timestamp"], row["loglevel"], row["content"]) == (STAMP, "INFO", "x")

    @pytest.mark.parametrize(
        "key",
        ["level", "severity", "message", "log", "time", "date", "ts", "body", "dt.entity.host"],
    )
    def test_not_guarded(self, key: str) -> None:
        assert row_of(event("x", {key: "12:00"}))[key] == "12:00"

    def test_a_nested_guarded_key(self) -> None:
        assert row_of(event("x", {"event": {"type": "t"}}))["attr.event.type"] == "t"

    def test_clashes_keep_both(self) -> None:
        told = Told()
        row = row_of(event("x", {"a": {"b": 1}, "a.b": 2, "A.B": 3}), told=told)
        assert (row["a.b"], row["overwritten1.a.b"], row["overwritten2.A.B"]) == (1, 2, 3)
        assert told.trimmed["clash"] == 1

    @pytest.mark.parametrize(("key", "name"), [(1, "1"), (None, "None"), ("", "_"), (b"k", "k")])
    def test_keys_that_are_no_names(self, key: Any, name: str) -> None:
        assert row_of(event("x", {key: "v"}))[name] == "v"


class TestValues:
    @pytest.mark.parametrize(
        ("value", "sent"),
        [
            (float("nan"), "nan"),
            (float("-inf"), "-inf"),
            (1 << 80, str(1 << 80)),
            (-(1 << 63), -(1 << 63)),
            (b"\xff", "\\xff"),
            (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
            ("\udcff", "\\udcff"),
            ({}, "{}"),
            ([], []),
            ([1, 2.5], [1, 2.5]),
            ([1, "a", True, None], ["1", "a", "true", None]),
            ([{"a": 1}, [2]], ['{"a":1}', "[2]"]),
            (("a",), ["a"]),
            ({"x"}, ["x"]),
            (1.5, 1.5),
            (False, False),
        ],
    )
    def test_values(self, value: Any, sent: Any) -> None:
        assert row_of(event("x", {"k": value}))["k"] == sent

    def test_a_number_too_long_for_decimals(self) -> None:
        assert row_of(event("x", {"k": 10**5000}))["k"] == hex(10**5000)

    def test_none_is_left_out(self) -> None:
        assert "k" not in row_of(event("x", {"k": None, "a": 1}))

    def test_an_object_whose_text_fails(self) -> None:
        class Broken:
            def __str__(self) -> str:
                raise RuntimeError

        assert row_of(event("x", {"k": Broken()}))["k"] == "<Broken>"

    def test_nested_values_become_dotted(self) -> None:
        row = row_of(event("x", {"k8s": {"pod": {"name": "p"}, "labels": {"a/b": "c"}}}))
        assert (row["k8s.pod.name"], row["k8s.labels.a/b"]) == ("p", "c")

    def test_too_deep_is_text(self) -> None:
        told = Told()
        row = row_of(event("x", {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}), told=told)
        assert row["a.b.c.d.e"] == '{"f":1}'
        assert row[TRIMMED_KEY] == ["depth"]
        assert told.trimmed == {"depth": 1}

    def test_a_value_that_holds_itself(self) -> None:
        loop: dict[str, Any] = {"a": 1}
        loop["loop"] = loop
        assert row_of(event(loop, {"k": loop, "list": [loop]}))["k.a"] == 1


class TestLimits:
    def test_long_content_and_values(self) -> None:
        for limits in (GRAIL_CLIENT, CLASSIC_CLIENT):
            told = Told()
            row = row_of(
                event("é" * 6_000_000, {"syslog.v": "漢" * 20_000, "k" * 300: 1}),
                told=told,
                limits=limits,
            )
            assert len(row["syslog.v"].encode()) in range(limits.value - 3, limits.value + 1)
            assert len(row["content"].encode()) <= limits.content
            assert row["k" * 100] == 1
            assert row[TRIMMED_KEY] == ["content", "key", "value"]
            assert told.trimmed == {"content": 1, "key": 1, "value": 1}

    @pytest.mark.parametrize("length", [31_990, 31_999, 32_000, 32_001, 40_000])
    def test_the_length_of_a_value_at_the_limit(self, length: int) -> None:
        row = row_of(event("x", {"syslog.v": "v" * length}))
        assert len(row["syslog.v"]) == min(length, 32_000)
        assert (TRIMMED_KEY in row) == (length > 32_000)

    def test_long_lists_and_many_attributes(self) -> None:
        for limits, most in ((GRAIL_CLIENT, 500), (CLASSIC_CLIENT, 50)):
            told = Told()
            own = {"list": list(range(40))} | {f"k{n:03}": n for n in range(600)}
            resource = Resource({f"r{n}": n for n in range(600)})
            row = row_of(event("x", own, resource=resource), told=told, limits=limits)
            assert row["list"] == list(range(32))
            assert most // 2 < len(row) <= most
            assert row[TRIMMED_KEY] == ["count", "values"]
            assert told.trimmed["values"] == 1

    def test_attributes_may_take_the_room_that_a_resource_leaves(self) -> None:
        told = Told()
        row = row_of(event("x", {f"k{n:03}": n for n in range(480)}), told=told)
        assert row["k479"] == 479
        assert not told.trimmed

    def test_a_record_over_9_mb(self) -> None:
        told = Told()
        row = row_of(event("\x01" * 8_000_000, {"a": "b"}), told=told)
        assert len(orjson.dumps(row)) <= 9_000_000
        assert len(row["content"]) > 1_000_000
        assert told.trimmed == {"content": 1}
        many = {f"k{n}": "v" * 31_000 for n in range(400)}
        row = row_of(event("x", many), told=told)
        assert 8_000_000 < len(orjson.dumps(row)) <= 9_000_000

    def test_requests_are_cut_at_their_size(self) -> None:
        rows = Rows(now=lambda: NOW)
        events = [event("x" * 30_000, dict(SYSLOG)) for _ in range(700)]
        bodies = rows.encode(events)
        assert [body.rows for body in bodies] == [
            len(split(body.data, body.rows)) for body in bodies
        ]
        assert sum(body.rows for body in bodies) == 700
        assert len(bodies) == 3
        assert 9_000_000 < max(len(body.data) for body in bodies) <= 9_500_000

    def test_requests_are_cut_at_their_number_and_size_after_preprocessing(self) -> None:
        rows = Rows(now=lambda: NOW, record_uid=False)
        bodies = rows.encode([event("")] * 60_000)
        assert all(len(b.data) + 256 * b.rows <= 15_000_000 for b in bodies)
        assert all(b.rows <= 50_000 for b in bodies)
        assert sum(b.rows for b in bodies) == 60_000
        packing = Packing(GRAIL_CLIENT)
        for _ in range(50_001):
            packing.add(b"{}", 1, 0)
        assert [b.rows for b in packing.bodies()] == [50_000, 1]

    @pytest.mark.parametrize("extra", [-1, 0, 1])
    def test_a_request_of_just_the_limit(self, extra: int) -> None:
        packing = Packing(Limits(10, 10, 10, request=100, preprocessed=10_000))
        packing.add(b"1" * 50, 1, 5)
        packing.add(b"2" * (47 + extra), 1, 4)
        bodies = packing.bodies()
        assert len(bodies) == (2 if extra > 0 else 1)
        assert all(len(body.data) <= 100 for body in bodies)

    def test_no_events_no_request(self) -> None:
        assert Rows().encode([]) == []

    def test_arrays_are_taken_apart_again(self) -> None:
        for rows in ([b'{"a":1}'], [b'{"a":1}', b'{"b":2}'], [b'{"n":%d}' % n for n in range(5)]):
            assert split(array(rows), len(rows)) == rows

    def test_what_looks_like_their_ends_in_a_text_or_below_is_none(self) -> None:
        for row in ({"a": '"},{"', "b": "\\"}, {"a": [{"b": 1}, {"c": 2}]}, {"},{": "},{"}):
            rows = [orjson.dumps(row), b'{"n":1}', orjson.dumps(row)]
            assert split(array(rows), 3) == rows


def test_orjson_refuses_what_is_nested_in_a_row() -> None:
    """The fast way stands on it (rule 3 in `rows`)."""
    nest = _Nest()
    assert nest.refuses
    assert bytes(nest.write([{"a": 1}, {"b": "c"}])) == b'{"a":1},{"b":"c"}'
    for value in ({}, [], {"a": 1}, [1]):
        with pytest.raises(TypeError):
            nest.write([{"a": 1}, {"k": value}])
    assert bytes(nest.write([{"a": 1}])) == b'{"a":1}'


TEXT = st.text(st.characters(), max_size=40)  # surrogates included
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    TEXT,
    st.binary(max_size=20),
    st.datetimes(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=40) | st.dictionaries(TEXT | st.integers(), inner),
    max_leaves=30,
)
KEYS = st.one_of(
    TEXT,
    st.sampled_from([*SYSLOG, "status", "Content", "timestamp", UID_KEY, TRIMMED_KEY, "a", "A"]),
    st.sampled_from(["trace_id", "original.timestamp", "dt.ingest.x", "event", "message", "level"]),
    st.text(min_size=90, max_size=130),
)
LONG = st.integers(0, 40_000).map(lambda n: "é" * n)
DICTS = st.dictionaries(KEYS, VALUES | LONG, max_size=12)
EVENTS = st.builds(
    Event,
    st.integers(-1, 1 << 63) | st.just(NOW) | st.integers(NOW - 10**15, NOW + 10**13),
    VALUES | LONG,
    DICTS,
    st.integers(-2, 30),
    TEXT,
    st.integers(0, NOW),
    st.binary(max_size=16),
    st.binary(max_size=8),
    st.just(0),
    TEXT,
    st.builds(Resource, DICTS) | st.just(Resource({"net.peer.ip": "10.0.0.1"})),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENTS, min_size=1, max_size=6), st.sampled_from(sorted(PROFILES)))
def test_the_server_finds_nothing_to_correct(events: list[Event], name: str) -> None:
    """Whatever the events are: valid JSON, all of them taken, none with a warning."""
    limits = CLASSIC_CLIENT if name == "classic" else GRAIL_CLIENT
    bodies = Rows(limits, now=lambda: NOW).encode(events)
    assert sum(body.rows for body in bodies) == len(events)
    headers = {
        "content-type": "application/json; charset=utf-8",
        "x-dynatrace-attr": "dt.ingest.origin=twisted-log-collector",
    }
    for body in bodies:
        taken = ingest(headers, (), body.data, Rules(PROFILES[name]), NOW)
        assert (len(taken.records), taken.stale, taken.invalid) == (body.rows, 0, 0)
        assert [record.warnings for record in taken.records] == [()] * body.rows
        assert not taken.too_nested
        for row in orjson.loads(body.data):
            assert isinstance(row["content"], str)
            assert row["loglevel"] in LEVELS
            assert len(row["timestamp"]) == len(STAMP)
            assert len(row) <= limits.attributes


def test_ordinary_events_go_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty times as fast; a change that sends them the other way must not go unnoticed."""
    careful: list[Any] = []

    def mended(_: Careful, own: dict[str, Any]) -> dict[str, Any]:
        careful.append(own)
        return {"mended": True}

    monkeypatch.setattr(Careful, "row", None)
    monkeypatch.setattr(Careful, "attributes", mended)
    peers = [Resource({"net.peer.ip": f"10.0.0.{n}", "net.peer.port": n}) for n in range(20)]
    events = [
        event(f"message {n} {{[", SYSLOG | {"syslog.proc_id": str(n)}, resource=peers[n % 20])
        for n in range(1000)
    ]
    events += [event("x", {"http.status": n, "ratio": n / 7, "ok": True}) for n in range(100)]
    events += [event("x", {"a": n}, trace_id=b"1" * 16, event_name="e") for n in range(100)]
    events += [event("x", {"a": n, UID_KEY: f"chunk-{n}"}) for n in range(100)]
    for limits in (GRAIL_CLIENT, CLASSIC_CLIENT):
        assert sum(body.rows for body in Rows(limits, now=lambda: NOW).encode(events)) == 1300
    assert careful == []
    Rows(now=lambda: NOW).encode([*events, event("x", {"a": None})])
    assert careful == [{"a": None}]
