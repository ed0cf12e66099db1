"""Entries read by the shape of their tag's records, compared with the plain way."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgpack import ExtType
from twisted.trial.unittest import SynchronousTestCase

from collector_forward.shapes import Shapes
from collector_forward.wire import Message, open_envelope, read
from tests.plugins.collector_forward.vectors import LIMITS, T, packed

_POD = {"pod_name": "shop-1", "labels": {"app": "shop"}, "host": "node-1"}
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def _frame(records: list[Any], size: Any = None) -> bytes:
    entries = b"".join(packed([T, record]) for record in records)
    return packed(["t", entries, {"size": len(records) if size is None else size}])


def _read(frame: bytes, shapes: Shapes) -> Message:
    return read(frame, open_envelope(frame, LIMITS), LIMITS, shapes)


def _pods(records: list[Any]) -> list[Any]:
    return [record | {"kubernetes": _POD} for record in records]


class ShapesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.shapes = Shapes()
        self.records = _pods([{"log": f"line {n}", "stream": "stdout"} for n in range(100)])
        self.assertEqual(self.read(self.records), self.records)

    def read(self, records: list[Any]) -> list[Any]:
        return [record for _, record in _read(_frame(records), self.shapes).entries]

    def has_learned(self) -> bool:
        return self.shapes.read("t", b"\x90") is not None

    def test_records_of_one_container_share_their_map(self) -> None:
        found = self.read(self.records)
        self.assertEqual(found, self.records)
        self.assertEqual(
            {id(record["kubernetes"]) for record in found}, {id(found[0]["kubernetes"])}
        )

    def test_names_may_come_in_another_order(self) -> None:
        turned = [dict(reversed(record.items())) for record in self.records]
        self.assertEqual(self.read(turned), turned)
        self.assertTrue(self.has_learned())

    def test_a_tag_that_never_holds_still_is_left_alone(self) -> None:
        for turn in range(10):
            mixed = [record | {f"key{n}{turn}": n} for n, record in enumerate(self.records)]
            self.assertEqual(self.read(mixed), mixed)
        self.assertFalse(self.has_learned())
        self.read(self.records)
        self.assertFalse(self.has_learned())

    def test_names_no_field_can_have(self) -> None:
        for name in ("__class__", "a.b", "", 'a"b', "ключ", "1a", "@timestamp"):
            shapes = Shapes()
            odd = [record | {name: 1} for record in self.records]
            for _ in range(2):
                self.assertEqual([r for _, r in _read(_frame(odd), shapes).entries], odd)

    def test_names_that_python_uses(self) -> None:
        names = ("class", "None", "self", "mro", "copy", "_", "__", "_p")
        odd = [record | dict.fromkeys(names, "x") for record in self.records]
        self.read(odd)
        self.assertEqual(self.read(odd), odd)

    def test_a_map_that_is_none_or_cannot_be_sent(self) -> None:
        for pod, shown in (
            ("text", "text"),
            (None, None),
            ([1], [1]),
            ({"a": b"\xff"}, {"a": "\\xff"}),
        ):
            odd = [*self.records, {"log": "x", "stream": "y", "kubernetes": pod}]
            self.assertEqual(self.read(odd)[-1]["kubernetes"], shown)
            self.read(self.records)

    def test_an_entry_that_is_none_is_found(self) -> None:
        entries = b"".join(packed([T, r]) for r in self.records) + packed("no entry")
        message = _read(packed(["t", entries, {"size": 101}]), self.shapes)
        self.assertEqual([len(message.entries), len(message.bad)], [100, 1])

    def test_the_size_a_frame_claims_may_be_wrong(self) -> None:
        for size in (0, -1, 1, 99, 101, 2**40, True, "100", 1.5, [1]):
            found = _read(_frame(self.records, size), self.shapes).entries
            self.assertEqual([record for _, record in found], self.records, size)

    def test_large_maps_and_many_maps(self) -> None:
        big = [record | {"kubernetes": {"pod_name": "x" * 5000}} for record in self.records]
        self.read(big)
        self.assertEqual(self.read(big), big)
        for turn in range(30):
            pods = [{"pod_name": f"{turn}-{n}"} for n in range(100)]
            some = [
                record | {"kubernetes": pod} for record, pod in zip(self.records, pods, strict=True)
            ]
            self.assertEqual(self.read(some), some)

    @given(
        st.lists(
            st.dictionaries(st.sampled_from(["log", "kubernetes", "a b"]), _VALUES), max_size=9
        )
    )
    @settings(max_examples=100, deadline=None)
    def test_whatever_comes_it_reads_as_without_shapes(self, records: list[Any]) -> None:
        frame = _frame([*self.records, *records])
        shapes = Shapes()
        _read(_frame(self.records), shapes)
        plain, shaped = _read(frame, Shapes()), _read(frame, shapes)
        self.assertEqual(shaped.entries, plain.entries)
        self.assertEqual([raw for raw, _ in shaped.bad], [raw for raw, _ in plain.bad])

    def test_times_of_every_form(self) -> None:
        for time in (T, T + 0.5, ExtType(0, bytes(8)), [T, {}], [ExtType(0, bytes(8)), {"a": 1}]):
            entries = b"".join(packed([time, record]) for record in self.records)
            frame = packed(["t", entries, {"size": 100}])
            self.assertEqual(_read(frame, self.shapes), _read(frame, Shapes()))
