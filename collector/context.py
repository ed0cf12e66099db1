"""What a component is given of the collector around it: its log, its metrics, its dead letter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twisted.logger import Logger
from twisted.python.failure import Failure

from .edge import Edge
from .faults import Faults
from .journal import Journal
from .letter import MAX_TEXT, DeadLetter, Letter, NoDeadLetter
from .listening import Sockets
from .metrics import Gauge, GaugeGroup, Metrics, Table
from .text import as_text


@dataclass(frozen=True)
class Context:
    """What a component may use of the collector around it."""

    #: Its id in the configuration: `syslog` or `syslog/edge`.
    id: str
    #: receiver, processor, connector or exporter.
    kind: str
    reactor: Any
    log: Logger
    metrics: Metrics = field(default_factory=Metrics, repr=False)
    letters: DeadLetter = field(default_factory=NoDeadLetter, repr=False)
    #: Where a component may keep files; None when the instance keeps none.
    data_dir: Path | None = None
    #: Told a secret that is not in the configuration, such as a token from a file: no log line and
    #: no answer shows it after that.
    hide: Callable[[str], None] = field(default=lambda _: None, repr=False)
    #: Where its listeners have their sockets from; None: they open their own.
    sockets: Sockets | None = field(default=None, repr=False)
    #: What the collector says of itself.
    journal: Journal = field(default_factory=Journal, repr=False)
    #: Where the core shows what passes; not for components.
    edge: Edge = field(default_factory=Edge, repr=False)
    #: What its code has raised of late, for its health.
    faults: Faults = field(default_factory=Faults, repr=False)

    def count(self, name: str, n: int = 1, **labels: str) -> None:
        """Add to the counter `otelcol_<kind>_<name>_total` of this component.

        Call it per batch, not per event. Labels must be few and of a bounded set of values.
        Adding 0 makes the series visible before anything has happened.
        """
        self.metrics.add(f"{self.kind}_{name}", ((self.kind, self.id), *labels.items()), n)

    def raised(self, text: str, failure: Failure | None = None, **facts: Any) -> None:
        """Its code has raised: that is logged, counted, and it is unhealthy for a minute.

        Called where the exception is caught, or with the failure. `text` may name `{id}` and facts.
        The core does it for all that it calls; a component does where it goes on in spite of a bug.
        """
        caught = failure or Failure()  # type: ignore[no-untyped-call]
        self.fault(caught)
        self.log.failure(text, caught, id=self.id, **facts)

    def fault(self, failure: Failure) -> None:
        """The same of what is logged elsewhere."""
        self.count("failures")
        self.faults.note(failure, self.reactor.seconds())

    def gauge(self, name: str, help: str, read: Callable[[], float], **labels: str) -> None:  # noqa: A002
        """Export `otelcol_<kind>_<name>`, read at each scrape. Once per component and labels."""
        full = f"{self.kind}_{name}"
        said = ((self.kind, self.id), *labels.items())
        self.metrics.gauges.append(Gauge(full, help, said, read))

    def gauges(
        self,
        name: str,
        help: str,  # noqa: A002
        label: str,
        read: Callable[[], Mapping[str, float]],
    ) -> None:
        """The same by a label whose values are known only then, such as `source`. Bounded."""
        said = ((self.kind, self.id),)
        self.metrics.groups.append(GaugeGroup(f"{self.kind}_{name}", help, said, label, read))

    def table(self, name: str, help: str, read: Callable[[], Sequence[Mapping[str, Any]]]) -> None:  # noqa: A002
        """Show rows at `/tables` of the admin endpoint: text, numbers, true, false and None.

        `read` is called when somebody asks. Keep what it reads bounded: peers cause rows.
        """
        self.metrics.tables.append(Table(self.kind, self.id, name, help, read))

    def dead_letter(self, raw: bytes, reason: str, **facts: Any) -> bool:
        """Keep an input that can never become an event, or an event that can never be sent.

        Durable when this returns; counted by reason. `facts` are written beside it, as text. False:
        there was no room, it is lost, and counted as dropped.
        """
        said = ", ".join(f"{name}={as_text(fact)}" for name, fact in facts.items())
        letter = Letter(row=raw, reason=reason, text=said[:MAX_TEXT])
        return bool(self.dead_letters(reason, [letter]))

    def dead_letters(self, reason: str, letters: Sequence[Letter]) -> int:
        """The same with several, for one reason: how many were kept."""
        kept = self.letters.write(letters) if letters else 0
        if kept:
            self.count("dead_lettered_log_records", kept, reason=reason)
        if kept < len(letters):
            self.count("dropped_log_records", len(letters) - kept, reason="dead_letter_full")
        return kept
