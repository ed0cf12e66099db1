"""Frames in, finished events out: by the options of the receiver and of each source. No I/O.

The parser makes one event of each line. Here it is chosen by the line's source, and what the header
could not say is added: the peer as the host, what the body holds, the frame as it came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from collector.api import FLAGS_KEY, Event, Frames, Resource

from . import opentelemetry
from .bodies import describe, moment
from .options import SyslogConfig
from .parser import Parser
from .sources import Sources

#: The frame's text (OpenTelemetry's semantic conventions).
ORIGINAL = "log.record.original"
#: Says where the hostname is from, when that is not the message.
HOSTNAME_SOURCE = "syslog.hostname_source"
#: What the message said, when the peer's address stands in its place.
MESSAGE_HOSTNAME = "syslog.message_hostname"
ENCODING = "syslog.encoding"


class _Source(NamedTuple):
    """What there is for the messages of one network."""

    parser: Parser
    encoding: str


class Reader:
    """Makes events of frames, for one receiver."""

    def __init__(self, config: SyslogConfig, count: Callable[..., None]) -> None:
        """`count`: see `Context.count`. Told once a batch, by flag and by source."""
        self._config = config
        self._count = count
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
        self._sources = Sources(networks, others)
        self._common = others
        encoded = any(source.encoding for source in (others, *[own for _, own in networks]))
        self._encoding = self._encoding_of if encoded else None

    def _source(self, timezone: str, encoding: str | None) -> _Source:
        otel = self._config.attributes == "otel"
        parser = Parser(
            zone=timezone,
            zone_words=self._config.zone_words,
            protocol=self._config.protocol,
            joint=opentelemetry.JOINT if otel else ".",
        )
        return _Source(parser, encoding or "")

    def read(self, frames: Frames, now_ns: int) -> list[Event]:
        """One event for each frame, in order, received at `now_ns`."""
        lines = frames.lines(self._encoding)
        parser = self._common.parser
        if self._config.sources:
            events, flagged, hostless = self._by_source(frames, lines, now_ns)
        else:
            events = parser.parse(lines, now_ns)
            flagged, hostless = parser.flagged, parser.hostless
        self._name(frames, events, hostless)
        if self._config.parse_body != "none":
            flagged = sorted({*flagged, *self._describe(events)})
        if flagged:
            self._tell(frames, [(number, events[number]) for number in flagged])
        self._finish(frames, lines, events)
        return events

    def _by_source(
        self, frames: Frames, lines: Sequence[str], now_ns: int
    ) -> tuple[list[Event], list[int], list[int]]:
        """The events, and the numbers of those that are flagged, and that have no host."""
        shares: dict[int, list[int]] = {}
        parsers: dict[int, Parser] = {}
        for number in range(len(lines)):
            parser = self._sources.of(_ip(frames.resource(number))).parser
            parsers[id(parser)] = parser
            shares.setdefault(id(parser), []).append(number)
        found: dict[int, Event] = {}
        flagged: list[int] = []
        hostless: list[int] = []
        for key, numbers in shares.items():
            parser = parsers[key]
            found |= zip(numbers, parser.parse([lines[n] for n in numbers], now_ns), strict=True)
            flagged += [numbers[n] for n in parser.flagged]
            hostless += [numbers[n] for n in parser.hostless]
        return [found[number] for number in range(len(lines))], flagged, hostless

    def _encoding_of(self, resource: Resource) -> str:
        return self._sources.of(_ip(resource)).encoding

    def _name(self, frames: Frames, events: list[Event], hostless: Sequence[int]) -> None:
        policy = self._config.hostname_policy
        if policy != "message":
            for number in range(len(events)) if policy == "peer_ip" else hostless:
                _take_address(events[number].attributes, _ip(frames.resource(number)))

    def _describe(self, events: list[Event]) -> list[int]:
        """Look into the bodies; the numbers of those that break their format."""
        broken = []
        for number, event in enumerate(events):
            if not describe(event, self._config.parse_body):
                broken.append(number)
            elif event.time == event.observed_time and (text := moment(event)):
                event.time = self._common.parser.moment(text) or event.time
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
            ips[_ip(frames.resource(number))] += 1
        for name, times in flags.items():
            self._count("flagged_log_records", times, flag=name)
        for ip, times in ips.items():
            self._count("malformed_log_records", times, source=ip)


def _ip(resource: Resource) -> str:
    """The peer's address; "" for a socket that has none."""
    ip: str = resource.attributes.get("net.peer.ip", "")
    return ip


def _take_address(attributes: dict[str, Any], ip: str) -> None:
    """Take the peer's address for the hostname."""
    said = attributes.get("syslog.hostname")
    if not ip or said == ip:
        return
    if said:
        attributes[MESSAGE_HOSTNAME] = said
    attributes["syslog.hostname"] = ip
    attributes[HOSTNAME_SOURCE] = "peer"
