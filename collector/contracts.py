"""The contracts of `collector.testing`: what every receiver, processor and exporter must keep."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from twisted.internet.defer import Deferred

from .component import Exporter, Processor, Receiver
from .event import FLAGS, FLAGS_KEY, Batch, Event, Resource, copy_event
from .inputs.frames import Frames
from .inputs.receiver import FrameReceiver
from .inputs.web_intake import Taken
from .inputs.web_messages import WebRequest
from .inputs.web_receiver import WebReceiver
from .outputs.encoding import Encoding
from .outputs.rows import Rows
from .stand_ins import ProcessorRig, RecordingOutput, events
from .tasks import spawn

#: Garbage is random, and the same in every run.
SEED = 20260101


def garbage(count: int = 200) -> list[bytes]:
    """Byte strings nobody should send: random, of all kinds of text, empty, long, not UTF-8."""
    rng = random.Random(SEED)  # noqa: S311 not for secrets
    shapes = [
        lambda: rng.randbytes(rng.randrange(1, 400)),
        lambda: b"<%d>" % rng.randrange(-5, 999) + rng.randbytes(rng.randrange(40)),
        lambda: "".join(chr(rng.randrange(32, 0x2FFF)) for _ in range(60)).encode(),
        lambda: b'{"a":' + rng.randbytes(9),
        lambda: b"\xff\xfe\x00" * rng.randrange(1, 30),
        lambda: b" " * rng.randrange(1, 100) + b"]" * rng.randrange(50),
    ]
    return [rng.choice(shapes)() for _ in range(count)]


class _Here:
    """Where frames of the contract come from; keeps what is written back."""

    def __init__(self) -> None:
        self.resource = Resource({"net.peer.ip": "192.0.2.1"})
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)


def _check_text(events: Iterable[Event]) -> None:
    """No text holds a surrogate: encoding raises."""
    for event in events:
        str(event.body).encode()
        for key, value in event.attributes.items():
            f"{key}{value}".encode()


class _Contract:
    """What the contracts ask of the TestCase they are mixed into."""

    assertEqual: Any
    assertTrue: Any
    fail: Any
    flushLoggedErrors: Any

    def make(self) -> Any:
        """A new component, with `context(...)`. Called for each test."""
        raise NotImplementedError

    def check_flags(self, events: Iterable[Event]) -> None:
        """Flags are a list of names from the table."""
        for event in events:
            names = event.attributes.get(FLAGS_KEY, [])
            unknown = set(names) - set(FLAGS)
            if unknown:
                self.fail(f"flags that are not in collector.event.FLAGS: {sorted(unknown)}")

    def check_counters(self, component: Any) -> None:
        """Every counter a component used is described."""
        kind = component.context.kind
        metrics = component.context.metrics
        used = {name for name, _ in metrics.counts if name.startswith(f"{kind}_")}
        missing = sorted(used - set(metrics.helps))
        if missing:
            self.fail(f"counters without a description in `counters`: {missing}")


class _Lifecycle(_Contract):
    """What every receiver keeps."""

    def test_contract_start_stop(self) -> Deferred[None]:
        """It starts, pauses, resumes, quiesces and stops, and leaves nothing in the reactor."""
        receiver: Receiver[Any] = self.make()
        receiver.output = RecordingOutput()

        async def life() -> None:
            await receiver.start()
            receiver.pause()
            receiver.resume()
            await receiver.quiesce()
            await receiver.stop()

        return spawn(life())

    def test_contract_stop_without_start(self) -> Deferred[None]:
        """`stop` may follow a `start` that never was, or that failed half way."""
        return spawn(self.make().stop())


class ReceiverContract(_Lifecycle):
    """A `FrameReceiver` survives whatever comes, and loses nothing of it."""

    def test_contract_parse_takes_garbage(self) -> None:
        """`parse` neither raises nor makes events that break the rules."""
        receiver: FrameReceiver[Any] = self.make()
        lines = [line.replace(b"\n", b" ") for line in garbage()]
        found = receiver.parse(Frames([(_Here(), lines)]))
        _check_text(found)
        self.check_flags(found)

    def test_contract_parser_failure_is_survived(self) -> None:
        """When `parse` does raise, the frames go on as they are, flagged."""
        receiver: FrameReceiver[Any] = self.make()
        output = RecordingOutput()
        receiver.output = output
        receiver.parse = _raise  # type: ignore[method-assign,assignment]
        receiver._received(Frames([(_Here(), [b"one", b"two"])]))  # noqa: SLF001 the core's door
        self.assertEqual(output.bodies, ["one", "two"])
        self.flushLoggedErrors(RuntimeError)
        self.check_counters(receiver)


class WebReceiverContract(_Lifecycle):
    """A `WebReceiver` answers whatever comes, with events that keep the rules or without."""

    def test_contract_take_survives_garbage(self) -> None:
        """`take` neither raises nor makes events that break the rules."""
        receiver: WebReceiver[Any] = self.make()
        kinds = ("application/json", "text/plain", "application/x-protobuf", "")
        for n, body in enumerate(garbage()):
            headers = {"content-type": kinds[n % len(kinds)]}
            request = WebRequest("POST", "/", "", headers, "192.0.2.1", 1, body)
            found = receiver.take(request)
            if isinstance(found, Taken):
                _check_text(found.events)
                self.check_flags(found.events)
        self.check_counters(receiver)


def _raise(*_: Any) -> Any:
    raise RuntimeError("a parser that raises, as the contract's test asks")


class ProcessorContract(_Contract):
    """A `Processor` keeps the account and settles every delivery."""

    def samples(self) -> list[Event]:
        """Events that the processor does something with; override for its own."""
        return events("one", "two", "", "<3>x", "x" * 1000, 5, None, {"a": [1, {"b": 2}]}, n=1)

    def test_contract_account_holds(self) -> None:
        """In + created = out + dropped + held, and after a flush nothing is held or open."""
        processor: Processor[Any] = self.make()
        rig = ProcessorRig(processor)
        for event in self.samples():
            rig.send(Batch([copy_event(event)]))
        rig.send(Batch([copy_event(event) for event in self.samples()]))
        rig.pipeline.flush()
        self.assertEqual(rig.count("failures"), 0, "process raised")
        self.assertEqual(rig.unsettled, 0, "a delivery was never settled")
        came = rig.count("incoming_items") + rig.count("created_items")
        went = rig.count("outgoing_items") + rig.count("dropped_items")
        self.assertEqual(came, went, "in + created is not out + dropped")
        self.check_flags(rig.sink.events)
        self.check_counters(processor)

    def test_contract_resources_are_replaced_not_changed(self) -> None:
        """A resource is shared: whoever wants another one makes it."""
        shared = Resource({"host.name": "a"})
        batch = Batch(self.samples())
        for event in batch.events:
            event.resource = shared
        ProcessorRig(self.make()).send(batch)
        self.assertEqual(shared.attributes, {"host.name": "a"}, "a resource was changed in place")


class ExporterContract(_Contract):
    """An `Exporter`'s pure half: deterministic, read-only, and inverse to itself."""

    def samples(self) -> list[Event]:
        """Events to encode; override for the exporter's own."""
        return [
            *events("one", "zwei", "日本", "x" * 5000, n=1, list=["a", "b"]),
            Event(0, {"k": [1, 2.5, None, True]}, {"nested": {"a": {"b": 1}}}),
            Event(1, "with resource", {}, 17, "err", resource=Resource({"host.name": "h"})),
        ]

    def test_contract_encode_reads_only(self) -> None:
        """Encoding leaves the events as they are, for the other exporters."""
        exporter: Exporter[Any] = self.make()
        batch = Batch(self.samples())
        list(exporter.encode([batch]))
        after, before = map(repr, batch.events), map(repr, self.samples())
        self.assertEqual(list(after), list(before), "encode changed its events")

    def test_contract_every_event_is_in_a_request(self) -> None:
        """The numbers of events in the requests add up."""
        exporter: Exporter[Any] = self.make()
        batches = [Batch(self.samples()), Batch(self.samples()[:2])]
        requests = list(exporter.encode(batches))
        self.assertEqual(sum(request.events for request in requests), sum(map(len, batches)))

    def test_contract_unpack_and_pack_are_inverse(self) -> None:
        """Rows of a request packed again are the same rows; half of them are half of it."""
        exporter: Exporter[Any] = self.make()
        for request in exporter.encode([Batch(self.samples())]):
            rows = exporter.unpack(request)
            self.assertEqual(len(rows), request.events)
            again = exporter.pack(rows)
            self.assertEqual(exporter.unpack(again), rows)
            self.assertEqual(again.headers, request.headers)
            self.assertEqual(exporter.unpack(exporter.pack(rows[:1])), rows[:1])

    def test_contract_odd_events_end_somewhere(self) -> None:
        """What cannot be encoded is sanitised or dead-lettered; nothing raises."""
        exporter: Exporter[Any] = self.make()
        odd = [
            Event(-1, b"\xff", {"float": float("nan"), "int": 1 << 80}),
            Event(1 << 62, object(), {1: 2, "s": {1, 2}}),  # type: ignore[dict-item]
            Event(1, "lone \ud800 surrogate", {"k\udfff": "v"}),
        ]
        requests = Encoding(exporter, Rows(exporter)).requests([Batch(odd)])
        kept = sum(request.events for request in requests)
        letters = exporter.context.letters
        lost = len(odd) - kept - len(getattr(letters, "letters", ()))
        self.assertEqual(lost, 0, "an odd event vanished")
        self.flushLoggedErrors()
        self.check_counters(exporter)
