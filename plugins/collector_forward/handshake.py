"""Shared keys and users: HELO out, PING in, PONG out. Bytes to bytes, no I/O.

The digests are the Forward protocol's, SHA-512 without a key derivation: they keep a secret from
being read, and nothing more. Compared in constant time; a user that is unknown costs what a known
one costs.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from .failure import Undecodable
from .lenient import raw

#: Bytes of a PING at most; the longest honest one has under 1 KiB.
MAX_PING = 16384
_SALT = 16
_ELEMENTS = 6


class Account(NamedTuple):
    """A user and its password."""

    name: bytes
    password: bytes


class Secrets(NamedTuple):
    """What a client must know."""

    #: Any of these: two while they are being changed. None: nobody is let in.
    shared_keys: Sequence[bytes]
    #: Without any, everybody who knows a key is let in.
    accounts: Sequence[Account]
    hostname: str


class Refusal(Exception):
    """The client is not let in. The text is Fluentd's, which operators can look up."""


ANONYMOUS, NO_PING = "anonymous source host denied", "no PING: the client has no shared key"
MISMATCH, WRONG_USER = "shared_key mismatch", "username/password mismatch"
INVALID_PING = "invalid ping message"
#: What to do about each, for the log: the client keeps 31 characters of what it is told.
ADVICE = {
    ANONYMOUS: "; it is in none of the networks of clients, and there is no security for others",
    NO_PING: "; set shared_key at the client too, and see that it speaks to the right port",
    MISMATCH: "; the client has another key than security.shared_key",
    WRONG_USER: "; the client has a user or password that security.users has not",
    INVALID_PING: "; it is no Fluent Forward client, or one that is broken",
}


class Client(NamedTuple):
    """Who was let in."""

    hostname: str
    user: str


class Handshake:
    """One, for one connection."""

    def __init__(self, secret: Secrets) -> None:
        self._secret = secret
        self._nonce = secrets.token_bytes(_SALT)
        self._auth = secrets.token_bytes(_SALT) if secret.accounts else b""

    def helo(self) -> bytes:
        """What we say first. Nonce and salt are bin: half of the clients read nothing else."""
        auth: bytes | str = self._auth or ""
        return _packed(["HELO", {"nonce": self._nonce, "auth": auth, "keepalive": True}])

    def pong(self, ping: bytes) -> tuple[bytes, Client]:
        """The answer to a PING, and who it is. Raises Refusal."""
        hostname, salt, digest, user, password = _elements(ping)
        if not self._secret.shared_keys:
            raise Refusal(ANONYMOUS)
        found = b""
        for key in self._secret.shared_keys:  # all of them: the time must not tell which
            if hmac.compare_digest(_digest(salt, hostname, self._nonce, key), digest):
                found = key
        if not found:
            raise Refusal(MISMATCH)
        if self._secret.accounts:
            self._check_user(user, password)
        name = self._name_for(hostname)
        proof = _digest(salt, name, self._nonce, found).decode()
        answer = _packed(["PONG", True, "", name.decode(), proof])
        return answer, Client(_shown(hostname), _shown(user) if self._secret.accounts else "")

    def _check_user(self, user: bytes, digest: bytes) -> None:
        known = False
        for account in self._secret.accounts:
            right = hmac.compare_digest(_digest(self._auth, user, account.password), digest)
            known |= right & hmac.compare_digest(account.name, user)
        if not known:
            raise Refusal(WRONG_USER)

    def _name_for(self, client: bytes) -> bytes:
        """Ours. Fluentd takes a server of its own name for itself, and leaves."""
        name = self._secret.hostname.encode()
        return name + b".server" if name == client else name


def refused(reason: str) -> bytes:
    """The PONG that says no."""
    return _packed(["PONG", False, reason, "", ""])


def _elements(ping: bytes) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    try:
        found = raw(ping)
    except Undecodable as e:
        raise Refusal(INVALID_PING) from e
    if not isinstance(found, list) or not found or _bytes(found[0]) != b"PING":
        raise Refusal(NO_PING)
    if len(found) != _ELEMENTS:
        raise Refusal(INVALID_PING)
    hostname, salt, digest, user, password = map(_bytes, found[1:])
    return hostname, salt, digest, user, password


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    return value if isinstance(value, bytes) else b""


def _digest(*parts: bytes) -> bytes:
    return hashlib.sha512(b"".join(parts)).hexdigest().encode()


def _shown(name: bytes) -> str:
    return name[:255].decode("utf-8", "backslashreplace")


def _packed(message: list[Any]) -> bytes:
    return msgspec.msgpack.encode(message)
