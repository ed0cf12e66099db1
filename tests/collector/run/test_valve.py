"""Receivers, and what pauses them."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock

from collector.component import Config, Receiver
from collector.run.valve import Valve
from collector.testing import context


class Noting(Receiver[Config]):
    def __init__(self) -> None:
        super().__init__(Config(), context("receiver", reactor=Clock()))
        self.said: list[str] = []

    def pause(self) -> None:
        self.said.append("pause")

    def resume(self) -> None:
        self.said.append("resume")


def turned(*turns: tuple[str, bool], close_after: int = 99) -> tuple[Noting, Any]:
    receiver = Noting()
    valve = Valve(receiver)
    for n, (exporter, full) in enumerate(turns):
        if n == close_after:
            valve.close()
        valve.turn(exporter, full)
    return receiver, valve


def test_one_full_queue_pauses_and_the_last_with_room_resumes() -> None:
    receiver, valve = turned(("a", True), ("b", True), ("a", False))
    assert receiver.said == ["pause"]
    assert valve.blocked_by == ("b",)
    valve.turn("b", False)
    assert receiver.said == ["pause", "resume"]


def test_a_pause_can_be_seen_and_dated() -> None:
    receiver, valve = turned(("a", True))
    (gauge,) = receiver.context.metrics.gauges
    assert (gauge.name, gauge.read()) == ("receiver_paused", 1)
    receiver.context.reactor.advance(3)
    valve.turn("a", False)
    assert (gauge.read(), valve.since) == (0, 3)


def test_a_receiver_that_has_quiesced_is_left_alone() -> None:
    receiver, _ = turned(("a", True), ("a", False), close_after=1)
    assert receiver.said == ["pause"]


def test_too_much_in_memory_pauses_as_a_full_queue_does() -> None:
    receiver, valve = turned(("a", True))
    valve.squeeze(is_over=True)
    assert receiver.said == ["pause"]
    assert "the queue of a is full; as much as memory_limit allows" in valve.reason
    valve.turn("a", full=False)
    assert receiver.said == ["pause"]
    valve.squeeze(is_over=False)
    assert (receiver.said, valve.reason) == (["pause", "resume"], "")
    assert receiver.context.metrics.get("receiver_memory_pauses", receiver="test") == 1
