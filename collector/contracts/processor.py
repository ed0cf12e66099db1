"""The contract of processors, in a pipeline of their own and under a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twisted.internet.task import Clock

from ..component import Processor
from ..delivery import DEADLINE, Outcome
from ..event import Batch, Event, Resource, copy_event
from ..stand_ins import ProcessorRig, events
from .garbage import faults, garbage
from .lifecycle import Lifecycle

_STEP = 0.05
_LATER = 120.0
#: An event that nobody has limited.
_LARGE = 1 << 20
_KEY = "contract.id"


class ProcessorCase(Lifecycle):
    """What processors and connectors have in common."""

    def samples(self) -> list[Event]:
        """Events that the component does something with; override for its own."""
        return events("one", "two", "", "<3>x", "x" * 1000, 5, None, {"a": [1, {"b": 2}]}, n=1)

    def marked(self) -> Iterator[tuple[str, Event]]:
        """Each sample with a text in its attributes by which it is known again."""
        for n, sample in enumerate(self.samples()):
            event, text = copy_event(sample), f"contract-{n}x"
            event.attributes[_KEY] = text
            yield text, event


def odd_events() -> list[Event]:
    """Events that keep the rules of events, and no others."""
    deep: Any = "deep"
    for _ in range(50):
        deep = [{"in": deep}]
    made = [Event(1, data.decode("utf-8", "backslashreplace"), {}) for data in garbage()]
    odd = [0, -1, 1 << 62, 0.5, True, None, [], {}, ["", None, {"": ""}], deep, "\0", "\x1b[31m"]
    made += [Event(0, body, {"": body, "k": body, "message": body}) for body in odd]
    made.append(Event(1, "x" * _LARGE, {f"k{n}": "v" * 100 for n in range(1000)}))
    return made


class ProcessorContract(ProcessorCase):
    """A `Processor` keeps the account and settles every delivery."""

    kind = "processor"

    def attach(self, component: Processor[Any]) -> None:
        """See `Lifecycle`."""
        ProcessorRig(component)

    async def end(self, component: Processor[Any]) -> None:
        """Flushes it before."""
        pipeline: Any = component.chain
        pipeline.flush()
        await component.stop()

    def _rig(self, outcome: Outcome | None = Outcome.DELIVERED) -> tuple[ProcessorRig, Clock]:
        clock = Clock()
        return ProcessorRig(self.make(clock), outcome), clock

    def _sent(self, rig: ProcessorRig) -> list[tuple[str, Any]]:
        """The marks of samples that were sent alone, each with its delivery."""
        return [(text, rig.send(Batch([event]))) for text, event in self.marked()]

    def _over(self, rig: ProcessorRig) -> None:
        self.check_failures(rig)
        came = rig.count("incoming_items") + rig.count("created_items")
        went = rig.count("outgoing_items") + rig.count("dropped_items") + _held(rig)
        self.hold(
            came == went,
            f"its account is off: {came} events came or were created, {went} went, were dropped or "
            "are held; name what you end with drop(), and what replaces held events in emit()",
        )
        self.none(faults(rig.sink.events))
        self.check_counters(rig.processor)

    def check_failures(self, rig: ProcessorRig) -> None:
        """Nothing raised."""
        said = self._raised()
        self.hold(
            not rig.count("failures"),
            f"process(), tick() or flush() raised: {said}; bodies and attributes may be anything "
            "that JSON can say",
        )

    def _settled(self, rig: ProcessorRig) -> None:
        self.hold(
            not rig.unsettled,
            f"{rig.unsettled} deliveries were never settled: emit, replace or drop every event "
            "that it holds",
        )

    def test_contract_account_holds(self) -> None:
        """In + created = out + dropped + held, for single events and for many."""
        rig, _ = self._rig()
        for event in self.samples():
            rig.send(Batch([copy_event(event)]))
        rig.send(Batch([copy_event(event) for event in self.samples()]))
        self._over(rig)
        rig.pipeline.flush()
        self._over(rig)
        self._settled(rig)

    def test_contract_downstream_is_to_be_tried_again(self) -> None:
        """Whoever sent an event that went on hears what became of it."""
        for outcome in (Outcome.RETRY, Outcome.REJECTED):
            rig, _ = self._rig(outcome)
            sent = self._sent(rig)
            rig.pipeline.flush()
            self._settled(rig)
            went = repr([(event.body, event.attributes) for event in rig.sink.events])
            for n, (text, _) in enumerate(sent):
                self.hold(
                    text not in went or rig.heard(n) is outcome,
                    f"the outcome of an event was {outcome.name} and its sender was told "
                    "DELIVERED: name in emit(..., replacing=...) the events that others were made "
                    "of, and hold() those whose place they take",
                )
            self._over(rig)

    def test_contract_downstream_is_slow(self) -> None:
        """No delivery is settled before what came of it is."""
        rig, _ = self._rig(None)
        sent = self._sent(rig)
        rig.pipeline.flush()
        went = repr([(event.body, event.attributes) for event in rig.sink.events])
        early = [text for text, delivery in sent if text in went and delivery.settled]
        self.hold(
            not early,
            f"the senders of {early} were told DELIVERED while their events were under way: hold() "
            "events whose place others take, and name them in emit(..., replacing=...)",
        )
        rig.sink.settle()
        self._settled(rig)
        self._over(rig)

    def test_contract_nothing_is_held_for_ever(self) -> None:
        """What it holds goes on by itself before its sender sends it again."""
        rig, clock = self._rig()
        self._sent(rig)
        clock.pump([_STEP] * round(DEADLINE / _STEP))
        self.hold(
            not rig.unsettled,
            f"after {DEADLINE:.0f} s it still holds events, and their senders send them again: ask "
            "for tick_after() when you hold(), and emit() or drop() them in tick()",
        )
        self._over(rig)

    def test_contract_stops_while_busy(self) -> None:
        """`flush` lets everything go; after it nothing is done."""
        rig, clock = self._rig()
        self._sent(rig)
        rig.processor.flush()
        held = _held(rig)
        self.hold(not held, f"after flush() it holds {held} events: emit() all of them there")
        rig.pipeline.flush()
        self._settled(rig)
        left = [str(call) for call in clock.getDelayedCalls()]
        self.hold(not left, f"after flush() timers are left: {left}; ask with tick_after() instead")
        self._over(rig)

    def test_contract_odd_events_are_survived(self) -> None:
        """Bodies and attributes of every type, empty, deep and large."""
        rig, clock = self._rig()
        for event in odd_events():
            rig.send(Batch([event]))
        rig.send(Batch(odd_events()))
        clock.advance(_LATER)
        rig.pipeline.flush()
        self._settled(rig)
        self._over(rig)

    def test_contract_resources_are_replaced_not_changed(self) -> None:
        """A resource is shared: whoever wants another one makes it."""
        shared = Resource({"host.name": "a"})
        batch = Batch(self.samples())
        for event in batch.events:
            event.resource = shared
        rig, _ = self._rig()
        rig.send(batch)
        self.hold(
            shared.attributes == {"host.name": "a"},
            "it changed a resource in place, which other events share: make another one and set "
            "event.resource",
        )
        rig.pipeline.flush()


def _held(rig: ProcessorRig) -> int:
    return int(rig.metrics.gauges[0].read())
