"""Formats of texts: a text in, its fields out, each bounded.

A text has 1 Mi characters at most, and 1,000 fields; what is in a field is bounded as a value that
a statement makes. What is beyond that is not of the format.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from collector.api import FLAGS_KEY, Event, flag
from collector_syslog import cef, leef, pairs
from collector_syslog.parser import Parser

from .ottl.converters.parsing import columns, json_value, key_value
from .ottl.fault import Failed
from .ottl.regex import MAX_TEXT, Pattern
from .ottl.values import stored

MAX_FIELDS = 1000
Fields = dict[str, Any]
#: Reads one text. Raises Failed.
Reader = Callable[[str], Fields]
#: Events with a text of each in; the fields of it out, or None where it is not of the format.
Reading = Callable[[Sequence[tuple[Event, str]]], Iterator[tuple[Event, Fields | None]]]

_PRIORITY = ("syslog.facility", "syslog.severity", "syslog.priority")


def bounded(read: Reader) -> Reading:
    """What reads texts one by one, and none that is too large."""

    def reading(texts: Sequence[tuple[Event, str]]) -> Iterator[tuple[Event, Fields | None]]:
        for event, text in texts:
            try:
                yield event, _checked(read(_short(text)))
            except Failed:
                yield event, None

    return reading


def _short(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise Failed(f"a text over {MAX_TEXT} characters")
    return text


def _checked(fields: Fields) -> Fields:
    if len(fields) > MAX_FIELDS:
        raise Failed(f"more than {MAX_FIELDS} fields")
    return stored(fields)  # type: ignore[no-any-return]  # a map stays one


def json(text: str) -> Fields:
    """An object of JSON."""
    found = json_value(text)
    if type(found) is not dict:
        raise Failed("JSON that is no object")
    return found


def cef_message(text: str) -> Fields:
    """ArcSight's Common Event Format, see `cef`."""
    return _found(cef.read(text))


def leef_message(text: str) -> Fields:
    """QRadar's Log Event Extended Format, see `leef`."""
    return _found(leef.read(text))


def any_pairs(text: str) -> Fields:
    """`key=value` with whatever stands between them, see `pairs`."""
    return _found(pairs.read(text))


#: Those that have no options.
PLAIN: Mapping[str, Reader] = {"json": json, "cef": cef_message, "leef": leef_message}


def _found(fields: Fields | None) -> Fields:
    if not fields:
        raise Failed("not of this format")
    return fields


def pairs_by(delimiter: str, pair_delimiter: str) -> Reader:
    """Pairs that have these two delimiters and no other."""
    return lambda text: key_value(text, delimiter, pair_delimiter)


def csv(names: Sequence[str], delimiter: str, mode: str) -> Reader:
    """One row, as `ParseCSV` reads it."""
    return lambda text: columns(text, names, delimiter, mode)


def regex(pattern: Pattern) -> Reader:
    """The named groups of the first match."""
    return lambda text: _found(pattern.named(text))


def syslog(timezone: str, *, in_body: bool) -> Reading:
    """What reads lines of syslog of any kind, which need a PRI or a timestamp.

    Time and severity become the event's. The message becomes the body where the line was that, else
    the field `syslog.message`. Raises ValueError for a zone that does not exist.
    """
    parser = Parser(zone=timezone)

    def reading(texts: Sequence[tuple[Event, str]]) -> Iterator[tuple[Event, Fields | None]]:
        now = time.time_ns()
        # All at once: 1.4 us a line, where a call for each is 8.
        lines = parser.parse([text for _, text in texts], now)
        for (event, text), line in zip(texts, lines, strict=True):
            try:
                _short(text)
                fields = _checked(line.attributes)  # before the event changes
                _tell(event, line, fields, timed=line.time != now)
            except Failed:
                yield event, None
                continue
            yield event, _placed(event, line.body, fields, in_body=in_body)

    return reading


def _placed(event: Event, message: str, fields: Fields, *, in_body: bool) -> Fields:
    if in_body:
        event.body = message
        return fields
    return fields | {"syslog.message": message}


def _tell(event: Event, line: Event, fields: Fields, *, timed: bool) -> None:
    """What a line says of the event itself; its flags become the event's."""
    flags = fields.pop(FLAGS_KEY, [])
    if "missing_pri" not in flags:
        event.severity_number, event.severity_text = line.severity_number, line.severity_text
    elif timed:
        flags.remove("missing_pri")
        for name in _PRIORITY:  # user.notice, which nobody has said
            del fields[name]
    else:
        raise Failed("neither a PRI nor a timestamp")
    if timed:
        event.time = line.time
    for name in flags:
        flag(event, name)
