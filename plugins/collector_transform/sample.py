"""The sample processor: keeps a part of the events, the same part in every process.

An event has a number of 56 bits, and goes on where that is not below what the percentage leaves
out: the last bits of its trace id, which are random (W3C Trace Context Level 2), or a keyed digest
of what was chosen (ADR 0035).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from collector.api import Batch, Config, Context, Event, Processor

from .fingerprint import written

_BITS = 56
_SIZE = _BITS // 8
_ALL = 1 << _BITS
_NUMBERS = {"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}

Severity = Literal["unspecified", "trace", "debug", "info", "warn", "error", "fatal"]
Percentage = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class SampleConfig(Config):
    """Which part, and what decides."""

    #: The part of the events that is kept, such as `10`; 0 is nothing, 100 and more everything.
    sampling_percentage: Percentage
    #: Instead of that for `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `unspecified`,
    #: such as `{error: 100}`.
    severity_percentages: dict[Severity, Percentage] = Field(default_factory=dict)
    #: What decides. `body`: body and time. `traceID`: the trace id, or `from_attribute` where
    #: there is none. `record`: `from_attribute`.
    attribute_source: Literal["traceID", "record", "body"] = "body"
    #: Name of an attribute, such as `session.id`; events with the same value go on together.
    from_attribute: str = ""
    #: Of trace ids. `proportional`: their last 56 bits as they are, so that what is kept is what
    #: OpenTelemetry's samplers keep. `hash_seed`: a digest of them, which is the default where
    #: there is a seed.
    mode: Literal["hash_seed", "proportional"] | None = None
    #: Another one keeps other events.
    hash_seed: Annotated[int, Field(ge=0, lt=1 << 32)] = 0
    #: Name of an attribute whose number is the percentage for its event, such as `priority`.
    sampling_priority: str = ""
    #: Events that have nothing to decide by are dropped as `nothing_to_sample_by`; `false` keeps
    #: them.
    fail_closed: bool = True


class ProbabilisticSamplerConfig(SampleConfig):
    """OpenTelemetry's defaults."""

    #: What decides. `traceID`: the trace id, or `from_attribute` where there is none. `record`:
    #: `from_attribute`. `body`: body and time.
    attribute_source: Literal["traceID", "record", "body"] = "traceID"
    #: Has no effect, such as `4`: percentages keep all their digits.
    sampling_precision: Annotated[int, Field(ge=1, le=14)] | None = None

    @field_validator("mode", mode="before")
    @classmethod
    def _without_thresholds(cls, mode: Any) -> Any:
        if mode == "equalizing":
            raise ValueError("equalizing is not here: no threshold is written into events")
        return mode


class SampleProcessor(Processor[SampleConfig]):
    """Drops the rest, counted as `not_sampled`, or `nothing_to_sample_by`."""

    def __init__(self, config: SampleConfig, context: Context) -> None:
        super().__init__(config, context)
        self._number = _number(config)
        self._default = _left_out(config.sampling_percentage)
        self._by_severity = _by_severity(config.severity_percentages)

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        kept: list[Event] = []
        dropped: list[Event] = []
        unknown: list[Event] = []
        number, default, by_severity = self._number, self._default, self._by_severity
        priority = self.config.sampling_priority
        without = unknown if self.config.fail_closed else kept
        for event in batch.events:
            least = by_severity.get(event.severity_number, default) if by_severity else default
            if priority:
                least = _preferred(event.attributes.get(priority), least)
            if not 0 < least < _ALL:
                (dropped if least else kept).append(event)
            elif (found := number(event)) is None:
                without.append(event)
            else:
                (kept if found >= least else dropped).append(event)
        self.drop(dropped, "not_sampled")
        self.drop(unknown, "nothing_to_sample_by")
        batch.events = kept
        return batch


class ProbabilisticSamplerProcessor(SampleProcessor):
    """The same under OpenTelemetry's name, with its defaults."""

    config_type = ProbabilisticSamplerConfig


def _left_out(percentage: float) -> int:
    """The first number that is kept."""
    return round(_ALL * (1 - min(percentage, 100.0) / 100))


def _by_severity(percentages: Mapping[Severity, float]) -> dict[int, int]:
    found: dict[int, int] = {}
    for name, percentage in percentages.items():
        first = _NUMBERS.get(name)
        numbers = (0,) if first is None else range(first, first + 4)
        found |= dict.fromkeys(numbers, _left_out(percentage))
    return found


def _preferred(priority: Any, otherwise: int) -> int:
    if type(priority) in {int, float} and priority >= 0:  # not of NaN
        return _left_out(priority)
    return otherwise


def _number(config: SampleConfig) -> Callable[[Event], int | None]:
    """What gives an event's number; None: it has none."""
    digest = _digest(config.hash_seed)
    name, source = config.from_attribute, config.attribute_source
    digests = config.mode == "hash_seed" or (config.mode is None and config.hash_seed != 0)

    def of_attribute(event: Event) -> int | None:
        value = event.attributes.get(name) if name else None
        return None if value is None else digest(_bytes(value))

    def of_trace(event: Event) -> int | None:
        trace_id = event.trace_id
        if not trace_id:
            return of_attribute(event)
        return digest(trace_id) if digests else int.from_bytes(trace_id[-_SIZE:])

    def of_body(event: Event) -> int:
        return digest(b"%d " % event.time + _bytes(event.body))

    return {"traceID": of_trace, "record": of_attribute, "body": of_body}[source]


def _digest(seed: int) -> Callable[[bytes], int]:
    start = blake2b(digest_size=_SIZE, key=seed.to_bytes(4))

    def digest(data: bytes) -> int:
        found = start.copy()
        found.update(data)
        return int.from_bytes(found.digest())

    return digest


def _bytes(value: Any) -> bytes:
    return value.encode() if type(value) is str else written(value)
