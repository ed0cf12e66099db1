"""The contract of receivers that get their data themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ..component import Receiver
from ..delivery import Outcome
from ..stand_ins import RecordingOutput
from ..tasks import spawn
from .clause import in_reactor
from .lifecycle import ReceiverCase

_LOOK = 0.01


class SourceContract(ReceiverCase):
    """On the reactor that the tests run on: what a source is, only its author knows."""

    #: Seconds within which the source's next message arrives.
    patience = 5.0
    #: Seconds in which nothing may come.
    quiet = 0.1

    async def give(self, text: str) -> None:
        """Put a message with this text into the source. Nothing: the source makes its own."""

    def is_gone(self, text: str) -> bool | None:
        """Whether the source has let go of that message for good; None: nobody tells it."""
        return None

    async def _opened(self, outcome: Outcome | None) -> tuple[Receiver[Any], RecordingOutput]:
        receiver = self.make()
        receiver.output = output = RecordingOutput(outcome)
        self._running = [receiver]
        self.addCleanup(lambda: spawn(self._stop_all()))
        await receiver.start()
        return receiver, output

    async def _stop_all(self) -> None:
        while self._running:
            await self._running.pop().stop()

    async def _arrives(self, output: RecordingOutput, text: str) -> None:
        """Give a message, and wait until it, or any other, has come."""
        before = len(output.batches)
        await self.give(text)
        came = await self._until(lambda: len(output.batches) > before)
        own = type(self).give is not SourceContract.give
        found = [text in repr((e.body, e.attributes)) for e in output.events]
        trouble = "".join(f"; its trouble is: {r.trouble}" for r in self._running if r.trouble)
        self.hold(
            came and (any(found) or not own),
            f"nothing with the text {text!r} came within {self.patience:.0f} s: does start() or "
            f"run() begin to read the source, and does give() put it there?{trouble}",
        )

    async def _until(self, is_so: Callable[[], object]) -> bool:
        for _ in range(round(self.patience / _LOOK)):
            if is_so():
                return True
            await asyncio.sleep(_LOOK)
        return False

    async def _over(self, receiver: Receiver[Any], output: RecordingOutput) -> None:
        await receiver.quiesce()
        output.settle()
        await self._stop_all()
        before = len(output.batches)
        await asyncio.sleep(self.quiet)
        self.hold(
            len(output.batches) == before,
            "it sent events after stop(): cancel its timers and tasks in stop()",
        )
        self.check_output(output)
        self.check_log()
        self.check_counters(receiver)

    @in_reactor
    async def test_contract_downstream_delivers(self) -> None:
        """The source is told so."""
        receiver, output = await self._opened(None)
        await self._arrives(output, "contract-one")
        self.hold(
            not self.is_gone("contract-one"),
            "the source was told to forget a message before its outcome was known",
        )
        output.settle()
        told = await self._until(lambda: self.is_gone("contract-one") is not False)
        self.hold(told, "the source was not told that its message was delivered: acknowledge it")
        await self._over(receiver, output)

    @in_reactor
    async def test_contract_downstream_is_to_be_tried_again(self) -> None:
        """The source keeps what is not stored."""
        receiver, output = await self._opened(None)
        await self._arrives(output, "contract-one")
        output.settle(Outcome.RETRY)
        await asyncio.sleep(self.quiet)
        self.hold(
            not self.is_gone("contract-one"),
            "the source was told to forget a message whose outcome was RETRY: acknowledge what is "
            "DELIVERED, and leave the rest",
        )
        await self._over(receiver, output)

    @in_reactor
    async def test_contract_downstream_refuses(self) -> None:
        """What follows is taken all the same."""
        receiver, output = await self._opened(Outcome.REJECTED)
        await self._arrives(output, "contract-one")
        await self._arrives(output, "contract-two")
        await self._over(receiver, output)

    @in_reactor
    async def test_contract_pauses(self) -> None:
        """Nothing comes between `pause` and `resume`; then it goes on."""
        receiver, output = await self._opened(Outcome.DELIVERED)
        await self._arrives(output, "contract-one")
        receiver.pause()
        before = len(output.batches)
        await self.give("contract-two")
        await asyncio.sleep(self.quiet)
        self.hold(
            len(output.batches) == before,
            "it sent events after pause(): the queues are full, so wait for resume()",
        )
        receiver.resume()
        came = await self._until(lambda: len(output.batches) > before)
        self.hold(came, "nothing came after resume(): begin again there")
        await self._over(receiver, output)

    @in_reactor
    async def test_contract_stops_while_busy(self) -> None:
        """Nobody settles what is open, and outcomes that come after `stop` change nothing."""
        receiver, output = await self._opened(None)
        await self._arrives(output, "contract-one")
        receiver.pause()
        try:
            await asyncio.wait_for(self._stop_all(), self.patience)
        except TimeoutError:
            self.hold(False, "stop() waits for an outcome that does not come: cancel what waits")
        output.settle(Outcome.RETRY)
        self.check_output(output)
