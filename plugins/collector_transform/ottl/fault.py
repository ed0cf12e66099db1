"""What can be wrong: with a statement when it is read, and with an event when one is run."""

from __future__ import annotations


class Fault(Exception):
    """A statement cannot be read: what is wrong, and from where to where in its text."""

    def __init__(self, message: str, start: int = 0, end: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = max(end, start + 1)


class Failed(Exception):
    """A statement cannot be carried out on an event. Never quotes a value: it may be a secret."""
