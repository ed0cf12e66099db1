"""PRI: `<34>` in, facility, severity and the attributes that say so out.

RFC 5424 section 6.2.1, RFC 3164 section 4.1.1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

#: OpenTelemetry's severity number and syslog's own word, by syslog severity.
SEVERITIES = (
    (21, "emerg"),
    (19, "alert"),
    (18, "crit"),
    (17, "err"),
    (13, "warning"),
    (10, "notice"),
    (9, "info"),
    (5, "debug"),
)
#: Other words that devices write for a severity.
WORDS = {word: severity for severity, (_, word) in enumerate(SEVERITIES)} | {
    "emergency": 0,
    "panic": 0,
    "critical": 2,
    "error": 3,
    "warn": 4,
    "informational": 6,
}
#: user.notice, assumed where there is no valid PRI (RFC 3164 section 4.3.3).
ASSUMED = 13
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Priority(NamedTuple):
    """What one PRI means. `attributes` is shared: copy it."""

    number: int
    text: str
    attributes: dict[str, Any]


def _priority(value: int) -> Priority:
    number, text = SEVERITIES[value & 7]
    attributes = {
        "syslog.facility": value >> 3,
        "syslog.severity": value & 7,
        "syslog.priority": value,
    }
    return Priority(number, text, attributes)


#: By PRI value, 0 to 191.
PRIORITIES = tuple(_priority(value) for value in range(192))
# Leading zeros are illegal in RFC 5424 and seen; rsyslog takes them too.
_WRITTEN = {
    f"<{value:0{digits}d}>": priority
    for value, priority in enumerate(PRIORITIES)
    for digits in (1, 2, 3)
}


def read(text: str, start: int) -> tuple[Priority, int] | None:
    """The valid PRI at `start` and where it ends."""
    end = text.find(">", start, start + 5) + 1
    priority = _WRITTEN.get(text[start:end])
    return (priority, end) if priority is not None else None


#: What the first characters of a regular line say: characters of the PRI before an RFC 3164
#: timestamp (0 = RFC 5424, version 1), severity number and text, the attributes with every header
#: field in its place to be overwritten, and those without the header fields. Copying a dict and
#: storing over its values is 1.2 times faster than building one; a plain tuple is unpacked 3 times
#: faster than a NamedTuple. The dicts are shared: copy them.
Head = tuple[int, int, str, dict[str, Any], dict[str, Any]]

#: Enough of a line to know its PRI and its format: `<0>1 20`, `<34>1 2`, `<134>1 `, `<34>Nov`.
HEAD_SIZE = 7
_BSD_FIELDS = ("syslog.hostname", "syslog.appname", "syslog.proc_id")
_IETF_FIELDS = (*_BSD_FIELDS, "syslog.message_id")
_YEARS = tuple(str(year) for year in range(1970, 2100))


def _heads(*, ietf: bool, bsd: bool) -> dict[str, Head]:
    heads: dict[str, Head] = {}
    for value, (number, text, base) in enumerate(PRIORITIES):
        pri = f"<{value}>"
        bare = {**base, "syslog.version": 1}
        numbered = (0, number, text, bare | dict.fromkeys(_IETF_FIELDS, ""), bare)
        plain = (len(pri), number, text, base | dict.fromkeys(_BSD_FIELDS, ""), base)
        for start in (*[f"{month} " for month in MONTHS], *_YEARS) if bsd else ():
            heads[(pri + start)[:HEAD_SIZE]] = plain
        for start in ("1 20", "1 19") if ietf else ():
            heads[(pri + start)[:HEAD_SIZE]] = numbered
    return heads


#: By protocol, every regular beginning of a line. What begins otherwise is read with care.
HEADS = {
    "auto": _heads(ietf=True, bsd=True),
    "rfc3164": _heads(ietf=False, bsd=True),
    "rfc5424": _heads(ietf=True, bsd=False),
}
