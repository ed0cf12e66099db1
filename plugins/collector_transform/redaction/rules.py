"""Attributes or a body in, the same without what may not be shown, and an account of it, out.

The order is upstream's: keys that are ignored, keys that are not allowed, values that are allowed
and keys that are blocked, values that are blocked. What no regex can look at is masked.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable
from typing import Any

from ..keys import matching
from ..ottl.fault import Failed
from ..ottl.regex import Pattern
from ..ottl.values import MAX_DEPTH, text_of
from .options import RedactionConfig

MASK = "****"
#: Of what the processor writes itself, which is always allowed.
PREFIX = "redaction."
#: Keys of an account, and characters of one: a long one stands before each item below it.
_MAX_KEYS = 100
_LONGEST = 256
Map = dict[str, Any]


class Account:
    """How often something was done, and with which keys, the first ones, which may be cut."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.keys: dict[str, list[str]] = {}

    def note(self, what: str, way: str) -> None:
        """`what` was done with the value of a key."""
        self.counts[what] += 1
        keys = self.keys.setdefault(what, [])
        if len(keys) < _MAX_KEYS:
            keys.append(way)


class Rules:
    """What a configuration comes to."""

    def __init__(self, config: RedactionConfig) -> None:
        self._allowed_keys = None if config.allow_all_keys else config.allowed_keys
        self._ignored = config.ignored_keys
        self._ignores = matching([Pattern(text) for text in config.ignored_key_patterns])
        self._blocks = matching([Pattern(text) for text in config.blocked_key_patterns])
        self._blocked = [Pattern(text) for text in config.blocked_values]
        self._allowed = [Pattern(text) for text in config.allowed_values]
        self._all_types = config.redact_all_types
        self._put = _replacement(config)

    def attributes(self, given: Map, account: Account) -> Map:
        """What is left of attributes."""

        def looked_at(key: str, value: Any, _: str) -> Any:
            text = _text(value) if self._all_types or type(value) is str else ""
            if self._is_allowed(text):
                account.note("allowed", key)
                return value
            if self._is_blocked(key):
                account.note("masked", key)
                return self._put(text)
            return self._without(value, text, key, account)

        return self._map(given, "", account, looked_at)

    def body(self, value: Any, account: Account, way: str = "", depth: int = 0) -> Any:
        """What is left of a body, or of what is below one."""
        if depth > MAX_DEPTH:
            account.note("masked", way)
            return MASK
        before = f"{way[:_LONGEST]}." if way else ""
        if type(value) is list:
            return [
                self.body(one, account, f"{before}[{n}]", depth + 1) for n, one in enumerate(value)
            ]
        if type(value) is not dict:
            text = _text(value)
            if self._is_allowed(text):
                account.note("allowed", way or "body")
                return value
            return self._without(value, text, way or "body", account)

        def looked_at(key: str, below: Any, path: str) -> Any:
            if self._is_blocked(key):
                account.note("masked", path)
                return self._put(_text(below))
            return self.body(below, account, path, depth + 1)

        return self._map(value, before, account, looked_at)

    def _map(
        self, given: Map, before: str, account: Account, look: Callable[[str, Any, str], Any]
    ) -> Map:
        made: Map = {}
        for key, value in given.items():
            way = before + key[:_LONGEST]
            if key in self._ignored or self._is_ignored(key):
                account.note("ignored", way)
                made[key] = value
            elif not self._may_stay(key):
                account.note("redacted", way)
            else:
                made[key] = look(key, value, way)
        return made

    def _may_stay(self, key: str) -> bool:
        allowed = self._allowed_keys
        return allowed is None or key in allowed or key.startswith(PREFIX)

    def _is_ignored(self, key: str) -> bool:
        try:
            return self._ignores[key]
        except (Failed, UnicodeError):
            return False

    def _is_blocked(self, key: str) -> bool:
        try:
            return self._blocks[key]
        except (Failed, UnicodeError):
            return True

    def _is_allowed(self, text: str) -> bool:
        try:
            return any(pattern.found_in(text) for pattern in self._allowed)
        except (Failed, UnicodeError):
            return False

    def _without(self, value: Any, text: str, way: str, account: Account) -> Any:
        """The value, or its text without what is blocked."""
        after = text
        try:
            for pattern in self._blocked:
                after = pattern.replaced(after, lambda match: self._put(match.group(0)))
        except (Failed, UnicodeError):
            after = MASK
        if after == text:
            return value
        account.note("masked", way)
        return after


def _text(value: Any) -> str:
    try:
        return "" if value is None else text_of(value)
    except Failed:
        return ""


def _replacement(config: RedactionConfig) -> Callable[[str], str]:
    """The mask, or a digest, as the configuration has it."""
    name = config.hash_function
    if name is None:
        return lambda _: MASK
    if not name.startswith("hmac-"):
        plain = "sha3_256" if name == "sha3" else name
        return lambda text: hashlib.new(plain, _bytes(text), usedforsecurity=False).hexdigest()
    key = config.hmac_key.get_secret_value().encode() if config.hmac_key else b""
    keyed = name.removeprefix("hmac-")
    return lambda text: hmac.digest(key, _bytes(text), keyed).hex()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
