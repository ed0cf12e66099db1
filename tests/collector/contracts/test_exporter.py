"""The contract of exporters: sound ones keep it, each fault is named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from collector.api import (
    Ambiguous,
    Batch,
    Config,
    Exporter,
    Hold,
    HttpClient,
    NotSent,
    Poison,
    Request,
    Retry,
    Row,
    as_json,
    as_record,
    spawn,
)
from collector.testing import ExporterContract, HttpDestination
from tests.collector.contracts.faulty import fault, keeps


class PostConfig(Config):
    #: Where requests go.
    url: str


class Post(Exporter[PostConfig]):
    """A line of JSON for each event."""

    client: HttpClient | None = None

    async def start(self) -> None:
        self.client = HttpClient(self.context.reactor, timeout=5)

    async def stop(self) -> None:
        if self.client is not None:
            await self.client.close()

    def encode(self, batches: Sequence[Batch]) -> list[Request]:
        return [
            self.pack([as_json(as_record(event)) for batch in batches for event in batch.events])
        ]

    def unpack(self, request: Request) -> list[Row]:
        return request.body.splitlines()

    def pack(self, rows: Sequence[Row]) -> Request:
        return Request(body=b"\n".join(rows), events=len(rows))

    async def send(self, request: Request) -> None:
        assert self.client is not None
        headers = [("Content-Encoding", request.encoding)] if request.encoding else []
        try:
            answer = await self.client.post(self.config.url, headers, request.body)
        except (NotSent, Ambiguous) as e:
            raise Retry(str(e)) from None
        self.judge(answer.status)

    def judge(self, status: int) -> None:
        if status >= 500:
            raise Retry(f"status {status}")
        if status >= 400:
            raise Poison(f"status {status}")


SAID: dict[str, Any] = {"config": {"url": "{destination}"}, "destination": HttpDestination}


def of(clause: str, plugin: type[Post]) -> str:
    return fault(ExporterContract, clause, plugin, **SAID)


def test_a_sound_exporter_keeps_it() -> None:
    assert keeps(ExporterContract, Post, **SAID) == []


def judging(judge: Callable[[int], None]) -> type[Post]:
    class Judging(Post):
        def judge(self, status: int) -> None:
            judge(status)

    return Judging


def raising(error: Exception) -> Callable[[int], None]:
    def judge(status: int) -> None:
        if status >= 400:
            raise error

    return judge


# --- what it encodes ------------------------------------------------------------------------------


class Meddling(Post):
    def encode(self, batches: Sequence[Batch]) -> list[Request]:
        batches[0].events[0].body = "changed"
        return super().encode(batches)


class Losing(Post):
    def encode(self, batches: Sequence[Batch]) -> list[Request]:
        return super().encode([Batch(batch.events[1:]) for batch in batches])


class Shortening(Post):
    def unpack(self, request: Request) -> list[Row]:
        return super().unpack(request)[1:]


class Damaging(Post):
    def pack(self, rows: Sequence[Row]) -> Request:
        return super().pack([row.upper() for row in rows])

    def encode(self, batches: Sequence[Batch]) -> list[Request]:
        rows = [as_json(as_record(event)) for batch in batches for event in batch.events]
        return [super().pack(rows)]


class Headless(Post):
    def encode(self, batches: Sequence[Batch]) -> list[Request]:
        (request,) = super().encode(batches)
        request.headers = (("Content-Type", "application/x-ndjson"),)
        return [request]


class Skipping(Post):
    def encode(self, batches: Sequence[Batch]) -> list[Request]:
        rows = []
        for event in batches[0].events:
            try:
                rows.append(orjson.dumps([event.body, event.attributes]))
            except TypeError:
                continue
        return [self.pack(rows)] if rows else []


def test_events_that_are_changed() -> None:
    assert "encode() changed its events, which other exporters read" in of(
        "encode_reads_only", Meddling
    )


def test_events_that_are_in_no_request() -> None:
    said = of("every_event_is_in_a_request", Losing)
    assert "encode() was given 8 events, and its requests say 6" in said
    said = of("odd_events_end_somewhere", Skipping)
    assert "events that cannot be encoded as they are have vanished: raise in encode()" in said


def test_rows_that_are_lost_or_damaged_or_change_their_headers() -> None:
    clause = "unpack_and_pack_are_inverse"
    assert "unpack() gives 5 rows of a request of 6 events" in of(clause, Shortening)
    assert "unpack(pack(rows)) is not rows" in of(clause, Damaging)
    assert "pack() gives other headers than encode()" in of(clause, Headless)


# --- what it sends --------------------------------------------------------------------------------


class Fleeting(Post):
    async def send(self, request: Request) -> None:
        """Says that it has."""


class Lasting(Post):
    async def stop(self) -> None:
        await self.waiting
        await super().stop()

    async def send(self, request: Request) -> None:
        self.waiting = asyncio.ensure_future(super().send(request))
        await asyncio.shield(self.waiting)


def test_a_send_that_sends_nothing() -> None:
    said = of("destination_takes", Fleeting)
    assert "send() returned and the destination has not got the event" in said


def test_a_failure_that_is_taken_for_an_end() -> None:
    said = of("destination_fails", judging(lambda _: None))
    assert "when the destination fails for now, send() says that it took the events" in said
    said = of("destination_fails", judging(raising(Poison("no"))))
    assert "or never will: raise Retry" in said


def test_a_failure_that_says_nothing_to_the_core() -> None:
    said = of("destination_fails", judging(raising(LookupError("status"))))
    assert "send() raised LookupError('status'): raise Retry, Hold, TooLarge or Poison" in said


def test_half_an_answer_that_is_taken_for_one() -> None:
    class Careless(Post):
        async def send(self, request: Request) -> None:
            try:
                await super().send(request)
            except Retry:
                return

    said = of("destination_goes_in_the_middle", Careless)
    assert "when the destination is gone in the middle of its answer, send() says" in said


def test_a_refusal_that_is_called_sent_or_tried_for_ever() -> None:
    said = of("destination_refuses", judging(lambda _: None))
    assert "send() returned although the destination refused the events: raise Poison" in said
    said = of("destination_refuses", judging(raising(Retry("no"))))
    assert "so it is tried for ever: raise Poison for events" in said
    held = judging(raising(Hold("an operator is needed")))
    assert of("destination_refuses", held) == "it keeps the contract"


def test_a_stop_that_waits_for_an_answer() -> None:
    said = of("stops_while_the_destination_is_silent", Lasting)
    assert "stop() waits for a destination that is silent: cancel what waits" in said


def test_connections_that_are_left_and_a_stop_that_needs_a_start() -> None:
    class Open(Post):
        counters = {"seen": ""}

        async def stop(self) -> None:
            self.made_by_start.close()  # type: ignore[attr-defined]

    class Leaving(Post):
        async def start(self) -> None:
            await super().start()
            self.task = spawn(asyncio.sleep(60))

    assert "the task sleep" in of("starts_again_after_it_has_stopped", Leaving)
    assert "stop() raises AttributeError" in of("stops_without_a_start", Open)
    assert "`counters` says nothing of ['seen']" in of("counters_are_described", Open)
