"""The token in use: from the configuration, or from a file that is looked at again.

A file is read when it has changed, and it is asked for that every few seconds, and at once
after the server refused the token. What is read is never shown.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from collector.api import Context, SecretFile, SecretFileError

from .endpoint import Auth, authorization
from .limits import token_id

#: Seconds between two looks at the file while its token is accepted.
LOOK_EVERY = 5.0
#: Tokens before this one that are blanked in answers still.
_REMEMBERED = 4


class Credential:
    """What requests carry as `Authorization`; `load` comes first."""

    def __init__(
        self, token: str, auth: Auth, context: Context, *, file: Path | None, needed: bool
    ) -> None:
        self._auth = auth
        self._context = context
        self._file = SecretFile(file, "api_token_file") if file is not None else None
        self._needed = needed
        #: Called when the token has become another one.
        self.changed: Callable[[], None] = lambda: None
        self._look_at = 0.0
        #: Every token there was of late, this one first: for blanking texts.
        self.secrets: tuple[str, ...] = ()
        #: The header's value; empty where there is no token and none is needed.
        self.header = ""
        if file is None:
            self._take(token)

    @property
    def id(self) -> str:
        """The public part of the token."""
        return token_id(self.secrets[0]) if self.secrets else "none"

    def load(self) -> None:
        """Read the file for the first time. Raises SecretFileError."""
        if self._file is not None:
            self._look_later()
            self._take_file(self._file.read())

    def refresh(self) -> None:
        """Before each attempt: take over what the file holds, when it is time to look."""
        if self._file is not None and self._context.reactor.seconds() >= self._look_at:
            self._renew(self._file)

    def renewed(self, refused: str) -> bool:
        """The server did not accept this header: whether there is another one by now.

        If not, the next attempt looks again.
        """
        if self._file is not None:
            self._renew(self._file)
            if self.header == refused:
                self._look_at = 0.0
        return self.header != refused

    def _renew(self, file: SecretFile) -> None:
        self._look_later()
        before = self.header
        if not file.has_changed():
            return
        try:
            self._take_file(file.read())
        except SecretFileError as e:
            self._tell(e)
        else:
            if self.header != before:
                said = "{id}: a new token was read, {token}"
                self._context.log.info(said, id=self._context.id, token=self.id)
                self.changed()

    def _tell(self, error: SecretFileError) -> None:
        """Once for each state of the file."""
        self._context.log.warn(
            "{id}: still with the token {token}, for what is there now is no good: {reason}",
            id=self._context.id,
            token=self.id,
            reason=str(error),
        )

    def _take_file(self, text: str) -> None:
        try:
            self._take(text)
        except ValueError as e:
            said = str(e).replace("api_token", "the token in api_token_file")
            raise SecretFileError(said) from None

    def _take(self, text: str) -> None:
        token = text.strip()
        self.header = authorization(token, self._auth) if token or self._needed else ""
        kept = [secret for secret in self.secrets if secret != token]
        self.secrets = tuple([token, *kept][:_REMEMBERED]) if token else ()
        for secret in self.secrets:
            self._context.hide(secret)

    def _look_later(self) -> None:
        self._look_at = self._context.reactor.seconds() + LOOK_EVERY
