"""The contract of exporters: the pure half by itself, the other against a destination."""

from __future__ import annotations

import asyncio
import unittest
from collections.abc import Callable
from typing import Any

from ..component import Exporter
from ..event import Batch, Event, Resource
from ..outputs.encoding import Encoding
from ..outputs.rows import Rows
from ..stand_ins import LetterBox, context, events
from ..tasks import spawn
from .clause import in_reactor, with_texts
from .destination import Destination, Mood
from .lifecycle import Lifecycle
from .sending import Sending

_LOOK = 0.01
_LARGE = 2 << 20


class ExporterCase(Lifecycle):
    """An exporter, its destination and an outlet around it."""

    kind = "exporter"
    #: Where it sends to, by `{destination}` in `config`; None: only what it encodes is looked at,
    #: and that it sends to what `config` names.
    destination: type[Destination] | None = None
    #: Seconds for what should be done at once.
    patience = 5.0

    def samples(self) -> list[Event]:
        """Events to encode; override for the exporter's own."""
        return [
            *events("one", "zwei", "日本", "x" * 5000, n=1, list=["a", "b"]),
            Event(0, {"k": [1, 2.5, None, True]}, {"nested": {"a": {"b": 1}}}),
            Event(1, "with resource", {}, 17, "err", resource=Resource({"host.name": "h"})),
        ]

    def make(self, reactor: Any = None, **given: Any) -> Any:
        """See `Contract`. Its destination has not started."""
        address = self.destination().address if self.destination else ""
        config = self._sending_to(address)
        return self.made(config, context(self.kind, reactor=reactor, **given))

    def _sending_to(self, address: str) -> Any:
        return with_texts(self.config, lambda text: text.replace("{destination}", address))

    async def until(self, is_so: Callable[[], object], fault: str) -> None:
        """Wait for what should come to be."""
        for _ in range(round(self.patience / _LOOK)):
            if is_so():
                return
            await asyncio.sleep(_LOOK)
        self.hold(False, fault)

    async def sending(self, mood: Mood) -> Sending:
        """An exporter that runs, and its destination in this mood."""
        from twisted.internet import reactor

        if self.destination is None:
            raise unittest.SkipTest(
                "no destination: set `destination` to HttpDestination or one of your own"
            )
        destination = self.destination()
        if mood not in destination.moods:
            raise unittest.SkipTest(f"no {type(destination).__name__} {mood.value}")
        await destination.start(reactor)
        config = self._sending_to(destination.address)
        exporter = self.made(config, context(self.kind))
        await exporter.start()
        sending = Sending(exporter, destination)
        self.addCleanup(lambda: spawn(sending.stop()))
        await destination.become(mood)
        return sending


class ExporterContract(ExporterCase):
    """An `Exporter`'s pure half is exact, the other tells failures from each other."""

    def test_contract_encode_reads_only(self) -> None:
        """Encoding leaves the events as they are, for the other exporters."""
        batch = Batch(self.samples())
        list(self.make().encode([batch]))
        after, before = list(map(repr, batch.events)), list(map(repr, self.samples()))
        self.hold(
            after == before,
            "encode() changed its events, which other exporters read: change copies, or leave it "
            "to a processor",
        )

    def test_contract_every_event_is_in_a_request(self) -> None:
        """The numbers of events in the requests add up."""
        batches = [Batch(self.samples()), Batch(self.samples()[:2])]
        said = sum(request.events for request in self.make().encode(batches))
        came = sum(map(len, batches))
        self.hold(
            said == came,
            f"encode() was given {came} events, and its requests say {said}: an event that is in "
            "none is lost; raise for what cannot be encoded",
        )

    def test_contract_unpack_and_pack_are_inverse(self) -> None:
        """Rows of a request packed again are the same rows; half of them are half of it."""
        exporter: Exporter[Any] = self.make()
        for request in exporter.encode([Batch(self.samples())]):
            rows = exporter.unpack(request)
            self.hold(
                len(rows) == request.events,
                f"unpack() gives {len(rows)} rows of a request of {request.events} events: one for "
                "each event",
            )
            again, first = exporter.pack(rows), exporter.pack(rows[:1])
            self.hold(
                exporter.unpack(again) == rows and exporter.unpack(first) == rows[:1],
                "unpack(pack(rows)) is not rows: splitting and replay would damage events",
            )
            self.hold(
                again.headers == request.headers,
                "pack() gives other headers than encode(): a request that was split is sent with "
                "those",
            )

    def test_contract_odd_events_end_somewhere(self) -> None:
        """What cannot be encoded is sanitised or dead-lettered; nothing vanishes."""
        exporter: Exporter[Any] = self.make()
        odd = [
            Event(-1, b"\xff", {"float": float("nan"), "int": 1 << 80}),
            Event(1 << 62, object(), {1: 2, "s": {1, 2}}),  # type: ignore[dict-item]
            Event(1, "lone \ud800 surrogate", {"k\udfff": "v"}),
            Event(1, "x" * _LARGE, {}),
        ]
        requests = Encoding(exporter, Rows(exporter)).requests([Batch(odd)])
        kept = sum(request.events for request in requests)
        box = exporter.context.letters
        lost = len(odd) - kept - (len(box.letters) if isinstance(box, LetterBox) else 0)
        self.hold(
            not lost,
            f"{lost} events that cannot be encoded as they are have vanished: raise in encode(), "
            "and the core sanitises or keeps them",
        )
        self.flushLoggedErrors()
        self.check_counters(exporter)

    @in_reactor
    async def test_contract_destination_takes(self) -> None:
        """Everything arrives, and is known to."""
        sending = await self.sending(Mood.TAKES)
        await self._ends_well(sending)

    @in_reactor
    async def test_contract_destination_fails(self) -> None:
        """The same events are sent until they are taken."""
        await self._tried_again(Mood.FAILS)

    @in_reactor
    async def test_contract_destination_goes_in_the_middle(self) -> None:
        """Half an answer is none."""
        await self._tried_again(Mood.BREAKS)

    async def _tried_again(self, mood: Mood) -> None:
        sending = await self.sending(mood)
        sending.put([*self.samples(), *events("contract-first")])
        what = f"when the destination {mood.value}"
        await self.until(lambda: sending.raised or sending.outcome, f"nothing was sent {what}")
        self.hold(
            sending.raised and not sending.outcome and not sending.gives_up,
            f"{what}, send() says that it took the events or never will: raise Retry",
        )
        await sending.destination.become(Mood.TAKES)
        await self._ends_well(sending)

    async def _ends_well(self, sending: Sending) -> None:
        """All that is put in is taken in the end."""
        if not sending.raised:
            sending.put([*self.samples(), *events("contract-first")])
        await self.until(
            lambda: sending.outcome,
            "events were not sent although the destination takes them: "
            f"{[str(e) for e in sending.raised]}",
        )
        self.hold(
            b"contract-first" in sending.destination.received,
            "send() returned and the destination has not got the event: await its answer, and say "
            "in Content-Encoding how request.body is compressed",
        )
        await self._over(sending)

    async def _over(self, sending: Sending) -> None:
        try:
            await asyncio.wait_for(sending.stop(), self.patience)
        except TimeoutError:
            self.hold(False, "stop() waits for a destination that is silent: cancel what waits")
        strange = dict.fromkeys(sending.strangers())
        self.hold(
            not strange,
            f"send() raised {', '.join(strange)}: raise Retry, Hold, TooLarge or Poison, which say "
            "what to do",
        )
        self.check_log()
        self.check_counters(sending.exporter)

    @in_reactor
    async def test_contract_destination_refuses(self) -> None:
        """What will never be taken is not tried for ever, nor called sent."""
        sending = await self.sending(Mood.REFUSES)
        sending.put(events("contract-first"))
        await self.until(
            lambda: sending.outcome or sending.is_held or sending.tries_again,
            "nothing was sent to a destination that refuses",
        )
        self.hold(
            not sending.count("sent_log_records"),
            "send() returned although the destination refused the events: raise Poison",
        )
        self.hold(
            not sending.tries_again,
            f"send() raised {sending.raised!r} for what is refused for good, so it is tried for "
            "ever: raise Poison for events, TooLarge for their number, Hold for what an operator "
            "must mend",
        )
        await self._over(sending)

    @in_reactor
    async def test_contract_stops_while_the_destination_is_silent(self) -> None:
        """What waits for an answer is given up; the queue has it."""
        sending = await self.sending(Mood.SILENT)
        sending.put(events("contract-first"))
        await self.until(
            lambda: sending.destination.received, "nothing was sent to a destination that is silent"
        )
        await self._over(sending)
