"""Who may ingest: the token of a request to yes, 401 or 403."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from collector.api import WebRequest

from ..ingest.refusal import Refused
from ..limits import SCOPE, is_token
from .options import SandboxOptions

_NO_SCOPE = f"Token is missing required scope. Use one of: {SCOPE} (Ingest logs)"


def token_of(request: WebRequest) -> str:
    """The token of the header, in either scheme, else of `api-token` in the query."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("api-token", "bearer") and token:
        return token.strip()
    return next((value for name, value in request.query if name.lower() == "api-token"), "")


def check(token: str, options: SandboxOptions) -> None:
    """Raises Refused unless the token is known and has the scope."""
    if not token:
        raise Refused(401, "token", "Missing authorization parameter.")
    if _among(token, options.unscoped):
        raise Refused(403, "scope", _NO_SCOPE)
    if not is_known(token, options):
        raise Refused(401, "token", "Token Authentication failed")


def is_known(token: str, options: SandboxOptions) -> bool:
    """Whether it is one of the tokens; where none are named, whether it has the form of one."""
    return _among(token, options.tokens) if options.tokens else is_token(token)


def _among(token: str, tokens: Iterable[str]) -> bool:
    """In a time that does not depend on how much of a token was right."""
    said = token.encode("utf-8", "replace")
    return any([hmac.compare_digest(said, known.encode()) for known in tokens])  # noqa: C419
