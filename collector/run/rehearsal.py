"""A configuration's pipelines on a stage: nothing is sent, stored or listened to.

Exporters are not made: what they would be given is kept. Time passes when it is told to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred

from ..component import Component, Processor, Receiver
from ..config.description import Description
from ..context import Context
from ..delivery import Deadlines, Outcome
from ..event import FLAGS_KEY, Batch, Event
from ..junction import Junction
from ..letter import DeadLetter
from ..memory_network import MemoryNetwork
from ..metrics import Metrics
from ..pipeline import Fanout, Pipeline, Sink
from ..stand_ins import LetterBox, RecordingSink
from .graph import Around, Builder
from .hidden import secrets_in
from .process import StartError
from .redactor import Redactor
from .trace import Trace, TracedJunction, TracedPipeline


class Rehearsal:
    """Started once, ended once. Receivers are made when somebody asks for one."""

    def __init__(
        self, description: Description, network: MemoryNetwork, trace: Trace | None = None
    ) -> None:
        """Raises StartError. The network's reactor is that of all components."""
        self.network = network
        self.metrics = Metrics()
        self.redactor = Redactor(secrets_in(description.components))
        self._builder = _Builder(description, network, self.metrics, self.redactor, trace)
        self._deadlines = Deadlines(network.reactor)
        self._graph = self._builder.build(self._deadlines)
        self._started: list[Component[Any]] = []
        self._receivers: list[Receiver[Any]] = []

    @property
    def pipelines(self) -> Mapping[str, Pipeline]:
        """By id."""
        return {pipeline.id: pipeline for pipeline in self._graph.pipelines}

    @property
    def given(self) -> Mapping[str, list[Event]]:
        """By exporter, the events it would have been given."""
        return {id: sink.events for id, sink in self._builder.sinks.items()}

    def taken(self) -> Mapping[str, list[Event]]:
        """The same, once."""
        given = self.given
        for sink in self._builder.sinks.values():
            sink.batches.clear()
        return given

    def drops(self) -> Counter[str]:
        """What was dropped or refused, by reason."""
        found: Counter[str] = Counter()
        for (_, labels), times in self.metrics.counts.items():
            found.update({value: times for name, value in labels if name == "reason" and times})
        return found

    def flags(self) -> Counter[str]:
        """How many of the events of all exporters carry each flag."""
        found: Counter[str] = Counter()
        for events in self.given.values():
            for event in events:
                names = event.attributes.get(FLAGS_KEY, ())
                found.update(names if isinstance(names, list) else ())
        return found

    async def start(self) -> None:
        """Start connectors and processors. Raises StartError."""
        for component in (*self._graph.connectors.values(), *self._graph.processors):
            await self._start(component)

    async def receiver(self, id: str) -> Receiver[Any]:
        """A receiver of the description, started. Raises StartError."""
        receiver = self._builder.receiver(id, self._deadlines)
        self._receivers.append(receiver)
        await self._start(receiver)
        return receiver

    async def _start(self, component: Component[Any]) -> None:
        self._started.append(component)
        try:
            await component.start()
        except Exception as e:
            said = f"{component.context.id}: {self.redactor(str(e)) or type(e).__name__}"
            raise StartError(said) from e

    def send(self, pipeline: str, events: list[Event]) -> Deferred[Outcome]:
        """Put events into a pipeline."""
        output = self._builder.output(self.pipelines[pipeline], self._deadlines)
        return output.send(Batch(events))

    async def flush(self) -> None:
        """As at a stop: receivers and processors let go of what they hold."""
        for receiver in self._receivers:
            await receiver.quiesce()
        await self.network.settle()
        for pipeline in self._graph.pipelines:
            pipeline.flush()

    async def end(self) -> None:
        """Stop all that was started."""
        for component in reversed(self._started):
            await component.stop()
        self._deadlines.stop()


class _Builder(Builder):
    """Makes recording sinks in place of exporters, and no receiver before it is asked for."""

    def __init__(
        self,
        description: Description,
        network: MemoryNetwork,
        metrics: Metrics,
        redactor: Redactor,
        trace: Trace | None,
    ) -> None:
        super().__init__(description, network.reactor, metrics, redactor, Around(network))
        self._trace = trace
        self.sinks: dict[str, RecordingSink] = {}

    def _receivers(self) -> None:
        """None yet."""

    def receiver(self, id: str, deadlines: Deadlines) -> Receiver[Any]:
        """One of the description, with its output. Raises StartError."""
        receiver: Receiver[Any] = self._made("receivers", id)
        self._feed(receiver, deadlines)
        return receiver

    def output(self, pipeline: Pipeline, deadlines: Deadlines) -> Fanout:
        """What a receiver would have that feeds this pipeline alone."""
        return Fanout(self._context("receiver", pipeline.id), [pipeline], deadlines)

    def _end(self, id: str) -> Sink:
        return self.sinks.setdefault(id, RecordingSink())

    def _junction(self, id: str, pipelines: Mapping[str, Pipeline]) -> Junction:
        if self._trace is None:
            return super()._junction(id, pipelines)
        return TracedJunction(self._graph.connectors[id], pipelines, self._trace)

    def _joined(
        self, id: str, processors: Sequence[Processor[Any]], sinks: Sequence[Sink]
    ) -> Pipeline:
        if self._trace is None:
            return super()._joined(id, processors, sinks)
        return TracedPipeline(id, self._reactor, processors, sinks, self._trace)

    def _context(self, kind: str, id: str) -> Context:
        return replace(super()._context(kind, id), data_dir=None)

    def _letters(self, kind: str, id: str) -> DeadLetter:
        return LetterBox()
