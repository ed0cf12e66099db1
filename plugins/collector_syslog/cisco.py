"""What Cisco devices put before a timestamp: text in, the parts of it out (spec section 5).

`421370: rtr1: 000456: *Mar  1 18:48:50 UTC: %SYS-5-CONFIG_I: text`, where each part may be
missing; a WLC has `*process: `, IOS-XR `HOST RP/0/RSP0/CPU0:` before the month.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from . import mnemonic
from .mnemonic import CISCO
from .timestamp import Stamp, Timestamps

#: Its counter; with two the one that counts messages before they are chosen by severity.
SEQUENCE_NUMBER = "syslog.sequence_number"
#: With two the one that counts what is sent.
MESSAGE_COUNTER = "syslog.message_counter"
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
_BEFORE_MNEMONIC = re.compile(r" *+(?::(?= ))?+ *+")  # IOS-XR puts " : " there
# `101 21:` has no unit: only before a mnemonic is it sure to be the time since the start.
_SINCE_START = re.compile(rf"({_UPTIME}|[0-9]{{1,6}} [0-9]{{1,2}}): ?(?={CISCO}:)")


class Header(NamedTuple):
    """What was found, as far as the mnemonic."""

    host: str
    #: Counters, process, node, uptime. With any it is sure to be Cisco's; a host may be a tag.
    attributes: dict[str, Any]
    #: Where the timestamp begins, if there is one.
    start: int
    stamp: Stamp | None
    #: Where the mnemonic begins, if there is one, and its parts.
    end: int
    mnemonic: dict[str, Any]


def read(text: str, start: int, stamps: Timestamps) -> Header:
    """The header that stands at `start`; each part of it may be missing."""
    found = _PREFIX.match(text, start)
    assert found is not None  # it matches nothing too
    host, attributes = _parts(found)
    end = found.end()
    stamp = stamps.read(text, end)
    if stamp is not None:
        between = _BEFORE_MNEMONIC.match(text, stamp.end)
        end = between.end() if between else stamp.end
    elif text[end : end + 1].isdecimal() and (since := _SINCE_START.match(text, end)):
        attributes["syslog.uptime"] = since[1]
        end = since.end()
    return Header(host, attributes, found.end(), stamp, end, mnemonic.at(text, end))


def _parts(found: re.Match[str]) -> tuple[str, dict[str, Any]]:
    counter, host, number, process, node = found.groups()
    attributes: dict[str, Any] = {}
    if number or counter:
        attributes[SEQUENCE_NUMBER] = int(number or counter)
    if number and counter:
        attributes[MESSAGE_COUNTER] = int(counter)
    if process:
        attributes["syslog.process"] = process
    if node:
        attributes["syslog.node"] = node[:-1]
    return host or "", attributes
