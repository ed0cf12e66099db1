"""What the processors that count, choose and join events cost an event, in batches of 1,000."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.task import Clock

from collector.api import Batch, Event
from collector.testing import ProcessorRig, context
from collector_transform.accepted.batch import BatchProcessor
from collector_transform.counting.dedup import DedupProcessor
from collector_transform.counting.throttle import ThrottleProcessor
from collector_transform.multiline.processor import MultilineProcessor
from collector_transform.sample import SampleProcessor
from tests.bench.report import table
from tests.bench.statements import least

_APP = {"keys": ['log.attributes["syslog.appname"]']}
_SAME = {"include_fields": [r"attributes.syslog\.appname"]}
_CASES: Mapping[str, tuple[Any, dict[str, Any]]] = {
    "none (batch): the pipeline's own": (BatchProcessor, {}),
    "dedup, all are different": (DedupProcessor, {"interval": "1s"}),
    "dedup, nearly all are the same": (DedupProcessor, {"interval": "1s", **_SAME}),
    "dedup at_end, all are different": (DedupProcessor, {"interval": "1s", "emit": "at_end"}),
    "throttle, all go on": (ThrottleProcessor, {"max_events": 10**6, **_APP}),
    "throttle, nearly all are dropped": (ThrottleProcessor, {"max_events": 1, **_APP}),
    "sample by body": (SampleProcessor, {"sampling_percentage": 50}),
    "multiline, every line is a message": (MultilineProcessor, {"line_start_pattern": "."}),
    "multiline, ten lines are one": (MultilineProcessor, {"line_start_pattern": "0$"}),
}


def processors() -> str:
    """Us an event, least of many rounds, with what the pipeline does for each batch."""
    rows = [(name, f"{least(_sending(*case)):.2f}") for name, case in _CASES.items()]
    return table(("processors, batches of 1,000", "CPU us/event"), rows)


def _sending(processor: Any, config: dict[str, Any]) -> Callable[[list[Event]], object]:
    clock = Clock()
    model = processor.config_type.model_validate(config)
    rig = ProcessorRig(processor(model, context("processor", "p", clock)))

    def send(events: list[Event]) -> None:
        rig.send(Batch(events))
        clock.advance(1.5)  # the ends of intervals are part of what an event costs

    return send
