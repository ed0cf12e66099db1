"""Where an exporter sends, and with which headers: as a user writes it, checked.

A ValueError from here becomes a configuration error, and never quotes its input.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Annotated, Any, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, SecretStr

from collector.api import split_endpoint

_PORTS: Final = {"http": 80, "https": 443}
#: RFC 9110 section 5.6.2.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
#: What the exporter says itself.
_OWN = frozenset(
    {
        "connection", "content-encoding", "content-length", "content-type", "host",
        "transfer-encoding", "user-agent",
    }
)  # fmt: skip


def _url(text: Any) -> str:
    parts = _split(text.strip()) if isinstance(text, str) else None
    if parts is None or parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("expected a URL, such as https://collector.example.com:4318")
    if "@" in parts.netloc:
        raise ValueError("the URL holds a user or password; say it in headers")
    if parts.query or parts.fragment:
        raise ValueError("the URL has a query or fragment; remove it, and use headers")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _split(text: str) -> SplitResult | None:
    """Its parts, if it is one that can be asked."""
    if not text.isascii() or not text.isprintable() or any(c in text for c in ' "<>\\^`{|}'):
        return None
    with suppress(ValueError):  # whose sentence quotes
        parts = urlsplit(text)
        port = _PORTS.get(parts.scheme, 1) if parts.port is None else parts.port
        host = parts.hostname or ""
        split_endpoint(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        return parts if port else None
    return None


def _headers(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    for name, said in value.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ValueError("a name in headers has a character that no header's name has")
        if name.lower() in _OWN:
            raise ValueError("headers has one that the exporter says itself, such as Content-Type")
        text = said.get_secret_value() if isinstance(said, SecretStr) else said
        if not isinstance(text, str) or not text.isascii() or not text.isprintable():
            raise ValueError("a value in headers is no text of printable ASCII characters")
    return value


#: A URL to send to, without a slash at its end.
Url = Annotated[str, BeforeValidator(_url)]
#: Headers of every request.
Headers = Annotated[dict[str, SecretStr], BeforeValidator(_headers)]
