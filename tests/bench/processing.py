"""What processors that run no statements cost an event, in batches of 1,000."""

from __future__ import annotations

import asyncio
import csv
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock

from collector.api import Batch, Processor
from collector.testing import ProcessorRig, context
from collector_transform.attributes.processor import AttributesProcessor
from collector_transform.attributes.resource import ResourceProcessor
from collector_transform.lookup.options import LookupConfig
from collector_transform.lookup.processor import LookupProcessor
from collector_transform.redact.known import KNOWN
from collector_transform.redact.processor import RedactProcessor
from tests.bench.corpus import HOSTS, lines, rfc5424
from tests.bench.statements import Process, measured

_TWO = [
    {"key": "env", "action": "insert", "value": "prod"},
    {"key": "service.name", "action": "upsert", "from_attribute": "syslog.appname"},
]
_ROWS = 50_000


def processors() -> str:
    """Us an event of each, least of many rounds."""
    with tempfile.TemporaryDirectory() as directory:
        return measured("processors", _all(Path(directory)))


def _all(directory: Path) -> dict[str, Process]:
    addresses = [name for name in KNOWN if name not in {"ipv4", "ipv6"}]
    return {
        "attributes, two set": _made(AttributesProcessor, actions=_TWO),
        "resource, two set": _made(ResourceProcessor, attributes=_TWO),
        "lookup, exact, two columns": _looking(directory, "exact"),
        "lookup, prefix, two columns": _looking(directory, "prefix"),
        "redact, all but addresses": _made(RedactProcessor, detectors=addresses),
        "redact, addresses too": _made(RedactProcessor, detectors=list(KNOWN)),
    }


def _made(kind: type[Processor[Any]], **config: Any) -> Process:
    return _running(kind(kind.config_type.model_validate(config), context("processor")))


def _looking(directory: Path, match: str) -> Process:
    path = directory / "hosts.csv"
    hosts = {line.split(b" ")[2].decode() for line in islice(rfc5424(lines(HOSTS)), HOSTS)}
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("host", "site", "owner"))
        rows.writerows((f"other{n}", "Ulm", "joe") for n in range(_ROWS))
        rows.writerows((host, "Bonn", "ann") for host in hosts)
    copies = [{"source": name, "destination": f"host.{name}"} for name in ("site", "owner")]
    one = {"key": 'log.attributes["syslog.hostname"]', "match": match, "attributes": copies}
    config = {"source": {"type": "csv", "path": path}, "lookups": [one]}
    around = context("processor", reactor=Clock())
    made = LookupProcessor(LookupConfig.model_validate(config), around)
    ProcessorRig(made)
    asyncio.run(made.start())
    return _running(made)


def _running(processor: Processor[Any]) -> Process:
    return lambda events: processor.process(Batch(events))
