"""Receivers, processors and exporters, and what the core asks of each; see also `connector`.

A component is made from its checked configuration and a `Context`, then started, then
stopped, each once. `start` may fail: the process then exits non-zero and says why. All
methods run on the reactor's thread and none may block; an `async def` runs as an asyncio
Task. After `stop` has returned a component does nothing more.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar, get_args

from pydantic import BaseModel, ConfigDict
from twisted.internet.defer import Deferred

from .context import Context
from .delivery import Outcome
from .event import Batch, Event
from .request import Receipt, Request, Row


class Config(BaseModel):
    """Base of every component's configuration model.

    Unknown keys are refused, defaults are checked like values, and no message ever shows
    an input: it may be a secret.
    """

    #: Keys that will go, by any of their spellings, each with what to use instead: a sentence that
    #: `validate` and the log show beside the key's place.
    deprecated_keys: ClassVar[Mapping[str, str]] = {}

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
        validate_default=True,
    )


C = TypeVar("C", bound=Config)


class Component(ABC, Generic[C]):
    """What receivers, processors, connectors and exporters have in common."""

    #: The model of this component's configuration; taken from the base class's parameter.
    config_type: ClassVar[type[Config]] = Config
    #: The `API_LEVEL` of `collector.api` that it was written for; 0: it does not say. A collector
    #: whose level is lower refuses it, with a sentence.
    api_level: ClassVar[int] = 0
    #: Counters of its own, and what each counts: the documentation of its metrics.
    counters: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for base in cls.__dict__.get("__orig_bases__", ()):
            for argument in get_args(base):
                if isinstance(argument, type) and issubclass(argument, Config):
                    cls.config_type = argument

    def __init__(self, config: C, context: Context) -> None:
        self.config = config
        self.context = context
        for name, text in self.counters.items():
            context.metrics.helps[f"{context.kind}_{name}"] = text

    @classmethod
    def config_warnings(cls, config: Any) -> Iterable[str]:  # noqa: ARG003 for subclasses
        """What an operator should know of a configuration that is valid. For `validate`."""
        return ()

    async def start(self) -> None:
        """Begin. An exception ends the process with its message, so say what to do."""

    async def stop(self) -> None:
        """End. Called once, also when `start` failed half way."""


class Output(Protocol):
    """All that a receiver sees of what comes after it."""

    def send(self, batch: Batch, *, ack: bool = False) -> Deferred[Outcome]:
        """Hand a batch on; it is not the receiver's any more.

        `ack` says that a sender waits for the outcome: the batch is stored as soon as the
        queue can. The Deferred never fails and fires within the deadline.
        """
        ...


class Receiver(Component[C]):
    """Takes data in and gives it to `output`, which the core sets before `start`."""

    output: Output
    #: Why it can take nothing in at present, for people; empty: it can. It is unhealthy meanwhile.
    trouble: str = ""

    @abstractmethod
    def pause(self) -> None:
        """The queues are full: read no more until `resume`. Called once before each `resume`."""

    @abstractmethod
    def resume(self) -> None:
        """There is room again."""

    async def quiesce(self) -> None:
        """The process is ending: take nothing new in, and give `output` what is at hand.

        Deliveries under way settle after this, so acknowledgements can still be written;
        `stop` comes when they have.
        """
        self.pause()


class Chain(Protocol):
    """The pipeline, as its processors see it."""

    def held(self, processor: Processor[Any], events: Sequence[Event]) -> None:
        """The processor keeps these events of the batch it is given."""
        ...

    def emitted(
        self, processor: Processor[Any], events: list[Event], replacing: Sequence[Event]
    ) -> None:
        """The processor lets these go, in place of those it held."""
        ...

    def dropped(self, processor: Processor[Any], events: Sequence[Event], reason: str) -> None:
        """The processor ends these for good."""
        ...

    def tick_after(self, processor: Processor[Any], seconds: float) -> None:
        """Call the processor's `tick` then."""
        ...

    def when_settled(self, processor: Processor[Any], call: Callable[[Outcome], None]) -> None:
        """Tell the processor what becomes of the batch it is given."""
        ...


class Processor(Component[C]):
    """Changes, filters, makes or keeps back events, a batch at a time.

    Each pipeline that names a processor has an instance of its own.
    """

    chain: Chain
    #: Whether a batch is dropped for which `process` raised: of those that hide what nobody may
    #: see. Counted with the reason `processor_failed`.
    fails_closed: ClassVar[bool] = False

    @abstractmethod
    def process(self, batch: Batch) -> Batch | None:
        """The batch that goes on; `None` or an empty one ends it, as delivered.

        Events may be changed in place, a resource only replaced. Events that are neither
        in the result nor held count as dropped, with the reason `filtered` unless `drop`
        named another; more events than came in count as created. Must not raise: if it
        does, the batch goes on as it stands and is flagged, unless it `fails_closed`.
        """

    def tick(self, now: float) -> None:
        """The time asked for with `tick_after` has come. `now` is the reactor's, in seconds."""

    def hold(self, events: Sequence[Event]) -> None:
        """Keep back events of the batch in hand: leave them out of the result.

        Their delivery stays open until they are emitted, replaced or dropped.
        """
        self.chain.held(self, events)

    def emit(self, events: list[Event], replacing: Sequence[Event] = ()) -> None:
        """Let held events, or new ones, go on to the next processor.

        New events that were made of held ones name those in `replacing`: their delivery
        then waits for the new. Emit all that is held in `flush`.
        """
        self.chain.emitted(self, events, replacing)

    def drop(self, events: Sequence[Event], reason: str) -> None:
        """End events for good, held ones or of the batch in hand. Delivered, and counted."""
        self.chain.dropped(self, events, reason)

    def tick_after(self, seconds: float) -> None:
        """Ask for one call of `tick`. A second request replaces the first."""
        self.chain.tick_after(self, seconds)

    def when_settled(self, call: Callable[[Outcome], None]) -> None:
        """Ask for one call, with the outcome of the batch in hand: after `process`, once.

        For a processor that ends events because an earlier one says the same.
        """
        self.chain.when_settled(self, call)

    def flush(self) -> None:
        """The process is ending: emit all that is held."""


class Exporter(Component[C]):
    """Two halves: `encode` is pure and early, `send` is I/O and may be repeated.

    Queueing, batching, compression, retries, splitting and the dead letter are the core's.
    """

    #: Names the form of the rows that `encode` makes. A queue outlives upgrades: raise it when
    #: `send`, `unpack` or `restamped` can do nothing with rows of the last one, and what a queue
    #: still has of them is set aside.
    format: ClassVar[str] = "1"

    @abstractmethod
    def encode(self, batches: Sequence[Batch]) -> Iterable[Request]:
        """The requests that carry these batches, each within the destination's limits.

        Pure: other exporters read the same events. If it raises, it is tried again event by
        event with sanitised copies; what still fails is dead-lettered.
        """

    @abstractmethod
    def unpack(self, request: Request) -> list[Row]:
        """The rows of a request, uncompressed: the inverse of `pack`."""

    @abstractmethod
    def pack(self, rows: Sequence[Row]) -> Request:
        """One request of these rows. Splitting, bisecting, merging and replay are built on it."""

    @abstractmethod
    async def send(self, request: Request) -> Receipt | None:
        """Deliver, or raise Retry, Hold, TooLarge or Poison.

        None: the destination took all of it. May be called again with the same bytes. Any other
        exception counts as Retry.
        """

    def stale_before(self) -> int:
        """Events older than this, in ns since the epoch, are refused; 0: age does not matter.

        Asked before each attempt. The rows of a request whose `oldest_ns` is before it go
        through `restamped`.
        """
        return 0

    def restamped(self, row: Row) -> Row | None:
        """A row that can be sent now: itself when it is not stale. None: it is dead-lettered."""
        return row

    def shortened(self, row: Row) -> Row | None:
        """A row that was refused as too large, alone, made smaller; asked once for a row.

        None: it cannot be, and is dead-lettered.
        """
        return None

    async def verify(self) -> str | None:
        """Try the destination once, for `collector validate --live`: `start` has been called.

        Returns a sentence that says what was found to work, None when there is nothing to try.
        Raises Retry or Hold with what is wrong.
        """
        return None
