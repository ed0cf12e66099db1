"""A message of the bench, before it has any form."""

from __future__ import annotations

from typing import NamedTuple


class Line(NamedTuple):
    """One message, before it has the form of a syslog version."""

    priority: int
    time: float
    host: str
    program: str
    pid: str
    message_id: str
    data: str
    text: str
