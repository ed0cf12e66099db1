"""Stand-ins for what surrounds a component, for tests: context, outputs, pipelines, exporters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from .component import Config, Exporter, Processor
from .context import Context
from .delivery import Delivery, Outcome
from .event import Batch, Event
from .letter import Letter
from .metrics import Metrics
from .outputs.options import OutletOptions
from .outputs.outlet import Outlet
from .outputs.rows import Rows
from .pipeline import Pipeline
from .request import Receipt, Request
from .tasks import wait


class LetterBox:
    """A dead letter in memory; `full` makes it refuse. `writes`: how many came at a time."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.writes: list[int] = []
        self.full = False

    @property
    def said(self) -> list[tuple[bytes, str]]:
        """Row and reason of each."""
        return [(letter.row, letter.reason) for letter in self.letters]

    def write(self, letters: Sequence[Letter]) -> int:
        """See `collector.letter.DeadLetter`."""
        self.writes.append(len(letters))
        if self.full:
            return 0
        self.letters += letters
        return len(letters)


def context(kind: str, id: str = "test", reactor: Any = None, **more: Any) -> Context:
    """A context with metrics of its own, a `LetterBox` and the running reactor."""
    if reactor is None:
        from twisted.internet import reactor
    more.setdefault("letters", LetterBox())
    return Context(
        id=id,
        kind=kind,
        reactor=reactor,
        log=Logger(namespace=f"collector.{kind}", source=id),
        metrics=more.pop("metrics", None) or Metrics(),
        **more,
    )


def events(*bodies: Any, **attributes: Any) -> list[Event]:
    """One event a body, a microsecond apart."""
    return [Event(10**18 + i * 1000, body, dict(attributes)) for i, body in enumerate(bodies)]


class RecordingOutput:
    """An `Output` that keeps what it is sent. `outcome`: None leaves deliveries open."""

    def __init__(self, outcome: Outcome | None = Outcome.DELIVERED) -> None:
        self.outcome = outcome
        self.batches: list[Batch] = []
        self.acked: list[bool] = []
        self.open: list[Deferred[Outcome]] = []
        self._given: list[Deferred[Outcome]] = []

    @property
    def events(self) -> list[Event]:
        """All events, in order."""
        return [event for batch in self.batches for event in batch.events]

    @property
    def bodies(self) -> list[Any]:
        """Their bodies."""
        return [event.body for event in self.events]

    def send(self, batch: Batch, *, ack: bool = False) -> Deferred[Outcome]:
        """See `collector.component.Output`."""
        self.batches.append(batch)
        self.acked.append(ack)
        deferred: Deferred[Outcome] = Deferred()
        self._given.append(deferred)
        if self.outcome is not None:
            deferred.callback(self.outcome)
        else:
            self.open.append(deferred)
        return deferred

    def failures(self) -> list[Failure]:
        """What the receiver raised when it was told an outcome; once each."""
        told = [deferred for deferred in self._given if deferred.called]
        self._given = [deferred for deferred in self._given if not deferred.called]
        found: list[Failure] = []
        for deferred in told:
            deferred.addErrback(found.append)
        return found

    def settle(self, outcome: Outcome = Outcome.DELIVERED) -> None:
        """Fire every open delivery."""
        waiting, self.open = self.open, []
        for deferred in waiting:
            deferred.callback(outcome)


class RecordingSink:
    """The end of a pipeline: keeps batches and their deliveries, settles when told."""

    changes = False

    def __init__(self, outcome: Outcome | None = Outcome.DELIVERED) -> None:
        self.outcome = outcome
        self.batches: list[Batch] = []
        self.open: list[Delivery] = []

    @property
    def events(self) -> list[Event]:
        """All events, in order."""
        return [event for batch in self.batches for event in batch.events]

    def put(self, batch: Batch, delivery: Delivery, *, ack: bool) -> None:
        """See `collector.pipeline.Sink`."""
        self.batches.append(batch)
        if self.outcome is None:
            self.open.append(delivery)
        else:
            delivery.settle(self.outcome)

    def settle(self, outcome: Outcome = Outcome.DELIVERED) -> None:
        """Settle every open delivery."""
        waiting, self.open = self.open, []
        for delivery in waiting:
            delivery.settle(outcome)


class ProcessorRig:
    """A pipeline of one processor. Every delivery it makes must settle: `unsettled` says."""

    def __init__(
        self, processor: Processor[Any], outcome: Outcome | None = Outcome.DELIVERED
    ) -> None:
        self.sink = RecordingSink(outcome)
        reactor = processor.context.reactor
        self.pipeline = Pipeline("logs", reactor, [processor], [self.sink])
        self.processor: Any = processor
        self.metrics = processor.context.metrics
        self.outcomes: list[Outcome] = []
        self._deliveries: list[Delivery] = []
        self._heard: dict[int, Outcome] = {}

    def send(self, batch: Batch) -> Delivery:
        """Put a batch in."""
        delivery = Delivery()
        delivery.outcome.addCallback(self._note, len(self._deliveries))
        self._deliveries.append(delivery)
        self.pipeline.put(batch, delivery, ack=True)
        return delivery

    def _note(self, outcome: Outcome, number: int) -> Outcome:
        self.outcomes.append(outcome)
        self._heard[number] = outcome
        return outcome

    def heard(self, number: int) -> Outcome | None:
        """What the sender of that batch was told, counted from 0."""
        return self._heard.get(number)

    @property
    def unsettled(self) -> int:
        """Deliveries that have not fired."""
        return sum(not delivery.settled for delivery in self._deliveries)

    def count(self, name: str) -> int:
        """A counter of the processor: incoming, outgoing, created or dropped `_items`."""
        return self.metrics.get(f"processor_{name}")


class ScriptedExporter(Exporter[Any]):
    """Rows are bodies, one a line; `send` does what `script` says next, then succeeds.

    An entry is an exception to raise, a Receipt to return, or a Deferred to wait for.
    """

    def __init__(self, context: Context, script: Iterable[Any] = ()) -> None:
        super().__init__(Config(), context)
        self.script = list(script)
        self.sent: list[Request] = []
        self.tries: list[bytes] = []

    @property
    def rows(self) -> list[str]:
        """What was accepted, in order."""
        rows = Rows(self)
        return [row.decode() for request in self.sent for row in rows.of(request)]

    def encode(self, batches: Sequence[Batch]) -> list[Request]:
        """See `Exporter`."""
        return [self.pack([event.body.encode() for b in batches for event in b.events])]

    def unpack(self, request: Request) -> list[bytes]:
        """See `Exporter`."""
        return request.body.split(b"\n")

    def pack(self, rows: Sequence[bytes]) -> Request:
        """See `Exporter`."""
        return Request(body=b"\n".join(rows), events=len(rows))

    async def send(self, request: Request) -> Receipt | None:
        """See `Exporter`."""
        self.tries.append(request.body)
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Deferred):
            step = await wait(step)
        if isinstance(step, BaseException):
            raise step
        self.sent.append(request)
        return step if isinstance(step, Receipt) else None


def outlet(exporter: Exporter[Any], **options: Any) -> Outlet:
    """An outlet around an exporter, with `OutletOptions` as in a configuration."""
    return Outlet(exporter, OutletOptions(**options))
