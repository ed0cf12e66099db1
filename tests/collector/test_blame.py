"""Whose code a failure or a stack is."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from collector.blame import Authors, component_in, context_of, place_of, stack_of
from collector.component import Config, Receiver
from collector.context import Context
from collector.tasks import spawn
from collector.testing import context
from tests.collector.tasks import as_task, turns


class Part:
    """The core's, at work for a component."""

    def __init__(self, given: Context, call: Callable[[], Any]) -> None:
        self._context = given
        self.call = call


class Slotted:
    __slots__ = ("call",)
    call: Callable[[], Any]

    def run(self) -> Any:
        return self.call()

    @staticmethod
    def fail() -> None:
        raise ValueError("by nobody")


class Tricky(Receiver[Config]):
    def __getattr__(self, name: str) -> Any:
        raise AssertionError("this is the plugin's code")

    def pause(self) -> None:
        raise ValueError("pause")

    def resume(self) -> None:
        here = sys._getframe()
        self.found = component_in(stack_of(here)), place_of(stack_of(here), "tests")

    async def work(self) -> None:
        await asyncio.sleep(0)
        self.pause()


class BlameTests(TestCase):
    def setUp(self) -> None:
        self.given = context("receiver", "tricky")
        self.receiver = Tricky(Config(), self.given)

    def failure(self, call: Callable[[], Any]) -> Failure:
        try:
            call()
        except ValueError:
            return Failure()  # type: ignore[no-untyped-call]
        raise AssertionError("it raised nothing")

    def test_a_failure_is_the_innermost_component_s(self) -> None:
        outer = Tricky(Config(), context("receiver", "outer"))
        slotted = Slotted()
        slotted.call = self.receiver.pause
        vars(outer)["resume"] = slotted.run
        self.assertIs(context_of(self.failure(outer.resume)), self.given)

    def test_what_no_component_has_to_do_with_is_nobody_s(self) -> None:
        self.assertIsNone(context_of(self.failure(lambda: int("x"))))
        self.assertIsNone(context_of(Failure(ValueError())))  # type: ignore[no-untyped-call]

    def test_a_stack_says_who_and_where(self) -> None:
        self.receiver.resume()
        found, place = self.receiver.found
        self.assertIs(found, self.given)
        self.assertRegex(place, r"^test_blame\.py:\d+ in resume$")

    def test_the_place_is_the_plugin_s_innermost_or_else_the_innermost(self) -> None:
        try:
            asyncio.run(None)  # type: ignore[arg-type]
        except ValueError as e:
            traceback = e.__traceback__
        assert traceback is not None
        assert traceback.tb_next is not None
        frame = traceback.tb_next.tb_frame
        self.assertRegex(place_of(stack_of(frame), "tests"), r"^test_blame\.py:\d+ in test_the_pl")
        self.assertRegex(place_of(stack_of(frame), "nobody"), r"^runners\.py:\d+ in run$")

    def test_without_frames_it_is_the_only_component_s_of_that_file(self) -> None:
        failure = self.failure(Slotted.fail)
        failure.cleanFailure()  # type: ignore[no-untyped-call]
        authors = Authors()
        self.assertIsNone(authors.of(failure))
        authors.know(Tricky, self.given)
        authors.know(Tricky, self.given)  # in another pipeline
        authors.know(Config, context("receiver", "elsewhere"))
        self.assertIs(authors.of(failure), self.given)
        authors.know(Tricky, context("receiver", "twin"))
        self.assertIsNone(authors.of(failure))

    @as_task
    async def test_a_spawned_task_is_remembered_when_its_frames_are_gone(self) -> None:
        failing: Deferred[None] = spawn(self.receiver.work())
        kept: list[Failure] = []
        failing.addErrback(kept.append)
        await turns()
        kept[0].cleanFailure()  # type: ignore[no-untyped-call]
        self.assertIs(context_of(kept[0]), self.given)
