"""The sample processor: which part of the events goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector.api import ERROR, INFO, Event
from collector_transform.sample import (
    ProbabilisticSamplerProcessor,
    SampleProcessor,
)
from tests.plugins.collector_transform.rigs import Rig, found


def many(n: int = 2000, **more: Any) -> list[Event]:
    """Events that differ in body, time, an attribute and the trace id."""
    return [
        Event(
            10**18 + i,
            f"line {i}",
            {"id": f"r-{i}"},
            trace_id=((i * 0x9E3779B97F4A7C15) % (1 << 128)).to_bytes(16),
            **more,
        )
        for i in range(1, n + 1)
    ]


class SampleTests(SynchronousTestCase):
    def kept(self, *events: Event, of: Any = SampleProcessor, **config: Any) -> list[Any]:
        return Rig(of, **config).put(*events)

    def test_about_the_percentage_goes_on_whatever_decides(self) -> None:
        for config in (
            {},
            {"attribute_source": "traceID"},
            {"attribute_source": "traceID", "mode": "hash_seed"},
            {"attribute_source": "record", "from_attribute": "id"},
        ):
            left = len(self.kept(*many(), sampling_percentage=20, **config))
            self.assertTrue(320 < left < 480, (config, left))

    def test_the_same_events_go_on_in_every_process(self) -> None:
        """Python's own hash of a text is another one in each."""
        config = {"sampling_percentage": 30, "hash_seed": 7}
        by_body = self.kept(*many(20), **config)
        self.assertEqual(by_body, [f"line {n}" for n in (1, 7, 10, 17, 19)])
        by_id = self.kept(*many(20), attribute_source="record", from_attribute="id", **config)
        self.assertEqual(by_id, [f"line {n}" for n in (5, 8, 10, 11, 12, 14)])

    def test_what_a_low_percentage_keeps_a_higher_one_keeps_too(self) -> None:
        low = set(self.kept(*many(), sampling_percentage=5))
        self.assertTrue(low < set(self.kept(*many(), sampling_percentage=15)))

    def test_another_seed_keeps_other_events(self) -> None:
        one = set(self.kept(*many(), sampling_percentage=50, hash_seed=1))
        two = set(self.kept(*many(), sampling_percentage=50, hash_seed=2))
        self.assertTrue(400 < len(one & two) < 600)  # a quarter, as chance has it

    def test_a_trace_id_decides_by_its_last_56_bits_as_in_opentelemetry(self) -> None:
        half = 1 << 55
        events = [
            Event(1, n, {}, trace_id=b"\xff" * 9 + low.to_bytes(7))
            for n, low in enumerate((0, half - 1, half, 2 * half - 1))
        ]
        config = {"sampling_percentage": 50, "attribute_source": "traceID"}
        self.assertEqual(self.kept(*events, **config), [2, 3])

    def test_severities_have_percentages_of_their_own(self) -> None:
        events = many(100, severity_number=INFO) + many(100, severity_number=ERROR + 3)
        config = {"sampling_percentage": 0, "severity_percentages": {"error": 100}}
        self.assertEqual(len(self.kept(*events, **config)), 100)
        config = {"sampling_percentage": 100, "severity_percentages": {"unspecified": 0}}
        self.assertEqual(self.kept(*many(10), **config), [])

    def test_a_priority_stands_for_the_percentage(self) -> None:
        said = (100, 0, 1e9, -1, True, "100", None, float("nan"))
        events = [Event(1, str(value), {"p": value}) for value in said]
        config = {"sampling_percentage": 0, "sampling_priority": "p"}
        self.assertEqual(self.kept(*events, **config), ["100", "1000000000.0"])

    def test_what_has_nothing_to_decide_by_is_dropped_or_kept_as_is_said(self) -> None:
        config: dict[str, Any] = {
            "sampling_percentage": 50,
            "attribute_source": "record",
            "from_attribute": "x",
        }
        rig = Rig(SampleProcessor, **config)
        self.assertEqual(rig.put("a", "b"), [])
        self.assertEqual(rig.dropped("nothing_to_sample_by"), 2)
        self.assertEqual(self.kept(*many(2), fail_closed=False, **config), ["line 1", "line 2"])

    def test_under_opentelemetry_s_name_the_trace_id_decides(self) -> None:
        config = {"sampling_percentage": 50, "from_attribute": "id"}
        events = many()
        for event in events[::2]:
            event.trace_id = b""  # then the attribute does
        left = self.kept(*events, of=ProbabilisticSamplerProcessor, **config)
        self.assertTrue(900 < len(left) < 1100, len(left))
        rig = Rig(ProbabilisticSamplerProcessor, sampling_percentage=50)
        self.assertEqual(rig.put("no trace"), [])

    def test_what_is_dropped_has_a_reason(self) -> None:
        rig = Rig(SampleProcessor, sampling_percentage=0)
        rig.put("a", 1, {"b": 1 << 70}, None)
        self.assertEqual((rig.dropped("not_sampled"), rig.off, rig.unsettled), (4, 0, 0))

    def test_what_is_wrong_has_its_place(self) -> None:
        block = "sampling_percentage: -1\nmode: equalizing\nseverity_percentages: {eror: 5}"
        problems = found("sample", block, Path(self.mktemp()))
        self.assertEqual(
            [(line, column) for line, column, _ in problems], [(5, 26), (6, 11), (7, 28)]
        )
        self.assertIn("did you mean error?", problems[2][2])
