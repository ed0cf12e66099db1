"""Receivers that go and get their data: the author writes a coroutine, the core keeps it running.

1. It runs in one worker. The lock of its checkpoint says in which; the others ask for it again and
   again, so that one of them goes on when that worker ends, crashes, or is replaced at a reload.
2. What is being delivered when the end comes is delivered, and the author is given the outcome and
   a moment to pass it on. Nothing new is taken meanwhile.
"""

from __future__ import annotations

import asyncio
import random
from abc import abstractmethod
from collections.abc import Awaitable, Sequence
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from twisted.python.failure import Failure

from ..component import C, Receiver
from ..context import Context
from ..delivery import Outcome
from ..doubling import doubled
from ..event import Batch, Event
from ..request import Retry
from ..tasks import wait
from .checkpoint import Checkpoint, CheckpointError, encoded

#: Seconds until `run` is called again, at most; it doubles.
FIRST, LONGEST = 1.0, 60.0
#: Seconds after which a `run` that goes on is trusted: more than a client waits for an answer.
TRUSTED = 90.0
#: Seconds between two questions whether the turn is ours.
TURN = 0.25
#: Seconds after an outcome in which an author can pass it on, once the end has come.
LAST_WORDS = 1.0
#: Seconds after which `run` is cancelled again: a library may have swallowed it at a bad moment.
AGAIN = 3.0
_LOOK = 0.01


class PullReceiver(Receiver[C]):
    """Polls, reads a queue, subscribes: any asyncio library may be awaited."""

    #: Whether each worker runs it, where a source shares its work out. There is no checkpoint then.
    in_every_worker: ClassVar[bool] = False

    def __init__(self, config: C, context: Context) -> None:
        super().__init__(config, context)
        #: What `deliver` kept last, before a restart or a crash too; None: nothing yet.
        self.checkpoint: Any = None
        self._kept: Checkpoint | None = None
        self._saving = asyncio.Lock()
        self._writing: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._open = asyncio.Event()
        self._open.set()
        self._is_ending = False
        self._failures = 0
        self._delivering = 0
        #: Tasks that were given an outcome, and when.
        self._told: WeakKeyDictionary[asyncio.Task[Any], float] = WeakKeyDictionary()

    @abstractmethod
    async def run(self) -> None:
        """Get data and `deliver` it, until cancelled.

        Called when the receiver starts. If it raises, it is called again after a pause that grows,
        and that is at least `after` of a Retry. The receiver is unhealthy, with the reason, until
        it has delivered or goes on for 90 s. If it returns, it has ended.
        """

    async def deliver(self, events: Sequence[Event], checkpoint: Any = None) -> Outcome:
        """Hand events on and wait for what becomes of them; before that, while queues are full.

        `checkpoint`: where the source stands after these events, anything that JSON can say in
        64 KiB. It is kept unless the outcome is RETRY: then they are not stored. Without events
        the outcome is DELIVERED.
        """
        said = None if checkpoint is None else encoded(checkpoint)
        assert said is None or not self.in_every_worker, "workers share no checkpoint"
        task = asyncio.current_task()
        assert task is not None
        self._told.pop(task, None)
        await self._open.wait()
        self._delivering += 1
        try:
            outcome = await self._sent(events)
            if outcome is not Outcome.RETRY:
                self._is_well()
                await self._save(said, checkpoint)
        finally:
            self._delivering -= 1
            self._told[task] = _now()
        return outcome

    async def _sent(self, events: Sequence[Event]) -> Outcome:
        if not events:
            return Outcome.DELIVERED
        return await wait(self.output.send(Batch(list(events)), ack=True))

    async def _save(self, said: bytes | None, checkpoint: Any) -> None:
        if said is None:
            return
        async with self._saving:
            await self._written()
            if self._kept is not None:
                write = asyncio.to_thread(self._kept.write, said)
                self._writing = asyncio.ensure_future(write)
                await asyncio.shield(self._writing)
            self.checkpoint = checkpoint

    async def _written(self) -> None:
        """What an author cancelled is still being written: a thread cannot be."""
        if self._writing is not None:
            await asyncio.wait((self._writing,))

    async def start(self) -> None:
        """Begin as soon as no other worker does. Raises CheckpointError."""
        if self.context.data_dir is not None and not self.in_every_worker:
            self._kept = Checkpoint(self.context.data_dir, self.context.id)
        self._task = asyncio.ensure_future(self._live())

    async def _live(self) -> None:
        while True:
            trusted = asyncio.get_running_loop().call_later(TRUSTED, self._is_well)
            try:
                await self._begin()
                return await self._running()
            except (Exception, asyncio.CancelledError) as e:
                if self._is_ending:
                    raise
                delay = self._failed(e)
            finally:
                trusted.cancel()
            await asyncio.sleep(delay)

    def _running(self) -> Awaitable[None]:
        run: object = self.run()
        if not isinstance(run, Awaitable):
            raise TypeError("run() gives no coroutine: write `async def run`")
        return run

    async def _begin(self) -> None:
        """Wait until it is our turn, and read where the source stood."""
        if self._kept is None:
            return
        while not self._kept.take():  # noqa: ASYNC110 the lock is in another process
            await asyncio.sleep(TURN)
        self.checkpoint = self._kept.read()

    def _is_well(self) -> None:
        self._failures, self.trouble = 0, ""

    def _failed(self, error: BaseException) -> float:
        """In how many seconds to try again."""
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        longest = doubled(FIRST, LONGEST, self._failures)
        delay = random.uniform(longest / 2, longest)  # noqa: S311 jitter, not a secret
        if isinstance(error, Retry) and error.after is not None:
            delay = max(delay, error.after)
        self._failures += 1
        self.context.count("run_failures")
        id, warn = self.context.id, self.context.log.warn
        if isinstance(error, Retry | CheckpointError):
            self.trouble = str(error)
            warn("{id}: {why}; again in {delay:.1f} s", id=id, why=self.trouble, delay=delay)
        else:
            self.trouble = f"{type(error).__name__}: {error}"
            failure = Failure(error)  # type: ignore[no-untyped-call]
            warn("{id}: again in {delay:.1f} s", id=id, delay=delay, log_failure=failure)
        return delay

    def pause(self) -> None:
        """See `Receiver`: the next `deliver` waits."""
        self._open.clear()

    def resume(self) -> None:
        """See `Receiver`."""
        if not self._is_ending:
            self._open.set()

    async def quiesce(self) -> None:
        """See `Receiver`: ends `run`, unless it waits for an outcome or may be passing one on."""
        self._is_ending = True
        self._open.clear()
        if not self._is_busy():
            await self.stop()

    def _is_busy(self) -> bool:
        told = [at for task, at in self._told.items() if not task.done()]
        return bool(self._delivering) or _now() < max(told, default=0) + LAST_WORDS

    async def stop(self) -> None:
        """End `run`, once outcomes had time to be passed on."""
        self._is_ending = True
        self._open.clear()
        end = _now() + LAST_WORDS
        while self._is_busy() and _now() < end:  # noqa: ASYNC110 time passes too
            await asyncio.sleep(_LOOK)
        task, self._task = self._task, None
        if task is not None:
            while not task.done():
                task.cancel()
                await asyncio.wait((task,), timeout=AGAIN)
            if not task.cancelled():
                task.exception()  # it is too late to mend what it has raised
        await self._written()
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()


def _now() -> float:
    return asyncio.get_running_loop().time()
