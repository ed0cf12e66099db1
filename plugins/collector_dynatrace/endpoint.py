"""What a user writes as endpoint and token: brought to one form, or refused with what to do.

A ValueError from here becomes a configuration error; it never quotes its input, which may
hold a secret. Its sentence stands whole in the code that raises it: the core hides any other
that has a word in common with the input, be it `https`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, Literal, NoReturn
from urllib.parse import SplitResult, urlsplit

from collector.api import is_loopback, split_endpoint

from .limits import INGEST_PATH, is_token

Auth = Literal["auto", "api-token", "bearer"]

#: The same API served by a OneAgent on this machine: no /api, no token.
_LOCAL_PATH = "/v2/logs/ingest"
#: Where an ActiveGate listens; it serves many environments, so a path must name one.
_ACTIVEGATE_PORT = 9999
_HTTPS_PORT = 443
#: How a token begins, where a part of a URL begins.
_TOKEN = re.compile(r"(?:^|[/:@])dt0[a-z]\d\d\.", re.IGNORECASE)
# RFC 1035 section 2.3.4. The secret part of a token has 64 characters.
_LONGEST_LABEL = 63
_LONGEST_NAME = 253


def ingest_url(text: Any) -> str:
    """The URL to post to, from a base URL or from that URL itself. Raises ValueError."""
    text = text.strip() if isinstance(text, str) else ""
    if _TOKEN.search(text):
        _refuse_token()
    parts = _split(text if "://" in text else f"https://{text}")
    _lint(parts)
    _lint_host(parts)
    path = parts.path.rstrip("/")
    if not path.endswith((INGEST_PATH, _LOCAL_PATH)):
        path += INGEST_PATH
    if parts.port == _ACTIVEGATE_PORT and not is_loopback(parts.hostname or ""):
        _lint_activegate(path)
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def refuse_token(value: Any) -> Any:
    """A file's name as it is. Raises ValueError for a token in its place."""
    if isinstance(value, str) and _TOKEN.search(value):
        raise ValueError("expected the name of a file; this looks like a token: see api_token")
    return value


def label(url: str) -> str:
    """An ingest URL for a person or a metric: `abc12345.live.dynatrace.com`, `gate:9999/e/ID`."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path.removesuffix(INGEST_PATH)}"


def is_local(url: str) -> bool:
    """Whether an ingest URL is a OneAgent's, which takes no token and no gzip."""
    return urlsplit(url).path == _LOCAL_PATH


def _refuse() -> NoReturn:
    raise ValueError("expected a URL, such as https://abc12345.live.dynatrace.com")


def _refuse_token() -> NoReturn:
    raise ValueError(
        "expected a URL, such as https://abc12345.live.dynatrace.com; this looks like a token"
    )


def _split(url: str) -> SplitResult:
    parts = None
    if url.isascii() and url.isprintable() and not any(c in url for c in ' "<>\\^`{|}'):
        with suppress(ValueError):  # brackets that hold no address
            parts = urlsplit(url)
    return parts or _refuse()


def _lint(parts: SplitResult) -> None:
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https"):
        raise ValueError("the endpoint's scheme must be https")
    if not host:
        _refuse()
    if "@" in parts.netloc:
        raise ValueError("the endpoint holds a user or password; remove it, and use api_token")
    if "api-token" in parts.query.lower():
        raise ValueError("the endpoint holds a token, and URLs are logged; use api_token instead")
    if parts.query or parts.fragment:
        raise ValueError("the endpoint has a query or fragment; remove it (see `attributes`)")
    if ".apps." in f"{host}.":
        raise ValueError(
            "the endpoint is the browser's address (.apps.), which answers 404; "
            "use https://ID.live.dynatrace.com"
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("plain http would show the token to the network; write https://")


def _lint_host(parts: SplitResult) -> None:
    host = parts.hostname or ""
    if len(host) > _LONGEST_NAME or max(map(len, host.split("."))) > _LONGEST_LABEL:
        _refuse_token()
    _lint_port(parts)
    try:
        split_endpoint(parts.netloc if parts.port else f"{parts.netloc}:{_HTTPS_PORT}")
    except ValueError:
        _refuse()


def _lint_port(parts: SplitResult) -> None:
    try:
        port = parts.port
    except ValueError:
        if not parts.netloc.rpartition(":")[2].isdigit():
            _refuse()
        port = 0  # too many digits, or too large
    if port == 0:
        raise ValueError("expected a port from 1 to 65535")


def _lint_activegate(path: str) -> None:
    if not path.removesuffix(INGEST_PATH).startswith("/e/"):
        raise ValueError(
            "an ActiveGate on port 9999 needs the environment in the path: "
            "https://ACTIVEGATE:9999/e/ID"
        )


def authorization(token: str, auth: Auth = "auto") -> str:
    """The `Authorization` header's value for a token. Raises ValueError."""
    token = token.strip()
    if not token:
        raise ValueError("api_token is empty; create one with the scope logs.ingest")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("api_token has a space or another character that no token has")
    if auth == "bearer" or (auth == "auto" and not token.startswith("dt0c01")):
        if auth == "auto" and not token.startswith(("dt0s", "eyJ")):
            raise ValueError(
                "api_token has no form we know: dt0c01.<24 characters>.<64 characters>, or a "
                "dt0s16 platform token; for any other bearer token add `auth: bearer`"
            )
        return f"Bearer {token}"
    if not is_token(token):
        raise ValueError(
            "api_token is malformed: it must be dt0c01.<24 characters>.<64 characters>, "
            "96 in all; copy it whole"
        )
    return f"Api-Token {token}"
