"""The contract of receivers that listen: sound ones keep it, each fault is named."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import pytest
from twisted.internet.protocol import Factory

from collector.api import (
    FLAGS_KEY,
    Batch,
    Config,
    DatagramReceiver,
    Endpoint,
    Event,
    Frames,
    Framing,
    HttpServerOptions,
    Lines,
    Outcome,
    StreamReceiver,
    Taken,
    WebReceiver,
    WebRequest,
    WebResponse,
)
from collector.testing import ReceiverContract
from tests.collector.contracts.faulty import fault, keeps


class LinesConfig(Config):
    #: Where it listens.
    endpoint: Endpoint = "127.0.0.1:0"


class LinesReceiver(StreamReceiver[LinesConfig]):
    """The example of the documentation."""

    def parse(self, frames: Frames) -> list[Event]:
        return [Event(1, line, {}) for line in frames.lines()]


class Answering(LinesReceiver):
    acknowledged = True

    def settled(self, frames: Frames, outcome: Outcome) -> None:
        for n in range(len(frames)):
            frames.reply(n, b"+" if outcome is Outcome.DELIVERED else b"-")


class Datagrams(DatagramReceiver[LinesConfig]):
    def parse(self, frames: Frames) -> list[Event]:
        return [Event(1, line, {}) for line in frames.lines()]


class Web(WebReceiver[HttpServerOptions]):
    def take(self, request: WebRequest) -> Taken | WebResponse:
        return Taken([Event(1, request.body.decode("utf-8", "backslashreplace"), {})])


SMALL = {"endpoint": "127.0.0.1:0", "max_request_body_size": 65536}
of = partial(fault, ReceiverContract)


@pytest.mark.parametrize("plugin", [LinesReceiver, Answering, Datagrams])
def test_sound_receivers_keep_it(plugin: type[Any]) -> None:
    assert keeps(ReceiverContract, plugin) == []


def test_a_sound_web_receiver_keeps_it() -> None:
    assert keeps(ReceiverContract, Web, config=SMALL, largest=65536) == []


# --- its life -------------------------------------------------------------------------------------


class Clinging(LinesReceiver):
    async def quiesce(self) -> None:
        """Goes on."""

    async def stop(self) -> None:
        """Closes nothing."""


class Own(LinesReceiver):
    opened: ClassVar[list[Any]] = []

    async def start(self) -> None:
        port = int(self.config.endpoint.rpartition(":")[2])
        listening = self.context.reactor.listenTCP(port, Factory(), interface="127.0.0.1")
        self.opened.append(listening.socket)


class Halting(LinesReceiver):
    async def stop(self) -> None:
        await self.quiesce()


class Full(LinesReceiver):
    def pause(self) -> None:
        raise ValueError("full")


class Ticking(LinesReceiver):
    async def start(self) -> None:
        await super().start()
        self.context.reactor.callLater(60, self.resume)


class Running(LinesReceiver):
    async def start(self) -> None:
        await super().start()
        self._task = asyncio.ensure_future(asyncio.sleep(60))


class Unready(LinesReceiver):
    async def stop(self) -> None:
        await super().stop()
        self._made_by_start.close()  # type: ignore[attr-defined]


def test_a_port_that_is_not_let_go() -> None:
    said = of("starts_again_after_it_has_stopped", Own, config={"endpoint": "127.0.0.1:0"})
    for sock in Own.opened:  # else another test is told of it
        sock.close()
    assert "a second one cannot start where the first has stopped" in said
    assert "close in stop() what start() has opened" in said


def test_a_timer_and_a_task_that_are_left() -> None:
    said = of("starts_again_after_it_has_stopped", Ticking)
    assert "Ticking: after stop() there is still the timer FrameReceiver.resume" in said
    assert "the task sleep" in of("starts_again_after_it_has_stopped", Running)


def test_a_stop_that_needs_a_start() -> None:
    said = of("stops_without_a_start", Unready)
    assert "stop() raises AttributeError" in said
    assert "set in __init__ what it looks at" in said


# --- outcomes -------------------------------------------------------------------------------------


class Early(Answering):
    def parse(self, frames: Frames) -> list[Event]:
        for n in range(len(frames)):
            frames.reply(n, b"+")
        return super().parse(frames)


class Silent(Answering):
    def settled(self, frames: Frames, outcome: Outcome) -> None:
        """Says nothing."""


class Lying(Answering):
    def settled(self, frames: Frames, outcome: Outcome) -> None:
        super().settled(frames, Outcome.DELIVERED)


class WebEarly(Web):
    def take(self, request: WebRequest) -> Taken | WebResponse:
        taken = super().take(request)
        assert isinstance(taken, Taken)
        self.output.send(Batch(taken.events))
        return WebResponse(204)


class Offended(Answering):
    is_offended = False

    def parse(self, frames: Frames) -> list[Event]:
        return [] if self.is_offended else super().parse(frames)

    def settled(self, frames: Frames, outcome: Outcome) -> None:
        super().settled(frames, outcome)
        self.is_offended |= outcome is Outcome.REJECTED


class Orderly(Answering):
    def __init__(self, config: LinesConfig, context: Any) -> None:
        super().__init__(config, context)
        self._waiting: list[Frames] = []

    def parse(self, frames: Frames) -> list[Event]:
        self._waiting.append(frames)
        return super().parse(frames)

    def settled(self, frames: Frames, outcome: Outcome) -> None:
        if self._waiting.pop(0) is not frames:
            raise LookupError("in another order")


def test_an_answer_before_the_outcome() -> None:
    assert "it answered b'+' before the outcome was known" in of("downstream_delivers", Early)
    said = of("downstream_delivers", WebEarly, config=SMALL)
    assert "before the outcome was known: answer in settled()" in said


def test_no_answer() -> None:
    said = of("downstream_delivers", Silent)
    assert "wrote no answer when its events were delivered" in said
    assert "frames.reply()" in said


def test_an_answer_that_lies() -> None:
    said = of("downstream_is_to_be_tried_again", Lying)
    assert "it answers b'+' when events are delivered and also when the outcome is RETRY" in said


def test_nothing_is_taken_after_a_refusal() -> None:
    assert "0] events have its text" in of("downstream_refuses", Offended)


def test_outcomes_are_expected_in_order() -> None:
    said = of("downstream_is_slow", Orderly)
    assert "which was logged: LookupError: in another order (test_receiver.py:" in said
    assert "in settled)" in said


# --- bytes ----------------------------------------------------------------------------------------


class ByReads:
    """Takes each read for a frame."""

    def feed(self, data: bytes) -> list[bytes]:
        return [data.strip()]

    def finish(self) -> list[bytes]:
        return []


class Hoarding(Lines):
    """Keeps everything, and at the end again what was whole before."""

    def __init__(self) -> None:
        super().__init__()
        self._kept = b""

    def feed(self, data: bytes) -> Any:
        self._kept += data
        return super().feed(data)

    def finish(self) -> list[bytes]:
        return self._kept.split(b"\n")


class Picky(Lines):
    def feed(self, data: bytes) -> Any:
        if b"\xff" in data:
            raise ValueError("not text")
        return super().feed(data)


class Strict(LinesReceiver):
    def parse(self, frames: Frames) -> list[Event]:
        return [Event(1, frame.decode(), {}) for frame in frames]


class Surrogates(LinesReceiver):
    def parse(self, frames: Frames) -> list[Event]:
        return [Event(1, frame.decode("utf-8", "surrogateescape"), {}) for frame in frames]


class Flagging(LinesReceiver):
    def parse(self, frames: Frames) -> list[Event]:
        found = super().parse(frames)
        for event in found:
            event.attributes[FLAGS_KEY] = ["of_my_own"]
        return found


class Counting(LinesReceiver):
    def parse(self, frames: Frames) -> list[Event]:
        self.context.count("lines", len(frames))
        return super().parse(frames)


class WebStrict(Web):
    def take(self, request: WebRequest) -> Taken | WebResponse:
        return Taken([Event(1, json.loads(request.body), {})])


def framed(make: Callable[[], Framing]) -> type[LinesReceiver]:
    class Framed(LinesReceiver):
        def framing(self) -> Framing:
            return make()

    return Framed


def test_a_framing_that_goes_by_reads() -> None:
    said = of("messages_are_cut_as_the_network_likes", framed(ByReads))
    assert "[0, 0, 0" in said
    assert "make one event of each" in said


def test_a_framing_that_keeps_everything() -> None:
    said = of("frames_have_a_largest_size", framed(Hoarding))
    assert "bytes of a frame that does not end: cut it at a limit" in said


def test_a_framing_that_gives_what_it_has_given() -> None:
    said = of("peer_goes_in_the_middle_of_a_frame", framed(Hoarding))
    assert "[2, 2, 2" in said


def test_a_framing_that_raises() -> None:
    said = of("garbage_is_survived", framed(Picky))
    assert "it raised where it must not, which was logged: ValueError: not text (" in said


def test_a_call_of_the_core_that_raises() -> None:
    said = of("stops_while_the_queues_are_full", Full)
    assert "it raised ValueError: full, where nobody catches it: line" in said


def test_a_parser_that_raises() -> None:
    assert "parse() raised: take every input" in of("garbage_is_survived", Strict)
    said = of("garbage_is_survived", WebStrict, config=SMALL)
    assert "take() raised: take every body" in said


def test_text_that_is_none() -> None:
    said = of("garbage_is_survived", Surrogates)
    assert "text that cannot be written as UTF-8" in said


def test_flags_and_counters_that_nobody_knows() -> None:
    assert "the flags ['of_my_own']" in of("garbage_is_survived", Flagging)
    said = of("garbage_is_survived", Counting)
    assert "it counts ['lines'] and says in `counters` nothing of them" in said


# --- its end --------------------------------------------------------------------------------------


class Hasty(Answering):
    async def quiesce(self) -> None:
        await self.stop()


class Restless(LinesReceiver):
    def parse(self, frames: Frames) -> list[Event]:
        late = Batch([Event(1, "late", {})])
        self.context.reactor.callLater(60, self.output.send, late)
        return super().parse(frames)


class Forgetful(Answering):
    def __init__(self, config: LinesConfig, context: Any) -> None:
        super().__init__(config, context)
        self._open: dict[int, int] = {}

    def parse(self, frames: Frames) -> list[Event]:
        self._open[id(frames)] = len(frames)
        return super().parse(frames)

    def settled(self, frames: Frames, outcome: Outcome) -> None:
        del self._open[id(frames)]

    async def stop(self) -> None:
        await super().stop()
        self._open.clear()


def test_connections_that_are_closed_before_their_answers() -> None:
    said = of("stops_while_busy", Hasty)
    assert "the answer to what was delivered after quiesce() was not written" in said


def test_events_after_the_end() -> None:
    assert "it sent events after stop()" in of("stops_while_busy", Restless)
    assert "timers are left after stop()" in of("downstream_delivers", Restless)


def test_connections_and_listeners_that_stay_open() -> None:
    assert "1 listeners are left open after stop()" in of("downstream_delivers", Clinging)
    assert "1 connections are left open after stop()" in of("downstream_delivers", Halting)


def test_an_outcome_that_comes_after_the_end() -> None:
    said = of("stops_while_the_queues_are_full", Forgetful)
    assert "it raised where it must not, which was logged: KeyError" in said


def test_a_counter_without_words() -> None:
    class Wordless(LinesReceiver):
        counters = {"lines": " "}

    assert "`counters` says nothing of ['lines']" in of("counters_are_described", Wordless)
