"""What statements cost an event, in batches of 1,000."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice
from typing import Any

from ruamel.yaml import YAML

from collector.api import Batch, Event, Processor
from collector.testing import context
from collector_syslog.parser import Parser
from collector_transform.filter import FilterConfig, FilterProcessor
from collector_transform.transform import TransformConfig, TransformProcessor
from tests.bench.corpus import lines, rfc5424
from tests.bench.report import table
from tests.bench.subject import CHAIN

_BATCH, _ROUNDS = 1000, 30
_ERRORS = 'log.severity_number >= SEVERITY_NUMBER_ERROR and IsMatch(log.body, "timeout")'
_REGEX = r'IsMatch(log.body, "user \\w+ from \\d+\\.")'
_TWO = (
    'set(log.attributes["env"], "prod")',
    'set(log.attributes["service.name"], log.attributes["syslog.appname"])',
)
_EXTRACT = (
    r'merge_maps(log.attributes, ExtractPatterns(log.body, "from (?P<ip>\\S+) port"), "upsert")',
)

_RESOURCE = ('set(resource.attributes["deployment.environment"], "prod")',)
_SECRETS = ('delete_matching_keys(log.attributes, "(?i)password|secret")',)


def ottl() -> str:
    """Us an event of a few programs, least of many rounds."""
    rows = []
    for name, process in {
        "severity and IsMatch of plain text": _filtering(_ERRORS),
        "IsMatch of a regex": _filtering(_REGEX),
        "two attributes set": _transforming(*_TWO),
        "a group extracted and merged": _transforming(*_EXTRACT),
        "a resource's attribute set": _transforming(*_RESOURCE),
        "keys deleted by a regex": _transforming(*_SECRETS),
        "the five processors of tcp-chain": _chain(),
    }.items():
        rows.append((name, f"{least(process):.2f}"))
    return table(("OTTL, batches of 1,000", "CPU us/event"), rows)


def _filtering(condition: str) -> Callable[[list[Event]], object]:
    config = FilterConfig(log_conditions=(condition,))
    made = FilterProcessor(config, context("processor"))
    return lambda events: made.process(Batch(events))


def _transforming(*statements: str) -> Callable[[list[Event]], object]:
    config = TransformConfig(log_statements=statements)
    made = TransformProcessor(config, context("processor"))
    return lambda events: made.process(Batch(events))


def _chain() -> Callable[[list[Event]], object]:
    made: list[Processor[Any]] = []
    for name, options in YAML(typ="safe").load(CHAIN)["processors"].items():
        if name.startswith("filter"):
            filters = FilterConfig.model_validate(options)
            made.append(FilterProcessor(filters, context("processor")))
        else:
            transforms = TransformConfig.model_validate(options)
            made.append(TransformProcessor(transforms, context("processor")))

    def process(events: list[Event]) -> None:
        batch: Batch | None = Batch(events)
        for processor in made:
            batch = processor.process(batch) if batch else None

    return process


def least(do: Callable[[list[Event]], object]) -> float:
    """CPU us an event of what is done with batches of 1,000 parsed messages."""
    texts = [line.decode() for line in islice(rfc5424(lines(_BATCH)), _BATCH)]
    found = float("inf")
    for _ in range(_ROUNDS):
        made = Parser().parse(texts, time.time_ns())
        begun = time.process_time_ns()
        do(made)
        found = min(found, time.process_time_ns() - begun)
    return found / 1000 / _BATCH
