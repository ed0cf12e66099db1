"""Frames in, finished events out: by the options of the receiver and of each source. No I/O.

The parser makes one event of each line. Here it is chosen by the line's source, and what the header
could not say is added: the peer as the host, what the body holds, the frame as it came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from collector.api import FLAGS_KEY, ByNetwork, Context, Event, Frames, Resource

from . import opentelemetry
from .bodies import describe, moment, unescaped
from .guessing import GUESS, Guesses, offset
from .naming import Naming, ip_of
from .options import SyslogConfig
from .packed import unpacked
from .parser import Parser
from .watching import Watching

#: The frame's text (OpenTelemetry's semantic conventions).
ORIGINAL = "log.record.original"
ENCODING = "syslog.encoding"


class _Source:
    """What there is for the messages of one network."""

    def __init__(self, parser: Callable[[str], Parser], timezone: str, encoding: str) -> None:
        """`parser`: makes one of a zone."""
        self._new = parser
        self._timezone = timezone
        self._parsers: dict[int, Parser] = {}
        self.guesses = timezone == GUESS
        self.encoding = encoding

    def parser(self, quarters: int = 0) -> Parser:
        """That for a guessed offset, where the zone is to be guessed."""
        if not self.guesses:
            quarters = 0
        if quarters not in self._parsers:
            zone = offset(quarters) if self.guesses else self._timezone
            self._parsers[quarters] = self._new(zone)
        return self._parsers[quarters]


class _Found(NamedTuple):
    """What a parser made of lines, and the numbers that it noted."""

    events: list[Event]
    flagged: list[int]
    hostless: list[int]
    numbered: list[int]

    @classmethod
    def by(cls, parser: Parser, lines: Sequence[str], now_ns: int) -> _Found:
        """All of it."""
        events = parser.parse(lines, now_ns)
        return cls(events, parser.flagged, parser.hostless, parser.numbered)


class Reader:
    """Makes events of frames, for one receiver."""

    def __init__(self, config: SyslogConfig, context: Context) -> None:
        self._config = config
        self._count = context.count
        self._naming = Naming(config, context)
        self._watching = Watching(context)
        self._context = context
        others = self._source(config.timezone, config.encoding)
        networks = [
            (
                options.network,
                self._source(
                    options.timezone or config.timezone, options.encoding or config.encoding
                ),
            )
            for options in config.sources
        ]
        self._sources = ByNetwork(networks, others)
        self._common = others
        self._sequence_id = others.parser().sequence_id
        all_ = (others, *[own for _, own in networks])
        encoded = any(source.encoding for source in all_)
        guesses = any(source.guesses for source in all_)
        self._guesses = Guesses(self._learned) if guesses else None
        self._encoding = self._encoding_of if encoded else None

    def _source(self, timezone: str, encoding: str | None) -> _Source:
        config = self._config
        parser = partial(
            Parser,
            zone_words=config.zone_words,
            protocol=config.protocol,
            joint=opentelemetry.JOINT if config.attributes == "otel" else ".",
            year=config.year,
        )
        return _Source(lambda zone: parser(zone=zone), timezone, encoding or "")

    def read(self, frames: Frames, now_ns: int) -> list[Event]:
        """One event for each frame, in order, received at `now_ns`."""
        lines = frames.lines(self._encoding, unpacked)
        if self._config.sources or self._guesses:
            found = self._by_source(frames, lines, now_ns)
        else:
            found = _Found.by(self._common.parser(), lines, now_ns)
        events, flagged = found.events, found.flagged
        if self._guesses:
            self._guess(self._guesses, frames, events, now_ns)
        self._naming.name(frames, events, found.hostless)
        if self._config.unescape_octal:
            for event in events:
                event.body = unescaped(event.body)
        if self._config.parse_body != "none":
            flagged = sorted({*flagged, *self._describe(events)})
        self._watching.saw(frames, events, now_ns)
        if found.numbered:
            self._watching.count_up(frames, events, found.numbered, self._sequence_id)
        if flagged:
            self._tell(frames, [(number, events[number]) for number in flagged])
        self._finish(frames, lines, events)
        return events

    def _by_source(self, frames: Frames, lines: Sequence[str], now_ns: int) -> _Found:
        shares: dict[int, list[int]] = {}
        parsers: dict[int, Parser] = {}
        for number in range(len(lines)):
            parser = self._parser_of(ip_of(frames.resource(number)))
            parsers[id(parser)] = parser
            shares.setdefault(id(parser), []).append(number)
        events: dict[int, Event] = {}
        all_ = _Found([], [], [], [])
        for key, numbers in shares.items():
            found = _Found.by(parsers[key], [lines[n] for n in numbers], now_ns)
            events |= zip(numbers, found.events, strict=True)
            all_.flagged.extend(numbers[n] for n in found.flagged)
            all_.hostless.extend(numbers[n] for n in found.hostless)
            all_.numbered.extend(numbers[n] for n in found.numbered)
        return all_._replace(events=[events[number] for number in range(len(lines))])

    def _parser_of(self, ip: str) -> Parser:
        return self._sources.of(ip).parser(self._guesses.of(ip) if self._guesses else 0)

    def _guess(self, guesses: Guesses, frames: Frames, events: list[Event], now_ns: int) -> None:
        for share in frames.shares():
            event, ip = events[share.first], ip_of(share.source.resource)
            if event.time != event.observed_time and self._sources.of(ip).guesses:
                guesses.saw(ip, event.time, now_ns)

    def _learned(self, ip: str, offset: str) -> None:
        self._context.log.info(
            "{id}: {ip} runs on UTC{offset}, by its messages",
            id=self._context.id,
            ip=ip,
            offset=offset,
        )

    def _encoding_of(self, resource: Resource) -> str:
        return self._sources.of(ip_of(resource)).encoding

    def _describe(self, events: list[Event]) -> list[int]:
        """Look into the bodies; the numbers of those that break their format."""
        broken = []
        for number, event in enumerate(events):
            if not describe(event, self._config.parse_body):
                broken.append(number)
            elif event.time == event.observed_time and (text := moment(event)):
                event.time = self._common.parser().moment(text) or event.time
        return broken

    def _finish(self, frames: Frames, lines: Sequence[str], events: list[Event]) -> None:
        config = self._config
        for number, encoding in frames.encodings.items():
            if encoding:
                events[number].attributes[ENCODING] = encoding
        if config.attributes == "otel":
            for event, line in zip(events, lines, strict=True):
                opentelemetry.rename(event, line)
        if config.keep_raw:
            for event, line in zip(events, lines, strict=True):
                event.attributes[ORIGINAL] = line

    def _tell(self, frames: Frames, flagged: list[tuple[int, Event]]) -> None:
        flags: Counter[str] = Counter()
        ips: Counter[str] = Counter()
        for number, event in flagged:
            flags.update(event.attributes[FLAGS_KEY])
            ips[ip_of(frames.resource(number))] += 1
        self._watching.flagged(ips)
        for name, times in flags.items():
            self._count("flagged_log_records", times, flag=name)
        for ip, times in ips.items():
            self._count("malformed_log_records", times, source=ip)
