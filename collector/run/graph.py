"""From a description to live objects: components, pipelines, outlets, and who pauses whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from twisted.logger import Logger

from ..component import Component, Exporter, Processor, Receiver
from ..config.description import ComponentSpec, Description, PipelineSpec
from ..config.order import reached_from, upstream_first
from ..connector import Connector
from ..context import Context
from ..delivery import Deadlines
from ..edge import Edge
from ..faults import Faults
from ..journal import Journal
from ..junction import Junction
from ..letter import DeadLetter
from ..listening import Sockets
from ..metrics import Metrics
from ..outputs.disk_queue import DiskQueue
from ..outputs.letters.file import LetterFile
from ..outputs.letters.names import path_of
from ..outputs.options import OutletOptions
from ..outputs.outlet import Outlet
from ..outputs.queue import MemoryQueue, Queue
from ..outputs.store.directory import queue_directory
from ..outputs.store.store import RESERVE, Store
from ..pipeline import Fanout, Pipeline, Sink
from .process import StartError
from .redactor import Redactor


class Valve:
    """A receiver and the full queues it can reach: paused while there is one."""

    def __init__(self, receiver: Receiver[Any]) -> None:
        self._receiver = receiver
        self.context = receiver.context
        self._full: set[str] = set()
        self._closed = False
        #: When the receiver was last paused or resumed, by the reactor's clock.
        self.since: float = self.context.reactor.seconds()
        gauge = self.context.gauge
        gauge("paused", "1 while a full queue keeps the receiver from reading.", self._is_paused)

    def _is_paused(self) -> bool:
        return bool(self._full)

    def close(self) -> None:
        """The receiver has quiesced for good: neither pause nor resume it any more."""
        self._closed = True

    @property
    def blocked_by(self) -> tuple[str, ...]:
        """Ids of the exporters whose queues are full."""
        return tuple(sorted(self._full))

    def turn(self, exporter: str, full: bool) -> None:  # noqa: FBT001 said by an outlet
        """A queue has become full, or has room again."""
        was = bool(self._full)
        (self._full.add if full else self._full.discard)(exporter)
        if bool(self._full) != was and not self._closed:
            self._turned(exporter, full)

    def _turned(self, exporter: str, full: bool) -> None:  # noqa: FBT001 as above
        now = self.context.reactor.seconds()
        seconds, self.since = now - self.since, now
        log, id = self.context.log, self.context.id
        if full:
            log.warn(
                "{id}: paused, the queue of {exporter} is full; on UDP the kernel may drop",
                id=id,
                exporter=exporter,
            )
            self._receiver.pause()
        else:
            log.info("{id}: reads again after {seconds:.1f} s", id=id, seconds=seconds)
            self._receiver.resume()


@dataclass
class Graph:
    """All live objects of one configuration.

    A pipeline is before those that take from it; else they are in the order of the file.
    """

    receivers: dict[str, Receiver[Any]] = field(default_factory=dict)
    processors: list[Processor[Any]] = field(default_factory=list)
    connectors: dict[str, Connector[Any]] = field(default_factory=dict)
    exporters: dict[str, Exporter[Any]] = field(default_factory=dict)
    outlets: dict[str, Outlet] = field(default_factory=dict)
    valves: dict[str, Valve] = field(default_factory=dict)
    pipelines: list[Pipeline] = field(default_factory=list)
    #: By kind and id of their component.
    letters: dict[tuple[str, str], LetterFile] = field(default_factory=dict)
    #: The same; a processor has one in all its pipelines.
    edges: dict[tuple[str, str], Edge] = field(default_factory=dict)
    #: The same.
    faults: dict[tuple[str, str], Faults] = field(default_factory=dict)

    @property
    def components(self) -> tuple[Component[Any], ...]:
        """All of them, in the order in which they start: the last step of the way first."""
        inner = (*self.connectors.values(), *self.processors)
        return (*self.exporters.values(), *inner, *self.receivers.values())


@dataclass(frozen=True)
class Around:
    """What is around a graph."""

    #: Where listeners have their sockets from; None: they open their own.
    sockets: Sockets | None = None
    #: How many share the queues' sizes.
    workers: int = 1
    #: What the process says of itself.
    journal: Journal = field(default_factory=Journal)


class Builder:
    """Makes a graph; nothing is started, no port is open after it."""

    def __init__(
        self,
        description: Description,
        reactor: Any,
        metrics: Metrics,
        redactor: Redactor,
        around: Around | None = None,
    ) -> None:
        """`redactor` is told the secrets that components come to know, and hides them."""
        self._around = around or Around()
        self._description = description
        self._redactor = redactor
        self._reactor = reactor
        self._metrics = metrics
        self._graph = Graph()

    def build(self, deadlines: Deadlines) -> Graph:
        """The graph. Components that no pipeline names are not made."""
        graph, description = self._graph, self._description
        self._receivers()
        sinks = {id: self._end(id) for id in description.exporters}
        for id in description.connectors:
            graph.connectors[id] = self._made("connectors", id)
        made = self._pipelines(sinks)
        graph.pipelines = [made[spec.id] for spec in upstream_first(description.pipelines)]
        for receiver in graph.receivers.values():
            self._feed(receiver, deadlines)
        return graph

    def _receivers(self) -> None:
        graph = self._graph
        for id in self._description.receivers:
            graph.receivers[id] = self._made("receivers", id)
            graph.valves[id] = Valve(graph.receivers[id])

    def _feed(self, receiver: Receiver[Any], deadlines: Deadlines) -> None:
        """Give a receiver its output: the pipelines that name it."""
        id, by_id = receiver.context.id, {each.id: each for each in self._graph.pipelines}
        specs = self._description.pipelines
        fed = [by_id[spec.id] for spec in specs if id in spec.receivers]
        intake = self._spec("receivers", id).intake
        until_sent = intake is not None and intake.ack == "delivered"
        receiver.output = Fanout(receiver.context, fed, deadlines, until_sent=until_sent)

    def _end(self, id: str) -> Sink:
        """Where the pipelines of an exporter end."""
        self._graph.exporters[id] = self._made("exporters", id)
        self._graph.outlets[id] = self._outlet(id)
        return self._graph.outlets[id]

    def _pipelines(self, sinks: Mapping[str, Sink]) -> dict[str, Pipeline]:
        """By id. Those that take from a connector are made before those that end in it."""
        specs, made = self._description.pipelines, dict[str, Pipeline]()
        junctions: dict[str, Junction] = {}
        for spec in reversed(upstream_first(specs)):
            for id in spec.exporters:
                if id in self._graph.connectors and id not in junctions:
                    fed = {each.id: made[each.id] for each in specs if id in each.receivers}
                    junctions[id] = self._junction(id, fed)
            made[spec.id] = self._pipeline(spec, {**sinks, **junctions})
        return made

    def _junction(self, id: str, pipelines: Mapping[str, Pipeline]) -> Junction:
        return Junction(self._graph.connectors[id], pipelines)

    def _pipeline(self, spec: PipelineSpec, sinks: Mapping[str, Sink]) -> Pipeline:
        processors = [self._made("processors", id) for id in spec.processors]
        self._graph.processors += processors
        return self._joined(spec.id, processors, [sinks[id] for id in spec.exporters])

    def _joined(
        self, id: str, processors: Sequence[Processor[Any]], sinks: Sequence[Sink]
    ) -> Pipeline:
        return Pipeline(id, self._reactor, processors, sinks)

    def _outlet(self, id: str) -> Outlet:
        upstream = reached_from(self._description.pipelines, id)
        valves = [valve for name, valve in self._graph.valves.items() if name in upstream]
        options = self._spec("exporters", id).outlet
        assert options is not None  # every exporter has one
        exporter = self._graph.exporters[id]
        queue = partial(self._queue, exporter, options)
        return Outlet(exporter, options, partial(_turn_all, valves, id), queue)

    def _queue(self, exporter: Exporter[Any], options: OutletOptions, outlet: Outlet) -> Queue:
        if options.queue.type == "memory":
            return MemoryQueue()
        directory = queue_directory(self._description.service.data_dir, exporter.context.id)
        size = max(1, options.queue.size // self._around.workers)
        open_store = partial(
            Store.open,
            directory,
            encoder=exporter.format,
            reserve=min(RESERVE, size),
            shared=True,
        )
        return DiskQueue(
            open_store,
            exporter.context,
            size,
            exporter.format,
            outlet.changed,
            outlet.no_room,
        )

    def _made(self, section: str, id: str) -> Any:
        spec = self._spec(section, id)
        context = self._context(section[:-1], id)
        try:
            component: Component[Any] = spec.cls(spec.config, context)
        except Exception as e:
            raise StartError(f"{context.kind} {id} cannot be made: {type(e).__name__}") from e
        return component

    def _spec(self, section: str, id: str) -> ComponentSpec:
        return self._description.components[section, id]

    def _context(self, kind: str, id: str) -> Context:
        data_dir = self._description.service.data_dir
        return Context(
            id=id,
            kind=kind,
            reactor=self._reactor,
            log=Logger(namespace=f"collector.{kind}", source=id),
            metrics=self._metrics,
            letters=self._letters(kind, id),
            data_dir=data_dir,
            hide=self._redactor.hide,
            sockets=self._around.sockets,
            edge=self._graph.edges.setdefault((kind, id), Edge()),
            journal=self._around.journal,
            faults=self._graph.faults.setdefault((kind, id), Faults()),
        )

    def _letters(self, kind: str, id: str) -> DeadLetter:
        service, add = self._description.service, self._metrics.add
        discarded = partial(add, f"{kind}_discarded_dead_letters", ((kind, id),))
        path, size = path_of(service.data_dir, kind, id), service.dead_letter.max_size
        letters = LetterFile(path, id, size, self._redactor.shown, discarded)
        return self._graph.letters.setdefault((kind, id), letters)


def _turn_all(valves: list[Valve], exporter: str, full: bool) -> None:  # noqa: FBT001 as in Valve
    for valve in valves:
        try:
            valve.turn(exporter, full)
        except Exception:  # noqa: BLE001 an author's bug must not leave the others paused
            valve.context.raised("{id}: pausing or resuming failed")
