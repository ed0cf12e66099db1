"""What Cisco devices put before a timestamp: text in, the parts of it out (spec section 5).

`421370: rtr1: 000456: *Mar  1 18:48:50 UTC: %SYS-5-CONFIG_I: text`, where each part may be
missing; a WLC has `*process: `, IOS-XR `HOST RP/0/RSP0/CPU0:` before the month.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from .mnemonic import CISCO

_UPTIME = r"(?:[0-9]{1,4}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?|(?:[0-9]{1,4}[ywdhms]){1,4})"
_NUMBER = r"(?:([0-9]{1,10}+): {1,2})?"
_NODE = r"[A-Z0-9]{1,16}+(?:/[A-Z0-9]{1,16}+){2,4}:"
_NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,254}+|[0-9A-Fa-f:]{2,45}(?=: )"
_HOST = (
    rf"(?:(?!{_UPTIME}:|[0-9]+:[ %])({_NAME})"  # neither an uptime nor a counter
    rf"(?: ?: {{1,2}}| (?={_NODE})| ?:(?=%)))?"
)
_PROCESS = r"(?:\*([A-Za-z0-9_.-]{1,64}+): )?"
_PREFIX = re.compile(rf"{_NUMBER}{_HOST}{_NUMBER}{_PROCESS}({_NODE})?")
# `101 21:` has no unit: only before a mnemonic is it sure to be the time since the start.
_SINCE_START = re.compile(rf"({_UPTIME}|[0-9]{{1,6}} [0-9]{{1,2}}): ?(?={CISCO}:)")


class Prefix(NamedTuple):
    """What was found, and where it ends."""

    host: str
    #: All but the host. With any it is sure to be Cisco's; a host may also be a tag.
    attributes: dict[str, Any]
    end: int


def read(text: str, start: int) -> Prefix:
    """The parts that stand at `start`; there may be none."""
    found = _PREFIX.match(text, start)
    assert found is not None  # it matches nothing too
    counter, host, number, process, node = found.groups()
    said = {
        "syslog.message_counter": int(counter) if counter and number else None,
        "syslog.sequence_number": int(number or counter) if number or counter else None,
        "syslog.process": process,
        "syslog.node": node and node[:-1],
    }
    attributes = {name: value for name, value in said.items() if value is not None}
    return Prefix(host or "", attributes, found.end())


def since_start(text: str, start: int) -> re.Match[str] | None:
    """The time since the device's start that stands for a timestamp before a mnemonic."""
    return _SINCE_START.match(text, start)
