"""RFC 5424 with all its deviations: the text after the PRI in, an event's fields out.

The regular form is read by the loop in `parser.py`; this is the careful way for everything
else, and the definition of what is right: where both can read a line they agree.

1. A field that is nil, empty or after the end of the text is left out.
2. Where structured data (or its nil) stands in its place, the fields before it are what they
   are, whatever they look like. Only otherwise a field that looks like the beginning of a
   message is taken for one: the fields before it are kept, the rest is the body.
3. Structured data that cannot be read stays in the body.
"""

from __future__ import annotations

import re

from collector.api import Event, flag

from .structured import Elements, Structured
from .structured import read as read_structured
from .timestamp import Stamp, Timestamps

#: Attribute for the name of the field at which the format was broken.
PARSE_ERROR = "syslog.parse_error"
#: Attribute for a timestamp that names no time, as it was written.
TIMESTAMP = "syslog.timestamp"
BOM = "\ufeff"
PREFIX = "syslog."
#: Attributes of the header's fields after the timestamp, in their order.
FIELDS = ("syslog.hostname", "syslog.appname", "syslog.proc_id", "syslog.message_id")
#: Characters of a header field. The RFC has 255, 48, 128 and 32; nobody keeps to it.
MAX_FIELD = 1024

# VERSION, and a nil or a year: with less, it is RFC 3164 or no header at all.
_VERSION = re.compile(r"([1-9][0-9]{0,2}) (?=-(?: |$)|[0-9]{4}-)")
# Without a PRI before it, "1 - text" is more likely a list than a header.
_SURE_VERSION = re.compile(r"([1-9][0-9]{0,2}) (?=[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt])")
_NOT_A_FIELD = ("CEF:", "LEEF:", "@cee:", "{", "[", '"')


class Rfc5424:
    """Reads messages with a version, for one listener."""

    def __init__(self, stamps: Timestamps, joint: str) -> None:
        """`joint`: see `structured.read`."""
        self._stamps = stamps
        self._joint = joint
        self.elements = Elements()

    def parse(self, event: Event, text: str, start: int, *, with_pri: bool) -> bool:
        """Fill in the event if `text` is of this format from `start`; else return False."""
        if not text[start : start + 1].isdecimal():
            return False
        version = (_VERSION if with_pri else _SURE_VERSION).match(text, start)
        if version is None:
            return False
        event.attributes["syslog.version"] = int(version[1])
        end = self._timestamp(event, text, version.end())
        self._header(event, text, end + 1)
        return True

    def _timestamp(self, event: Event, text: str, start: int) -> int:
        """Read the timestamp at `start` and return where it ends."""
        if text[start] == "-":
            return start + 1
        end = text.find(" ", start)
        end = len(text) if end < 0 else end
        time = self._stamps.iso(text[start:end])
        if time is not None:
            event.time = time
            return end
        stamp = self._stamps.read_iso(text, start)
        if stamp is None or text[stamp.end : stamp.end + 1] not in {"", " "}:
            stamp = Stamp(None, end)
        apply(event, stamp, text, start)
        return stamp.end

    def _header(self, event: Event, text: str, start: int) -> None:
        """Read hostname, app name, process id, message id and what comes after them."""
        at = start
        spans: list[tuple[int, int]] = []
        while len(spans) < len(FIELDS) and at < len(text):
            end = text.find(" ", at)
            end = len(text) if end < 0 else end
            spans.append((at, end))
            at = end + 1
        found = self._data(text, at) if len(spans) == len(FIELDS) else None
        broken = _broken([text[a:b] for a, b in spans], in_place=found is not None)
        for name, (a, b) in zip(FIELDS[:broken], spans, strict=False):
            if text[a:b] not in {"", "-"}:
                event.attributes[name] = text[a:b]
        if broken < len(spans):
            event.attributes[PARSE_ERROR] = FIELDS[broken].removeprefix(PREFIX)
            flag(event, "parse_error")
            event.body = text[spans[broken][0] :]
        elif found is not None:
            self._message(event, text, at, found)
        else:
            if text.startswith("[", at):
                flag(event, "bad_structured_data")
            event.body = text[at:].removeprefix(BOM)  # no structured data: all is MSG

    def _data(self, text: str, start: int) -> Structured | None:
        """The structured data at `start`, or its nil."""
        if text.startswith("[", start):
            return read_structured(text, start, self._joint)
        if text[start : start + 2] in {"-", "- "}:
            return Structured({}, start + 1, lenient=False, duplicate_id=False)
        return None

    def _message(self, event: Event, text: str, start: int, found: Structured) -> None:
        event.attributes |= found.attributes
        if found.duplicate_id:
            flag(event, "duplicate_sd_id")
        if found.lenient:
            flag(event, "lenient_structured_data")
        body = found.end
        if text.startswith(" ", body):  # exactly one belongs to the header
            body += 1
            self.elements.learn(text[start:body], found)
        event.body = text[body:].removeprefix(BOM)


def apply(event: Event, stamp: Stamp, text: str, start: int) -> None:
    """Give the event the time of a stamp found at `start`, or the reason why it has none."""
    if stamp.time is None:
        event.attributes[TIMESTAMP] = text[start : stamp.end]
        flag(event, "bad_timestamp")
    else:
        event.time = stamp.time
    if stamp.unknown_zone:
        flag(event, "unknown_zone")
    if stamp.quality:
        event.attributes["syslog.time_quality"] = stamp.quality


def _broken(fields: list[str], *, in_place: bool) -> int:
    """The number of fields that are ones."""
    for number, field in enumerate(fields):
        if len(field) > MAX_FIELD:
            return number
        if in_place:
            continue
        # "::" ends some IPv6 addresses, ":" ends a tag; a host does not contain a quote or a tag.
        colon = field.endswith(":") and not field.endswith("::")
        if colon or field.startswith(_NOT_A_FIELD):
            return number
    return len(fields)
