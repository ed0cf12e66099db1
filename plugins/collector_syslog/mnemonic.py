"""The names that switches and firewalls give their messages: a word in, its parts out.

`%SYS-5-CONFIG_I` of Cisco and Arista, `%%10SHELL/5/LOGIN` of Comware, `%%01SHELL/5/LOGIN(l)` of
Huawei. The severity in it may be another than the PRI's, so both are kept.
"""

from __future__ import annotations

import re
from typing import Any

#: Cisco's, as a pattern without groups. An ASA writes the class of a message in small letters.
CISCO = r"%[A-Z0-9][A-Za-z0-9_]{0,31}+(?:-[A-Za-z0-9_]{1,32}+){0,4}?-[0-7]-[A-Za-z0-9_]{1,64}+"
_CISCO = re.compile(r"%([^\s:]{1,200}?)-([0-7])-([A-Za-z0-9_]{1,64}+)")
_COMWARE = re.compile(r"%%[0-9]{2}([A-Za-z0-9_]{1,64}+)/([0-7])/([A-Za-z0-9_]{1,64}+)")
_IN_TEXT = re.compile(rf"{CISCO}(?= ?:)")  # IOS-XR puts a space there


def read(word: str) -> dict[str, Any]:
    """The attributes of a tag, none when it is no mnemonic."""
    found = (_COMWARE if word.startswith("%%") else _CISCO).match(word)
    if found is None:
        return {}
    return {
        "syslog.mnemonic": found[3],
        "syslog.mnemonic_facility": found[1],
        "syslog.mnemonic_severity": int(found[2]),
    }


def at(text: str, start: int) -> dict[str, Any]:
    """The attributes of the mnemonic that a text has at `start`, none when there is none."""
    found = text.startswith("%", start) and _IN_TEXT.match(text, start)
    return read(found[0]) if found else {}
