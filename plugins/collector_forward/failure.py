"""The one exception of decoding."""

from __future__ import annotations


class Undecodable(Exception):
    """A frame, or an entry, that can never become events. `reason` is one of a fixed few words."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
