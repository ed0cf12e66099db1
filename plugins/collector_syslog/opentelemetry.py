"""The names that OpenTelemetry's syslog receiver gives: our event and its line in, that one out.

The body is the line, the message an attribute; what that receiver does not know keeps our names.
"""

from __future__ import annotations

from typing import Any

from collector.api import Event

from .structured import PREFIX

#: Stands in a name between SD-ID and parameter: it is in neither (RFC 5424 section 6.3).
JOINT = "]"
_NAMES = {
    "syslog.priority": "priority",
    "syslog.facility": "facility",
    "syslog.hostname": "hostname",
    "syslog.appname": "appname",
    "syslog.proc_id": "proc_id",
    "syslog.message_id": "msg_id",
    "syslog.version": "version",
}
#: By number, RFC 5424 section 6.2.1; the last eight are for local use.
_FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron"),
    *("authpriv", "ftp", "ntp", "audit", "alert", "clock"),
    *(f"local{number}" for number in range(8)),
)


def rename(event: Event, line: str) -> None:
    """Change the names of an event whose structured data was read with `JOINT`."""
    attributes: dict[str, Any] = {"message": event.body}
    data: dict[str, dict[str, Any]] = {}
    for name, value in event.attributes.items():
        if name.startswith(PREFIX):
            element, _, parameter = name.removeprefix(PREFIX).partition(JOINT)
            if not parameter and value:  # Check Point leaves the SD-ID out
                element, parameter = "", element
            data.setdefault(element, {}).update({parameter: value} if parameter else {})
        elif name != "syslog.severity":  # is the record's own
            attributes[_NAMES.get(name, name)] = value
    if data:
        attributes["structured_data"] = data
    attributes["facility_text"] = _FACILITIES[attributes["facility"]]
    event.attributes = attributes
    event.body = line
