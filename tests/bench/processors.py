"""What processors cost an event, in batches of 1,000; those of OTTL are in `statements`."""

from __future__ import annotations

import asyncio
import csv
import tempfile
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock

from collector.api import Batch, Event
from collector.testing import ProcessorRig, context
from collector_transform.accepted.batch import BatchProcessor
from collector_transform.attributes.processor import AttributesProcessor
from collector_transform.attributes.resource import ResourceProcessor
from collector_transform.counting.dedup import DedupProcessor
from collector_transform.counting.throttle import ThrottleProcessor
from collector_transform.lookup.options import LookupConfig
from collector_transform.lookup.processor import LookupProcessor
from collector_transform.multiline.processor import MultilineProcessor
from collector_transform.redact.known import KNOWN
from collector_transform.redact.processor import RedactProcessor
from collector_transform.sample import SampleProcessor
from tests.bench.corpus import HOSTS, lines, rfc5424
from tests.bench.report import table
from tests.bench.statements import least

_APP = {"keys": ['log.attributes["syslog.appname"]']}
_SAME = {"include_fields": [r"attributes.syslog\.appname"]}
_TWO = [
    {"key": "env", "action": "insert", "value": "prod"},
    {"key": "service.name", "action": "upsert", "from_attribute": "syslog.appname"},
]
_ADDRESSES = {"ipv4", "ipv6"}
_ROWS = 50_000
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
    "attributes, two set": (AttributesProcessor, {"actions": _TWO}),
    "resource, two set": (ResourceProcessor, {"attributes": _TWO}),
    "redact, all but addresses": (RedactProcessor, {"detectors": [*KNOWN.keys() - _ADDRESSES]}),
    "redact, addresses too": (RedactProcessor, {"detectors": [*KNOWN]}),
}


def processors() -> str:
    """Us an event, least of many rounds, with what the pipeline does for each batch."""
    rows = [(name, f"{least(_sending(*case)):.2f}") for name, case in _CASES.items()]
    rows += [
        (f"lookup, {match}, two columns", f"{least(_looking(match)):.2f}")
        for match in ("exact", "prefix")
    ]
    return table(("processors, batches of 1,000", "CPU us/event"), rows)


def _sending(processor: Any, config: dict[str, Any]) -> Callable[[list[Event]], object]:
    clock = Clock()
    model = processor.config_type.model_validate(config)
    rig = ProcessorRig(processor(model, context("processor", "p", clock)))

    def send(events: list[Event]) -> None:
        rig.send(Batch(events))
        clock.advance(1.5)  # the ends of intervals are part of what an event costs

    return send


def _looking(match: str) -> Callable[[list[Event]], object]:
    copies = [{"source": name, "destination": f"host.{name}"} for name in ("site", "owner")]
    one = {"key": 'log.attributes["syslog.hostname"]', "match": match, "attributes": copies}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "hosts.csv"
        _write_hosts(path)
        config = {"source": {"type": "csv", "path": path}, "lookups": [one]}
        made = LookupProcessor(
            LookupConfig.model_validate(config), context("processor", "p", Clock())
        )
        rig = ProcessorRig(made)
        asyncio.run(made.start())
    return lambda events: rig.send(Batch(events))


def _write_hosts(path: Path) -> None:
    hosts = {line.split(b" ")[2].decode() for line in islice(rfc5424(lines(HOSTS)), HOSTS)}
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("host", "site", "owner"))
        rows.writerows((f"other{n}", "Ulm", "joe") for n in range(_ROWS))
        rows.writerows((host, "Bonn", "ann") for host in hosts)
