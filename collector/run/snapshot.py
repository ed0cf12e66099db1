"""What a worker tells of itself when it is asked: its numbers, and how its components are."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..metrics import Labels
from .view import ComponentHealth


class Reading(msgspec.Struct, array_like=True):
    """A gauge at that moment."""

    name: str
    help: str
    labels: Labels
    value: float


class Snapshot(msgspec.Struct):
    """Of one worker. The accounts in it are of one instant, so each of them balances."""

    counts: Sequence[tuple[str, Labels, int]] = ()
    gauges: Sequence[Reading] = ()
    helps: dict[str, str] = {}
    components: Sequence[ComponentHealth] = ()
