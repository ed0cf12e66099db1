"""Who may send: the tokens of a server, from its configuration and from files, and a request's."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Sequence

from ..context import Context
from ..secret_file import SecretFile, SecretFileError
from .sockets import ListenError
from .web_messages import WebRequest
from .web_options import HttpServerOptions

#: Seconds between looks at the files.
_LOOK = 5.0
_SCHEMES = frozenset({"api-token", "bearer"})


class Tokens:
    """The tokens that are known. Raises ListenError when a file cannot be read, or has none."""

    def __init__(self, options: HttpServerOptions, context: Context) -> None:
        self._context = context
        self._written = _hidden([token.get_secret_value() for token in options.tokens], context)
        self._read: list[tuple[SecretFile, Sequence[bytes]]] = []
        for path in options.token_files:
            file = SecretFile(path, "a file of token_files")
            try:
                self._read.append((file, self._tokens_in(file)))
            except SecretFileError as e:
                raise ListenError(str(e)) from None
        self._next_look = context.reactor.seconds() + _LOOK
        #: Whether a request needs one.
        self.needed = bool(options.tokens or options.token_files)
        self._known = self._all()

    def admits(self, request: WebRequest) -> bool:
        """Whether a request has one of them, in a time that does not tell how much was right."""
        if not self.needed:
            return True
        if self._context.reactor.seconds() >= self._next_look:
            self._renew()
        said = token_of(request).encode("utf-8", "replace")
        return said != b"" and any([hmac.compare_digest(said, known) for known in self._known])  # noqa: C419

    def _all(self) -> list[bytes]:
        return [*self._written, *(token for _, tokens in self._read for token in tokens)]

    def _renew(self) -> None:
        self._next_look = self._context.reactor.seconds() + _LOOK
        for n, (file, _) in enumerate(self._read):
            if not file.has_changed():
                continue
            log, id = self._context.log, self._context.id
            try:
                self._read[n] = (file, self._tokens_in(file))
            except SecretFileError as e:
                log.warn("{id}: still with the last tokens: {why}", id=id, why=str(e))
            else:
                log.info("{id}: tokens read again", id=id)
        self._known = self._all()

    def _tokens_in(self, file: SecretFile) -> Sequence[bytes]:
        found = _hidden(file.read().split(), self._context)
        if not found:
            raise SecretFileError("a file of token_files holds no token")
        return found


def _hidden(tokens: Iterable[str], context: Context) -> list[bytes]:
    """As bytes; no log line shows them from now on."""
    found = []
    for token in tokens:
        context.hide(token)
        found.append(token.encode())
    return found


def token_of(request: WebRequest) -> str:
    """The token that a request shows: in its header, else as `api-token` in the query."""
    scheme, _, said = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in _SCHEMES and said:
        return said.strip()
    if scheme.lower() == "basic":
        return _password(said.strip())
    if "api-token" not in request.query_string.lower():
        return ""
    return next((value for name, value in request.query if name.lower() == "api-token"), "")


def _password(credentials: str) -> str:
    """Of `Basic`, RFC 7617; the name before it may be any."""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
