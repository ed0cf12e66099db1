"""In and created are out, dropped and held: at any time, whatever comes, of every processor."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Event, Outcome, Resource
from collector_transform.counting.dedup import DedupProcessor
from collector_transform.counting.throttle import ThrottleProcessor
from collector_transform.multiline.processor import MultilineProcessor
from collector_transform.sample import SampleProcessor
from tests.plugins.collector_transform.rigs import Rig

_SOURCES = [Resource({"host": host}) for host in "abc"]
_EVENTS = st.builds(
    lambda body, source: Event(1, body, {}, resource=_SOURCES[source]),
    st.sampled_from(["<a", "<b", "c", "d;", 5, "x" * 30]),
    st.integers(0, 2),
)
#: A batch, time that passes, or what becomes of all that has gone on.
_STEPS = st.lists(
    st.lists(_EVENTS, max_size=8) | st.sampled_from([0.05, 0.4, 3.0]) | st.sampled_from(Outcome),
    max_size=14,
)

_BOUNDS: list[tuple[Any, dict[str, Any]]] = [
    (DedupProcessor, {"interval": "500ms", "max_keys": 4}),
    (DedupProcessor, {"interval": "500ms", "max_keys": 4, "emit": "at_end"}),
    (ThrottleProcessor, {"max_events": 2, "keys": ["log.body"], "max_keys": 3}),
    (ThrottleProcessor, {"max_events": 1, "mode": "sample", "sampling_percentage": 40}),
    (SampleProcessor, {"sampling_percentage": 40}),
    (MultilineProcessor, {"line_start_pattern": "^<", "max_batch_size": 3, "max_sources": 2}),
    (MultilineProcessor, {"line_end_pattern": ";$", "max_log_size": 40, "max_age": "1s"}),
]


class AccountTests(SynchronousTestCase):
    @given(st.sampled_from(_BOUNDS), _STEPS, st.none() | st.sampled_from(Outcome))
    def test_holds_at_any_time_and_every_delivery_settles(
        self, bounds: tuple[Any, dict[str, Any]], steps: list[Any], outcome: Outcome | None
    ) -> None:
        processor, config = bounds
        rig = Rig(processor, outcome, **config)
        for step in steps:
            if isinstance(step, Outcome):
                rig.sink.settle(step)
            elif isinstance(step, float):
                rig.clock.advance(step)
            else:
                rig.put(*step)
            self.assertEqual(rig.off, 0)
        rig.pipeline.flush()
        while rig.sink.open:
            rig.sink.settle()
        self.assertEqual((rig.off, rig.held, rig.unsettled), (0, 0, 0))
        self.assertEqual(rig.count("outgoing_items"), len(rig.sink.events))
        self.assertEqual(rig.count("failures"), 0)
        self.assertEqual(rig.clock.getDelayedCalls(), [])
