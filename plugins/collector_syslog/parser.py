"""The parser: lines of text in, one event for each out. No I/O, and nothing it raises.

1. A line gives exactly one event, and keeps its text: what is not read into a field is in the
   body, and what was wrong is said in flags (spec section 3: "never drop").
2. The loop in `Parser.parse` takes only lines that have the regular form and whose words the
   careful parsers (`rfc5424.py`, `rfc3164.py`) have met before; the rest goes to them. Both give
   the same event for the same line: the loop is only faster.
3. Time is linear in the length of a line, for any line.
4. What is left to be said of few events is noted by their numbers, so that nobody has to look at
   all of them: `flagged`, `hostless` and `numbered`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from collector.api import FLAGS_KEY, Event, flag

from .cisco import SEQUENCE_NUMBER
from .clock import Year
from .priority import ASSUMED, HEAD_SIZE, HEADS, PRIORITIES, read
from .rfc3164 import Rfc3164
from .rfc5424 import BOM, MAX_FIELD, PARSE_ERROR, Rfc5424
from .structured import PREFIX as DATA
from .timestamp import BSD_SIZE, ISO_SIZE, MILLIS, MILLIS_SIZE, Timestamps
from .zone import ZoneWords
from .zone import zone as find_zone

# A datagram with an octet count, which RFC 5426 does not know; in a stream the framing takes it.
_COUNT = re.compile(r"[1-9][0-9]{0,9} (?=<)")
# JSON without any header.
_JSON = re.compile(r" *+[\[{]")
_JSON_STARTS = (" ", "{", "[")
_WEEK = 7 * 86400.0
Protocol = Literal["auto", "rfc3164", "rfc5424"]


class Parser:
    """Reads syslog of every kind. Each listener has its own: what it remembers is its senders'."""

    def __init__(
        self,
        *,
        zone: str = "UTC",
        future_tolerance: float = _WEEK,
        zone_words: Mapping[str, str] | None = None,
        protocol: Protocol = "auto",
        joint: str = ".",
        year: Year = "auto",
    ) -> None:
        """Raises ValueError for a zone that does not exist.

        `zone`: where clocks run that do not say so: an IANA name, UTC, or an offset.
        `future_tolerance`: seconds by which a date without a year may lie ahead.
        `zone_words`: offsets of zone words, for those that are not unique: `{"IST": "+02:00"}`.
        `protocol`: of which lines are told apart; a line of another is text after its PRI.
        `joint`: see `structured.read`.
        `year`: of a date that says none, see `clock.Year`.
        """
        words = ZoneWords(zone_words or {})
        self._stamps = Timestamps(find_zone(zone), words, future_tolerance, year)
        self._ietf = Rfc5424(self._stamps, joint)
        self._bsd = Rfc3164(self._stamps, words)
        self._protocol = protocol
        self._heads = HEADS[protocol]
        #: Of the last lines: numbers of those that something is wrong with.
        self.flagged: list[int] = []
        #: Numbers of those that name no host. A number may come twice.
        self.hostless: list[int] = []
        #: Numbers of those that have a sequence number. A number may come twice.
        self.numbered: list[int] = []
        #: The attribute of RFC 5424's (section 7.3.1).
        self.sequence_id = f"{DATA}meta{joint}sequenceId"

    # One loop for both formats, with everything inlined: a call costs 60 ns, a tenth of an event.
    def parse(self, lines: Sequence[str], now_ns: int) -> list[Event]:  # noqa: C901, PLR0912, PLR0915
        """One event for each line, in order, received at `now_ns` (nanoseconds since the epoch).

        A line has no line end. It may hold anything but surrogates.
        """
        self._stamps.at(now_ns)
        heads, millis, iso = self._heads, MILLIS, self._stamps.iso
        seconds, tails, wholes = self._stamps.seconds, self._stamps.tails, self._stamps.wholes
        recent, hosts, tags = self._stamps.recent, self._bsd.hosts, self._bsd.tags
        fill, sequence_id = self._ietf.elements.fill, self.sequence_id
        events: list[Event] = []
        append = events.append
        self.flagged = flagged = list[int]()
        self.hostless = hostless = list[int]()
        self.numbered = numbered = list[int]()
        for line in lines:
            try:
                skip, number, text, full, bare = heads[line[:HEAD_SIZE]]
                if skip:
                    time = recent.get(line[skip : skip + BSD_SIZE])
                    if time is not None:
                        rest = line[skip + BSD_SIZE :]
                    else:
                        stamp, _, rest = line[skip:].partition(" ")
                        time = iso(stamp)
                    # "host app[pid]: body", and a "]: " of the body for "host app: body".
                    words, _, body = rest.partition("]: ")
                    host, space, tag = words.partition(" ")
                    app, _, pid = tag.partition("[")
                    if (
                        body
                        and app in tags
                        and host in hosts
                        and pid.isdecimal()
                        and time is not None
                    ):
                        attributes = full.copy()
                        attributes["syslog.hostname"] = host
                        attributes["syslog.appname"] = app
                        attributes["syslog.proc_id"] = pid
                        append(Event(time, body, attributes, number, text, now_ns))
                        continue
                    if not space:  # no host: "app[pid]: body"
                        app, _, pid = host.partition("[")
                        if body and app in tags and pid.isdecimal() and time is not None:
                            attributes = bare.copy()
                            attributes["syslog.appname"] = app
                            attributes["syslog.proc_id"] = pid
                            hostless.append(len(events))
                            append(Event(time, body, attributes, number, text, now_ns))
                            continue
                    host, tag, body = rest.split(" ", 2)
                    app = tag[:-1]
                    if app in tags and host in hosts and tag[-1] == ":" and time is not None:
                        attributes = bare.copy()
                        attributes["syslog.hostname"] = host
                        attributes["syslog.appname"] = app
                        append(Event(time, body, attributes, number, text, now_ns))
                        continue
                else:
                    _, stamp, host, app, pid, message, data, body = line.split(" ", 7)
                    fraction = millis.get(stamp[ISO_SIZE:MILLIS_SIZE])
                    if fraction is None:
                        time = wholes[stamp]
                    else:
                        time = seconds[stamp[:ISO_SIZE]] + fraction + tails[stamp[MILLIS_SIZE:]]
                    if (
                        host and app and pid and message
                        and host != "-" and app != "-" and pid != "-" and message != "-"
                    ):  # fmt: skip
                        attributes = full.copy()
                        attributes["syslog.hostname"] = host
                        attributes["syslog.appname"] = app
                        attributes["syslog.proc_id"] = pid
                        attributes["syslog.message_id"] = message
                    else:
                        attributes = bare.copy()
                        if host and host != "-":
                            attributes["syslog.hostname"] = host
                        else:
                            hostless.append(len(events))
                        if app and app != "-":
                            attributes["syslog.appname"] = app
                        if pid and pid != "-":
                            attributes["syslog.proc_id"] = pid
                        if message and message != "-":
                            attributes["syslog.message_id"] = message
                    if data != "-":
                        words, end, body = body.partition("] ")
                        fill(attributes, f"{data} {words}{end}")
                        if sequence_id in attributes:
                            numbered.append(len(events))
                    if BOM not in body and (
                        len(line) <= MAX_FIELD or len(line) - len(body) <= MAX_FIELD
                    ):
                        append(Event(time, body, attributes, number, text, now_ns))
                        continue
            except (KeyError, ValueError):  # not regular, or not met before
                pass
            event = self._careful(line, now_ns)
            if FLAGS_KEY in event.attributes:
                flagged.append(len(events))
            if "syslog.hostname" not in event.attributes:
                hostless.append(len(events))
            if SEQUENCE_NUMBER in event.attributes or sequence_id in event.attributes:
                numbered.append(len(events))
            append(event)
        return events

    def moment(self, text: str) -> int | None:
        """The nanoseconds that a text names which is a timestamp and nothing else."""
        stamp = self._stamps.epoch(text, 0) or self._stamps.read(text, 0)
        return stamp.time if stamp and stamp.end == len(text) else None

    def _careful(self, line: str, now_ns: int) -> Event:
        """The event of any line at all."""
        at = int(line.startswith(BOM))
        found, counted = read(line, at), None
        if found is None and (counted := _COUNT.match(line, at)):
            found = read(line, counted.end())
        priority, at = found or (PRIORITIES[ASSUMED], at)
        event = Event(
            now_ns, "", priority.attributes.copy(), priority.number, priority.text, now_ns
        )
        if found is None:
            flag(event, "missing_pri")
        elif counted:
            flag(event, "unexpected_framing")
        at += line.startswith(BOM, at)
        if line.startswith(_JSON_STARTS, at) and _JSON.match(line, at):
            event.body = line[at:]
        else:
            self._header(event, line, at, with_pri=found is not None)
        return event

    def _header(self, event: Event, line: str, at: int, *, with_pri: bool) -> None:
        protocol = self._protocol
        if protocol != "rfc3164" and self._ietf.parse(event, line, at, with_pri=with_pri):
            return
        if protocol == "rfc5424":
            event.attributes[PARSE_ERROR] = "version"
            flag(event, "parse_error")
            event.body = line[at:]
        else:
            self._bsd.parse(event, line, at, with_pri=with_pri)
