"""A URL in, its parts by the names of OpenTelemetry's semantic conventions out."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from ..fault import Failed

_CONTROL = re.compile(r"[\0-\x20\x7f]")
_HOST = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{0,5}))?")


def url_parts(url: str) -> dict[str, Any]:
    """What `URL` gives. Raises Failed for what is no URL."""
    if _CONTROL.search(url):
        raise Failed("a URL with a space or a control character")
    try:
        split = urlsplit(url)
    except ValueError:
        raise Failed("not a URL") from None
    path = unquote(split.path)
    found: dict[str, Any] = {
        "url.original": url,
        "url.scheme": split.scheme,
        "url.path": path,
        **_authority(split.netloc),
    }
    if split.query:
        found["url.query"] = split.query
    if split.fragment:
        found["url.fragment"] = unquote(split.fragment)
    _, dot, extension = path.rpartition(".")
    if dot and extension:
        found["url.extension"] = extension
    return found


def _authority(text: str) -> dict[str, Any]:
    user, at, server = text.rpartition("@")
    host = _HOST.fullmatch(server)
    if host is None or int(host[2] or 0) > 0xFFFF:
        raise Failed("not a host and port")
    found: dict[str, Any] = {"url.domain": host[1].strip("[]")}
    if host[2]:
        found["url.port"] = int(host[2])
    if at:
        name, colon, password = user.partition(":")
        found["url.user_info"] = user
        found |= {"url.username": unquote(name)} if name else {}
        found |= {"url.password": unquote(password)} if colon else {}
    return found
