"""The token in use: from the configuration, or from a file that is looked at again.

A file is read when it has changed, and it is asked for that every few seconds, and at once
after the server refused the token. What is read is never shown.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from collector.api import Context

from .endpoint import Auth, authorization
from .limits import token_id

#: Seconds between two looks at the file while its token is accepted.
LOOK_EVERY = 5.0
#: No token is longer; what is larger is another file.
MAX_FILE = 4096
#: Tokens before this one that are blanked in answers still.
_REMEMBERED = 4


class TokenFileError(ValueError):
    """What is wrong with the file, in a sentence without its name, which might be a token."""


class Credential:
    """What requests carry as `Authorization`; `load` comes first."""

    def __init__(
        self, token: str, auth: Auth, context: Context, *, file: Path | None, needed: bool
    ) -> None:
        self._auth = auth
        self._context = context
        self._file = file
        self._needed = needed
        #: Called when the token has become another one.
        self.changed: Callable[[], None] = lambda: None
        self._seen: Any = None
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
        """Read the file for the first time. Raises TokenFileError."""
        if self._file is not None:
            self._look_later()
            self._seen, text = _read(self._file)
            self._take_file(text)

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

    def _renew(self, file: Path) -> None:
        self._look_later()
        state, before = _look(file), self.header
        if state == self._seen:
            return
        self._seen = state
        try:
            self._seen, text = _read(file)
            self._take_file(text)
        except TokenFileError as e:
            self._tell(e)
        else:
            if self.header != before:
                said = "{id}: a new token was read, {token}"
                self._context.log.info(said, id=self._context.id, token=self.id)
                self.changed()

    def _tell(self, error: TokenFileError) -> None:
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
            raise TokenFileError(said) from None

    def _take(self, text: str) -> None:
        token = text.strip()
        self.header = authorization(token, self._auth) if token or self._needed else ""
        kept = [secret for secret in self.secrets if secret != token]
        self.secrets = tuple([token, *kept][:_REMEMBERED]) if token else ()
        for secret in self.secrets:
            self._context.hide(secret)

    def _look_later(self) -> None:
        self._look_at = self._context.reactor.seconds() + LOOK_EVERY


def _look(file: Path) -> Any:
    """What changes when the file does; None where there is none."""
    try:
        return _state(file.stat())
    except (OSError, ValueError):
        return None


def _state(found: os.stat_result) -> Any:
    return found.st_mtime_ns, found.st_ctime_ns, found.st_dev, found.st_ino, found.st_size


def _read(file: Path) -> tuple[Any, str]:
    """The state and the text of a file, which is a small one. Raises TokenFileError."""
    try:
        found, content = _beginning(file)
    except OSError as e:
        said = e.strerror or type(e).__name__
        raise TokenFileError(f"api_token_file cannot be read by this user: {said}") from None
    except ValueError:  # a NUL in the name
        raise TokenFileError("api_token_file is not the name of a file") from None
    if not stat.S_ISREG(found.st_mode):
        raise TokenFileError("api_token_file is not a regular file; name one that is")
    if len(content) > MAX_FILE:
        raise TokenFileError("api_token_file has over 4 KiB; it must hold a token and no more")
    return _state(found), content.decode("utf-8-sig", "replace")


def _beginning(file: Path) -> tuple[os.stat_result, bytes]:
    # Not blocking: to open a named pipe would wait for its writer.
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        regular = stat.S_ISREG(found.st_mode)
        return found, os.read(descriptor, MAX_FILE + 1) if regular else b""
    finally:
        os.close(descriptor)
