"""The contract of receivers that get their data themselves: each fault is named."""

from __future__ import annotations

from functools import partial
from typing import Any

from collector.api import Batch, Config, Event, Outcome, Receiver
from collector.testing import SourceContract
from tests.collector.contracts.faulty import fault, keeps


class Source:
    """What is there to be read, and what was acknowledged."""

    def __init__(self) -> None:
        self.there: list[str] = []
        self.gone: set[str] = set()


class Polling(Receiver[Config]):
    """Looks every few milliseconds, while it may."""

    source = Source()
    _timer: Any = None
    _ended = False

    async def start(self) -> None:
        self.resume()

    def pause(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def resume(self) -> None:
        if self._timer is None and not self._ended:
            self._timer = self.context.reactor.callLater(0.005, self._look)

    async def quiesce(self) -> None:
        self._ended = True
        self.pause()

    async def stop(self) -> None:
        await self.quiesce()

    def _look(self) -> None:
        self._timer = None
        self.resume()
        there, self.source.there = self.source.there, []
        for text in there:
            self.took(text)

    def took(self, text: str) -> None:
        self.output.send(Batch([Event(1, text, {})]), ack=True).addCallback(self.told, text)

    def told(self, outcome: Outcome, text: str) -> None:
        if outcome is Outcome.DELIVERED:
            self.source.gone.add(text)


class PollingContract(SourceContract):
    def setUp(self) -> None:
        Polling.source.__init__()  # type: ignore[misc]

    async def give(self, text: str) -> None:
        Polling.source.there.append(text)

    def is_gone(self, text: str) -> bool:
        return text in Polling.source.gone


of = partial(fault, PollingContract)


def test_a_sound_source_keeps_it() -> None:
    assert keeps(PollingContract, Polling) == []


def test_nothing_comes() -> None:
    class Idle(Polling):
        async def start(self) -> None:
            """Begins nothing."""

    said = of("downstream_delivers", Idle)
    assert "nothing with the text 'contract-one' came within" in said
    assert "does start() or run() begin to read the source" in said
    assert said.endswith("put it there?")


def test_nothing_comes_and_the_source_says_why() -> None:
    class Troubled(Polling):
        async def start(self) -> None:
            self.trouble = "no such queue"

    said = of("downstream_delivers", Troubled)
    assert said.endswith("put it there?; its trouble is: no such queue")


def test_messages_are_let_go_too_early() -> None:
    class Early(Polling):
        def took(self, text: str) -> None:
            self.told(Outcome.DELIVERED, text)
            super().took(text)

    said = of("downstream_delivers", Early)
    assert "told to forget a message before its outcome was known" in said


def test_messages_are_never_let_go() -> None:
    class Mute(Polling):
        def told(self, outcome: Outcome, text: str) -> None:
            """Tells nobody."""

    assert "was not told that its message was delivered" in of("downstream_delivers", Mute)


def test_messages_are_let_go_that_nobody_has() -> None:
    class Careless(Polling):
        def told(self, outcome: Outcome, text: str) -> None:
            super().told(Outcome.DELIVERED, text)

    said = of("downstream_is_to_be_tried_again", Careless)
    assert "forget a message whose outcome was RETRY: acknowledge what is DELIVERED" in said


def test_a_refusal_ends_it() -> None:
    class Offended(Polling):
        def told(self, outcome: Outcome, text: str) -> None:
            self._ended = True
            self.pause()

    assert "nothing with the text 'contract-two'" in of("downstream_refuses", Offended)


def test_a_pause_is_ignored_or_has_no_end() -> None:
    class Deaf(Polling):
        def pause(self) -> None:
            if self._ended:
                super().pause()

    class Asleep(Polling):
        def resume(self) -> None:
            if self.source.gone:
                return
            super().resume()

    assert "it sent events after pause()" in of("pauses", Deaf)
    assert "nothing came after resume()" in of("pauses", Asleep)


def test_it_goes_on_after_its_end() -> None:
    class Endless(Polling):
        def took(self, text: str) -> None:
            super().took(text)
            self.context.reactor.callLater(0.05, super().took, "late")

    assert "it sent events after stop()" in of("downstream_delivers", Endless)


def test_a_stop_that_waits_for_an_outcome() -> None:
    class Patient(Polling):
        def took(self, text: str) -> None:
            self.open = self.output.send(Batch([Event(1, text, {})]), ack=True)

        async def stop(self) -> None:
            await super().stop()
            from collector.api import wait

            await wait(self.open)

    said = of("stops_while_busy", Patient)
    assert "stop() waits for an outcome that does not come: cancel what waits" in said


def test_an_outcome_that_comes_after_the_end() -> None:
    class Forgetful(Polling):
        def told(self, outcome: Outcome, text: str) -> None:
            if self._ended:
                raise LookupError(text)

    assert "it raised when it was told an outcome" in of("stops_while_busy", Forgetful)


def test_what_is_not_started_can_be_stopped() -> None:
    class Unready(Polling):
        async def stop(self) -> None:
            self._made_by_start.close()  # type: ignore[attr-defined]

    assert "stop() raises AttributeError" in of("stops_without_a_start", Unready)
