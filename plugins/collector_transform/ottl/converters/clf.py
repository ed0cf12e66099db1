r"""A line of a web server's access log in, its fields out: `ParseCLF`.

The Common Log Format, and the Combined one, which has two fields more. Apache and nginx write
quotes, backslashes and what is no printable ASCII in quoted fields as `\"`, `\\`, `\n` and `\xhh`.
"""

from __future__ import annotations

import re
from typing import Any

from ..fault import Failed

FORMATS = ("clf", "combined")

_QUOTED = r'"((?:[^"\\]|\\.)*+)"'
_LINE = re.compile(
    rf"(\S++) (\S++) (\S++) \[([^\]]*+)\] {_QUOTED} ([0-9]{{3}}) ([0-9]{{1,18}}|-)"
    rf"(?: {_QUOTED} {_QUOTED})?",
    re.DOTALL,
)
_REQUEST = re.compile(r"(\S++) (\S++) (HTTP/[0-9.]++)")
_ESCAPE = re.compile(r"((?:\\x[0-9a-fA-F]{2})+)|\\(.)", re.DOTALL)
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def access(target: str, layout: str) -> dict[str, Any]:
    """The fields of a line by upstream's names. Raises Failed."""
    found = _LINE.fullmatch(target.strip("\r\n"))
    if found is None or (found[8] is not None) != (layout == "combined"):
        raise Failed(f"no line of an access log in the format {layout}")
    host, name, user, date, request, status, size, referer, agent = found.groups()
    request = _plain(request)
    fields: dict[str, Any] = {
        "clf.remote_host": host,
        "clf.rfc931": name,
        "clf.auth_user": user,
        "clf.timestamp": date,
        "clf.request": request,
        "clf.status": int(status),
    }
    if parts := _REQUEST.fullmatch(request):
        names = ("clf.method", "clf.request_uri", "clf.protocol")
        fields |= dict(zip(names, parts.groups(), strict=True))
    if size != "-":
        fields["clf.bytes"] = int(size)
    if layout == "combined":
        fields |= {"clf.referer": _plain(referer), "clf.user_agent": _plain(agent)}
    return fields


def _plain(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(_meant, text)


def _meant(escape: re.Match[str]) -> str:
    if escape[1]:
        return bytes.fromhex(escape[1].replace("\\x", "")).decode("utf-8", "backslashreplace")
    return _LETTERS.get(escape[2], escape[2])
