"""Words that devices put between a hostname and a tag: a table, and how to read one."""

from __future__ import annotations

import re
from typing import NamedTuple

from .priority import WORDS

_CODE = re.compile(r"[A-Z][a-z]\(([0-9]{1,3})\)")
_TABLE = (
    # F5: slot1/host notice mcpd[10653]: text
    (re.compile(r"|".join(sorted(WORDS, key=len, reverse=True))), "syslog.severity_word"),
    # ESXi 8: host In(166) Hostd[2099]: text
    (_CODE, "syslog.severity_word"),
    # ProCurve: host  00179 mgr:  text
    (re.compile(r"[0-9]{5}"), "syslog.message_id"),
    # Comware: host (Stack) %%10WEB/5/LOGIN: text
    (re.compile(r"\([A-Za-z0-9_-]{1,32}\)"), "syslog.device"),
    # UniFi: host 788a2056b181,UAP-AC-Pro-Gen2-4.3.20: hostapd[12]: text
    (re.compile(r"[0-9A-Fa-f]{12},[A-Za-z0-9+_.-]{1,64}:"), "syslog.device"),
)


def likely(word: str, host: str) -> bool:
    """A quick look at a word: False for nearly all that are none of these."""
    return word == host or word[-1] in "):" or word in WORDS or word.isdecimal()


class Aside(NamedTuple):
    """A word, and the attribute that it is kept in; "" where it says nothing new."""

    attribute: str
    value: str


def read(word: str, *, host: str, severity: int, priority: int) -> Aside | None:
    """What a word says; None when it is none of these.

    A relay repeats the host; a severity that is the PRI's says nothing new either.
    """
    if word == host:
        return Aside("", "")
    for pattern, attribute in _TABLE:
        if pattern.fullmatch(word):
            code = _CODE.fullmatch(word)
            if WORDS.get(word) == severity or (code and int(code[1]) == priority):
                return Aside("", "")
            return Aside(attribute, word.strip("():") if attribute == "syslog.device" else word)
    return None
