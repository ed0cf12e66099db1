"""The contract of connectors, between pipelines that end at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.internet.task import Clock

from ..connector import Connector
from ..delivery import Delivery, Outcome
from ..event import Batch, Event, Resource, copy_event
from ..junction import Junction
from ..pipeline import Pipeline
from ..stand_ins import RecordingSink
from .garbage import faults
from .processor import ProcessorCase, odd_events


class ConnectorRig:
    """A connector, and a pipeline without processors behind each of the names."""

    def __init__(
        self,
        connector: Connector[Any],
        names: Sequence[str],
        outcome: Outcome | None = Outcome.DELIVERED,
    ) -> None:
        self.connector = connector
        self.sinks = {name: RecordingSink(outcome) for name in names}
        reactor = connector.context.reactor
        pipelines = {name: Pipeline(name, reactor, [], [s]) for name, s in self.sinks.items()}
        self.junction = Junction(connector, pipelines)
        self.deliveries: list[Delivery] = []

    def send(self, *events: Event) -> Delivery:
        """Put a batch in."""
        delivery = Delivery()
        self.deliveries.append(delivery)
        self.junction.put(Batch(list(events)), delivery, ack=True)
        return delivery

    @property
    def events(self) -> list[Event]:
        """What has come out, in any pipeline."""
        return [event for sink in self.sinks.values() for event in sink.events]

    def count(self, name: str) -> int:
        """A counter of the connector: incoming, outgoing, created or dropped `_items`."""
        return self.connector.context.metrics.get(f"connector_{name}")


class ConnectorContract(ProcessorCase):
    """A `Connector` says for each event where it goes, and leaves the rest to the core."""

    kind = "connector"
    #: The pipelines that take from it, beside those that `config` names.
    pipelines: Sequence[str] = ("logs/one", "logs/two")

    def attach(self, component: Connector[Any]) -> None:
        """See `Lifecycle`."""
        self._around(component)

    def _around(self, connector: Connector[Any]) -> ConnectorRig:
        named = [name for _, name in self.plugin.routes(connector.config)]  # type: ignore[attr-defined]
        return ConnectorRig(connector, list(dict.fromkeys([*self.pipelines, *named])))

    def _rig(self) -> ConnectorRig:
        return self._around(self.make(Clock()))

    def _over(self, rig: ConnectorRig) -> None:
        said = self._raised()
        self.hold(
            not rig.count("failures"),
            f"route() raised or named a pipeline that does not take from it: {said}; bodies may be "
            "anything that JSON can say, and `self.pipelines` has the names",
        )
        came = rig.count("incoming_items") + rig.count("created_items")
        went = rig.count("outgoing_items") + rig.count("dropped_items")
        self.hold(
            came == went,
            f"its account is off: {came} events came or were created, {went} went or were dropped; "
            "give each pipeline events of the batch only, and each at most once",
        )
        self.none(faults(rig.events))
        self.check_counters(rig.connector)

    def test_contract_events_are_of_the_batch(self) -> None:
        """`route` neither makes events nor gives one pipeline the same twice."""
        rig = self._rig()
        batch = Batch([copy_event(event) for event in self.samples()])
        have = set(map(id, batch.events))
        for name, events in rig.connector.route(batch).items():
            ids = list(map(id, events))
            self.hold(
                set(ids) <= have,
                f"it gave {name} events that are not of the batch: a processor makes events",
            )
            self.hold(len(set(ids)) == len(ids), f"it gave {name} the same event twice")

    def test_contract_account_holds(self) -> None:
        """In + created = out + dropped."""
        rig = self._rig()
        for event in self.samples():
            rig.send(copy_event(event))
        rig.send(*self.samples())
        self._over(rig)

    def test_contract_odd_events_are_survived(self) -> None:
        """Bodies and attributes of every type, empty, deep and large."""
        rig = self._rig()
        for event in odd_events():
            rig.send(event)
        rig.send(*odd_events())
        self._over(rig)

    def test_contract_nothing_is_changed(self) -> None:
        """A connector routes; a resource is shared with other events."""
        resource = Resource({"host.name": "a"})
        batch = self.samples()
        for event in batch:
            event.resource = resource
        before = repr(batch)
        self._rig().send(*batch)
        self.hold(
            repr(batch) == before,
            "route() changed its events: leave that to a processor of the pipelines",
        )

    def test_contract_routes_are_named(self) -> None:
        """`validate` is told of every pipeline of the configuration, and where it is named."""
        config = self.plugin.config_type.model_validate(self.config)
        for way, name in self.plugin.routes(config):  # type: ignore[attr-defined]
            self.hold(
                self._at(way) == name,
                f"routes() says that {name} stands at {way}, where the configuration has "
                f"{self._at(way)!r}: give the keys and places from the component's block down",
            )

    def _at(self, way: Sequence[str | int]) -> Any:
        found: Any = self.config
        for step in way:
            try:
                found = found[step]
            except (LookupError, TypeError):
                return None
        return found
