"""What a user writes as endpoint and token: brought to one form, or refused with what to do.

A ValueError from here becomes a configuration error; it never quotes its input, which may
hold a secret.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import SplitResult, urlsplit

from collector.api import is_loopback

from .limits import INGEST_PATH, is_token

Auth = Literal["auto", "api-token", "bearer"]

_FORMS = "https://ID.live.dynatrace.com or https://ACTIVEGATE:9999/e/ID"
#: The same API served by a OneAgent on this machine: no /api, no token.
_LOCAL_PATH = "/v2/logs/ingest"
#: Where an ActiveGate listens; it serves many environments, so a path must name one.
_ACTIVEGATE_PORT = 9999


def ingest_url(text: str) -> str:
    """The URL to post to, from a base URL or from that URL itself. Raises ValueError."""
    text = text.strip()
    if not text:
        raise ValueError(f"the endpoint is empty; write it as {_FORMS}")
    parts = _split(text if "://" in text else f"https://{text}")
    _lint(parts)
    path = parts.path.rstrip("/")
    if not path.endswith((INGEST_PATH, _LOCAL_PATH)):
        path += INGEST_PATH
    if parts.port == _ACTIVEGATE_PORT and not is_loopback(parts.hostname or ""):
        _lint_activegate(path)
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def is_local(url: str) -> bool:
    """Whether an ingest URL is a OneAgent's, which takes no token and no gzip."""
    return urlsplit(url).path == _LOCAL_PATH


def _split(url: str) -> SplitResult:
    if not url.isascii() or not url.isprintable() or any(c in url for c in ' "<>\\^`{|}'):
        raise ValueError(f"the endpoint is not a URL; write it as {_FORMS}")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  parsed only when asked for
    except ValueError:
        raise ValueError(f"the endpoint is not a URL; write it as {_FORMS}") from None
    return parts


def _lint(parts: SplitResult) -> None:
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"the endpoint's scheme must be https; write it as {_FORMS}")
    if not host:
        raise ValueError(f"the endpoint names no host; write it as {_FORMS}")
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
