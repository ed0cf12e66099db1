"""What is known of a running collector at one moment: the numbers, and how each component is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..metrics import Metrics

State = Literal["starting", "running", "paused", "retrying", "failing", "held", "failed", "stopped"]

#: An operator is needed; everything else passes, or is meant to be so.
UNHEALTHY: frozenset[State] = frozenset({"failing", "held", "failed"})


@dataclass(frozen=True)
class ComponentHealth:
    """One component at the moment of asking."""

    id: str
    #: receiver, processor, connector or exporter; worker: one that does not answer.
    kind: str
    state: State
    #: Why; safe to show.
    reason: str
    #: How long it has been so.
    seconds: float

    @property
    def healthy(self) -> bool:
        """Whether no operator is needed."""
        return self.state not in UNHEALTHY


@dataclass(frozen=True)
class View:
    """Of all its workers together."""

    metrics: Metrics
    components: Sequence[ComponentHealth]
    #: Whether every receiver listens. A full queue is backpressure, and changes nothing here.
    ready: bool
    #: By pipeline: its id, and those of its components.
    pipelines: Sequence[Any] = ()
    workers: Sequence[dict[str, Any]] = field(default_factory=tuple)
