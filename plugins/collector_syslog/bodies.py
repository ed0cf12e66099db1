"""Formats inside a message: an event in, attributes of its body added; the body stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

import orjson

from collector.api import Event, flag

from . import cef, leef, pairs

Format = Literal["none", "auto", "cef", "leef", "cee", "json", "key_value"]
Reader = Callable[[str], dict[str, Any] | None]

_OCTAL = re.compile(r"#(0[0-3][0-7]|177)")
_COOKIE = re.compile(r" *+@cee: ?+")
#: So many make a text one of pairs, where nobody has said that it is.
_ENOUGH = 2


def _json(body: str) -> dict[str, Any] | None:
    try:
        found = orjson.loads(body)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    return {f"json.{key}": value for key, value in found.items()}


def _cee(body: str) -> dict[str, Any] | None:
    cookie = _COOKIE.match(body)
    return _json(body[cookie.end() :]) if cookie else None


#: By name: how a body begins that is of the format, and what reads it.
_READERS: dict[str, tuple[Callable[[str], object], Reader]] = {
    "cef": (re.compile(r" *+CEF:").match, cef.read),
    "leef": (re.compile(r" *+LEEF:").match, leef.read),
    "cee": (_COOKIE.match, _cee),
    "json": (re.compile(r"\s*+\{").match, _json),
}


def describe(event: Event, name: Format) -> bool:
    """Add what the body says in a format, or with `auto` in that which it begins like.

    False, and a flag, when it begins like one and breaks it.
    """
    body = event.body
    for format_, (begins, read) in _READERS.items():
        if name in {"auto", format_} and begins(body):
            found = read(body)
            if found is None:
                flag(event, "bad_body")
                return False
            event.attributes |= found
            return True
    if name == "key_value" or (name == "auto" and pairs.starts(body)):
        said = pairs.read(body)
        if name == "key_value" or len(said) >= _ENOUGH:
            event.attributes |= {f"key_value.{key}": value for key, value in said.items()}
    return True


def unescaped(body: str) -> str:
    """A body with the control characters that rsyslog has written as `#012`."""
    if "#" not in body:
        return body
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), body)


def moment(event: Event) -> str:
    """The time that pairs say, as a timestamp's text; "" when they say none.

    Fortinet has date, time and tz, Sophos timezone, SonicWall all of it in time.
    """
    said: dict[str, str] = {}
    for name in ("date", "time", "tz", "timezone", "eventtime"):
        value = event.attributes.get(f"key_value.{name}")
        said[name] = value if isinstance(value, str) else ""  # a list: it came twice
    zone = said["tz"] or said["timezone"]
    epoch = said["eventtime"]
    if epoch.isdecimal():  # seconds, or so many digits more of them
        return f"{epoch[:10]}.{epoch[10:]}".rstrip(".")
    space = "" if zone[:1] in "+-" else " "
    return f"{said['date']} {said['time']}{space}{zone}".strip()
