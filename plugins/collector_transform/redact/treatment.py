"""A text that must not be shown in, what stands in its place out."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Literal

Action = Literal["mask", "hash", "remove"]
Treatment = Callable[[str], str]


def treatment(action: Action, mask: str, key: bytes | None) -> Treatment:
    """What an action does: the mask; SHA-256 in hex, as HMAC where there is a key; nothing."""
    if action == "remove":
        return lambda _: ""
    if action == "mask":
        return lambda _: mask
    if key is None:
        return lambda text: hashlib.sha256(_bytes(text)).hexdigest()
    return lambda text: hmac.digest(key, _bytes(text), "sha256").hex()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
