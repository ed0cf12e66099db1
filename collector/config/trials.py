"""The section `tests`, in a configuration or beside it: what goes in, what shall come out.

Nothing in it is substituted: a sample may hold `${`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, model_validator

from collector.component import Config
from collector.event import FLAGS, Event
from collector.event_json import FIELDS, NoEvent, event_of
from collector.fields import Duration, Endpoint

from .description import PipelineSpec
from .problem import did_you_mean, shown
from .source import Source, Way
from .validation import Block

SECTION = "tests"
#: The keys by which an expected value is something else than the value itself.
ABSENT, EXACT, REGEX = "absent", "exact", "regex"
_MATCHERS = (ABSENT, EXACT, REGEX)
_MOST_TESTS = 10_000
_DEFAULT_NOW = datetime.fromisoformat("2026-01-01T00:00:00+00:00")

Texts = str | tuple[str, ...]
Count = Annotated[int, Field(ge=0)]


class Step(Config):
    """Something is sent, or time passes."""

    #: The receiver that gets bytes, or the pipeline that gets events, such as `syslog`.
    to: str | None = None
    #: The bytes, such as `'<13>hello'`. A list is datagram after datagram, or read after read of
    #: one connection. A pipeline gets an event for each, with it as the body.
    text: Texts | None = None
    #: The same as hexadecimal digits, with spaces at will, such as `'3c31333e 68'`.
    hex: Texts | None = None
    #: The same in Base64, such as `PDEzPmhp`.
    base64: Texts | None = None
    #: Of a pipeline: events in JSON, such as `[{body: hello}]`.
    events: tuple[dict[str, Any], ...] | None = None
    #: How a receiver gets it; what suits the receiver unless it is said: a stream for those that
    #: have one.
    over: Literal["datagrams", "stream", "request"] | None = None
    #: Bytes of each read, of a stream, such as `7`.
    cut: Annotated[int, Field(ge=1)] | None = None
    #: Whom it comes from.
    peer: Endpoint = "192.0.2.1:50000"
    #: Of the listener, where a receiver has several of a kind, such as `5514`.
    port: int | None = None
    #: Of a request, which is a POST.
    path: str = "/"
    #: Of a request, such as `{Content-Type: text/plain}`.
    headers: dict[str, str] = Field(default_factory=dict)
    #: Let so much time pass, and stand alone, such as `1m`.
    advance: Duration | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Step:
        inputs = [self.text, self.hex, self.base64, self.events]
        given = sum(each is not None for each in inputs)
        if self.advance is not None:
            if given or self.to is not None:
                raise ValueError("expected advance alone, or to and what is sent")
        elif self.to is None or given != 1:
            raise ValueError("expected to with one of text, hex, base64 and events; or advance")
        return self

    def parts(self) -> list[bytes]:
        """The bytes that are sent, one read or datagram after the other. Raises ValueError."""
        if self.text is not None:
            found = [text.encode() for text in _several(self.text)]
        elif self.hex is not None:
            found = [bytes.fromhex(text) for text in _several(self.hex)]
        else:
            found = [base64.b64decode(t, validate=True) for t in _several(self.base64 or ())]
        if self.cut is None:
            return found
        whole, size = b"".join(found), self.cut
        return [whole[at : at + size] for at in range(0, len(whole), size)]

    def given_events(self) -> list[Event]:
        """The events of `events`. Raises NoEvent."""
        return [event_of(each) for each in self.events or ()]


class ExporterExpectation(Config):
    """What one exporter would be given."""

    #: How many events, such as `1`.
    count: Count | None = None
    #: In their order, as many as these unless `count` says otherwise, such as `[{body: hello}]`.
    events: tuple[dict[str, Any], ...] | None = None


class Expectation(Config):
    """What shall have come of it. What is not named is not looked at."""

    #: What each exporter is given, by its name.
    exporters: dict[str, ExporterExpectation] = Field(default_factory=dict)
    #: Events that were dropped and input that was refused, by reason, such as `{filtered: 2}`.
    drops: dict[str, Count] = Field(default_factory=dict)
    #: Of the events that exporters are given, how many carry a flag, such as `{missing_pri: 0}`.
    flags: dict[str, Count] = Field(default_factory=dict)
    #: Statuses of the answers to requests, such as `[200, 413]`.
    statuses: tuple[int, ...] | None = None

    @model_validator(mode="after")
    def _expects_something(self) -> Expectation:
        if not (self.exporters or self.drops or self.flags) and self.statuses is None:
            raise ValueError("expected exporters, drops, flags or statuses")
        return self


class Trial(Config):
    """One test."""

    #: A name of its own, such as `noise is dropped`.
    name: str
    #: The time at its beginning.
    now: AwareDatetime = _DEFAULT_NOW
    #: The steps, in their order.
    send: Annotated[tuple[Step, ...], Field(min_length=1)]
    #: What comes of them. What is not named is not looked at.
    expect: Expectation
    #: Whether processors let go of all that they hold, as at a stop, before one looks.
    flush: bool = True


def _several(texts: Texts) -> Sequence[str]:
    return (texts,) if isinstance(texts, str) else texts


def beside(path: Path) -> Path:
    """The file for the tests of a configuration: `a.tests.yaml` beside `a.yaml`."""
    return path.with_suffix(f".tests{path.suffix}")


def trials(
    source: Source, given: Any, defined: Iterable[tuple[str, str]], graph: Iterable[PipelineSpec]
) -> tuple[Trial, ...]:
    """The tests of a list. What is wrong with them is reported.

    `defined`: section and id of all components.
    """
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > _MOST_TESTS:
        source.error("expected a list", (SECTION,))
        return ()
    check = _Check(source, list(defined), tuple(graph))
    return tuple(check.found(given))


class _Check:
    """The tests of one file against the components of the configuration."""

    def __init__(
        self,
        source: Source,
        defined: Sequence[tuple[str, str]],
        pipelines: Sequence[PipelineSpec],
    ) -> None:
        self._source = source
        self._pipelines = {spec.id for spec in pipelines}
        used = {id for spec in pipelines for id in (*spec.receivers, *spec.exporters)}
        self._receivers = {id for section, id in defined if section == "receivers"} & used
        self._exporters = {id for section, id in defined if section == "exporters"} & used

    def found(self, given: list[Any]) -> Iterator[Trial]:
        """Those that can be read."""
        names: set[str] = set()
        for number, each in enumerate(given):
            way: Way = (SECTION, number)
            if not isinstance(each, dict):
                self._source.error("expected a mapping", way)
                continue
            trial = Block(self._source, way, each, Trial).validate()
            if trial is None:
                continue
            if trial.name in names:
                self._source.error("another test has this name", (*way, "name"))
            names.add(trial.name)
            self._check(trial, way)
            yield trial

    def _check(self, trial: Trial, way: Way) -> None:
        for number, step in enumerate(trial.send):
            if step.to is not None:
                self._step(step, (*way, "send", number))
        expected = trial.expect
        for id, of in expected.exporters.items():
            at = (*way, "expect", "exporters", id)
            self._known("exporter of a pipeline", id, self._exporters, at)
            for number, event in enumerate(of.events or ()):
                self._event(event, (*at, "events", number))
        for name in expected.flags:
            self._known("flag", name, FLAGS, (*way, "expect", "flags", name))

    def _known(self, kind: str, name: str, known: Iterable[str], way: Way) -> None:
        if name not in known:
            said = f"there is no {kind} {shown(name)}{did_you_mean(name, known)}"
            self._source.error(said, way, self._source.key_place(way))

    def _step(self, step: Step, way: Way) -> None:
        assert step.to is not None
        takes_events = step.to in self._pipelines
        known = self._pipelines | self._receivers
        self._known("receiver or pipeline", step.to, known, (*way, "to"))
        if step.to in known and step.events is not None and not takes_events:
            self._source.error("a receiver is given bytes; events go to a pipeline", way)
        try:
            step.given_events()
            step.parts()
        except NoEvent as e:
            self._source.error(f"an event cannot be read: {e}", (*way, "events"))
        except (ValueError, binascii.Error):
            key = "base64" if step.hex is None else "hex"
            self._source.error(f"this is not {key}", (*way, key))

    def _event(self, event: Mapping[str, Any], way: Way) -> None:
        for key, value in event.items():
            self._known("field of an event", key, FIELDS, (*way, key))
            self._value(value, (*way, key))

    def _value(self, value: Any, way: Way) -> None:
        if not isinstance(value, Mapping):
            return
        if len(value) == 1 and REGEX in value:
            try:
                re.compile(str(value[REGEX]))
            except re.error as e:
                place = self._source.value_place((*way, REGEX))
                self._source.error(f"the regex cannot be read: {e.msg}", way, place)
        elif not is_matcher(value):
            for key, below in value.items():
                self._value(below, (*way, key))


def is_matcher(value: Any) -> bool:
    """Whether an expected value says how to match, and is not the value itself."""
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in _MATCHERS
