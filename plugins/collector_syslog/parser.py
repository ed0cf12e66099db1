"""The parser: lines of text in, one event for each out. No I/O, and nothing it raises.

1. A line gives exactly one event, and keeps its text: what is not read into a field is in the
   body, and what was wrong is said in flags (spec section 3: "never drop").
2. The loop in `Parser.parse` takes only lines that have the regular form and whose words the
   careful parsers (`rfc5424.py`, `rfc3164.py`) have met before; the rest goes to them. Both give
   the same event for the same line: the loop is only faster.
3. Time is linear in the length of a line, for any line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from collector.api import Event, flag

from .priority import ASSUMED, HEAD_SIZE, HEADS, PRIORITIES, read
from .rfc3164 import Rfc3164
from .rfc5424 import BOM, MAX_FIELD, Rfc5424
from .timestamp import BSD_SIZE, ISO_SIZE, MILLIS, MILLIS_SIZE, Timestamps
from .zone import ZoneWords
from .zone import zone as find_zone

# A datagram with an octet count, which RFC 5426 does not know; in a stream the framing takes it.
_COUNT = re.compile(r"[1-9][0-9]{0,9} (?=<)")
# JSON without any header.
_JSON = re.compile(r" *+[\[{]")
_WEEK = 7 * 86400.0


class Parser:
    """Reads syslog of every kind. Each listener has its own: what it remembers is its senders'."""

    def __init__(
        self,
        *,
        zone: str = "UTC",
        future_tolerance: float = _WEEK,
        zone_words: Mapping[str, str] | None = None,
    ) -> None:
        """Raises ValueError for a zone that does not exist.

        `zone`: where clocks run that do not say so: an IANA name, UTC, or an offset.
        `future_tolerance`: seconds by which a date without a year may lie ahead.
        `zone_words`: offsets of zone words, for those that are not unique: `{"IST": "+02:00"}`.
        """
        words = ZoneWords(zone_words or {})
        self._stamps = Timestamps(find_zone(zone), words, future_tolerance)
        self._ietf = Rfc5424(self._stamps)
        self._bsd = Rfc3164(self._stamps, words)

    # One loop for both formats, with everything inlined: a call costs 60 ns, a tenth of an event.
    def parse(self, lines: Sequence[str], now_ns: int) -> list[Event]:  # noqa: C901, PLR0912, PLR0915
        """One event for each line, in order, received at `now_ns` (nanoseconds since the epoch).

        A line has no line end. It may hold anything but surrogates.
        """
        self._stamps.at(now_ns)
        heads, millis, iso = HEADS, MILLIS, self._stamps.iso
        seconds, tails, wholes = self._stamps.seconds, self._stamps.tails, self._stamps.wholes
        recent, hosts, tags = self._stamps.recent, self._bsd.hosts, self._bsd.tags
        elements = self._ietf.elements
        events: list[Event] = []
        append = events.append
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
                        if app and app != "-":
                            attributes["syslog.appname"] = app
                        if pid and pid != "-":
                            attributes["syslog.proc_id"] = pid
                        if message and message != "-":
                            attributes["syslog.message_id"] = message
                    if data != "-":
                        words, end, body = body.partition("] ")
                        attributes |= elements[f"{data} {words}{end}"]
                    if BOM not in body and (
                        len(line) <= MAX_FIELD or len(line) - len(body) <= MAX_FIELD
                    ):
                        append(Event(time, body, attributes, number, text, now_ns))
                        continue
            except (KeyError, ValueError):  # not regular, or not met before
                pass
            append(self._careful(line, now_ns))
        return events

    def _careful(self, line: str, now_ns: int) -> Event:
        """The event of any line at all."""
        at = int(line.startswith(BOM))
        counted = _COUNT.match(line, at)
        found = read(line, counted.end() if counted else at)
        priority, at = found or (PRIORITIES[ASSUMED], at)
        event = Event(
            now_ns, "", priority.attributes.copy(), priority.number, priority.text, now_ns
        )
        if found is None:
            flag(event, "missing_pri")
        elif counted:
            flag(event, "unexpected_framing")
        at += line.startswith(BOM, at)
        if _JSON.match(line, at):
            event.body = line[at:]
        elif not self._ietf.parse(event, line, at, with_pri=found is not None):
            self._bsd.parse(event, line, at, with_pri=found is not None)
        return event
