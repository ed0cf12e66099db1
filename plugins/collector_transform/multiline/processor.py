"""The multiline processor: events that are lines of one message in, one event for it out.

Lines of a source are joined in the order in which they come. Those that wait for more are held:
their senders are answered when the message has gone on. What is given up at a bound goes on as it
is, flagged `incomplete_message`, and so does what follows of it.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from collector.api import Batch, Config, Context, Duration, Event, Misread, Processor, Size, Slip

from ..expressions import Look, conditions, values
from ..fingerprint import Sources, fingerprint
from ..ottl.regex import MAX_TEXT, Pattern, WrongPattern
from ..program import ERRORS
from .message import Message, size_of

#: Bytes of all lines that wait.
MAX_HELD = 64 << 20
REASON = "merged"
#: Seconds between two looks at what waits, at least.
SHORTEST = 0.05
_PATTERNS = ("line_start_pattern", "line_end_pattern")


class MultilineConfig(Config):
    """What begins or ends a message, and how much of it may wait."""

    #: Regex that is found in the first line of a message, such as `'^\d{4}-\d{2}-\d{2}'`. One of
    #: the two patterns is required.
    line_start_pattern: str = ""
    #: Regex that is found in the last line of a message, such as `';$'`.
    line_end_pattern: str = ""
    #: OTTL's conditions, of which one must be true of a line; others go on as they come. Paths are
    #: those of a log where they do not say it. Such as `['resource.attributes["service.name"] ==
    #: "shop"']`.
    conditions: tuple[str, ...] = ()
    #: Values of OTTL that are equal in lines of one source, beside resource and scope, such as
    #: `['log.attributes["app"]']`.
    keys: tuple[str, ...] = ()
    #: What is put between lines; unless it is said, a line end.
    combine_with: str = "\n"
    #: Lines of a message. What follows is a message of its own, and flagged.
    max_batch_size: Annotated[int, Field(ge=2, le=100_000)] = 1000
    #: Size of a message.
    max_log_size: Annotated[Size, Field(ge=1, le=MAX_TEXT)] = MAX_TEXT
    #: Sources with a message that waits, and 64 MiB of all. The oldest goes on for a new one.
    max_sources: Annotated[int, Field(ge=1, le=100_000)] = 1000
    #: Without a line for this long a message goes on; flagged only where `line_end_pattern` says
    #: that it is not whole.
    force_flush_period: Annotated[Duration, Field(gt=0)] = 5.0
    #: The longest that a line waits, which is below the 30 s that a sender waits for an answer.
    max_age: Annotated[Duration, Field(gt=0, le=25)] = 20.0

    @model_validator(mode="after")
    def _readable(self) -> MultilineConfig:
        if bool(self.line_start_pattern) == bool(self.line_end_pattern):
            raise ValueError("expected line_start_pattern or line_end_pattern")
        for name in _PATTERNS:
            text = getattr(self, name)
            try:
                Pattern(text)
            except WrongPattern as e:
                raise Misread([Slip(str(e), (name,), 0, len(text))]) from None
        values("keys", self.keys)
        conditions("conditions", self.conditions)
        return self


class _Turn:
    """What becomes of the events while a batch is in hand."""

    def __init__(self, now: float) -> None:
        self.now = now
        #: Go on with the batch.
        self.kept: list[Event] = []
        #: Lines of the batch whose text is in one that is kept.
        self.merged: list[Event] = []
        #: Messages that have held lines and have ended.
        self.late: list[Message] = []
        #: Messages that have lines of the batch, ended or not.
        self.touched: list[Message] = []

    def add(self, message: Message, event: Event, size: int) -> None:
        """A line of the batch."""
        if len(message.events) == message.held:
            self.touched.append(message)
        message.add(event, size, self.now)


class MultilineProcessor(Processor[MultilineConfig]):
    """Joins lines; those that are in another event then are counted as `merged`."""

    counters: ClassVar[dict[str, str]] = {
        "cut_items": "Messages that went on unfinished, by the bound: lines, bytes, age, sources.",
        **ERRORS,
    }

    def __init__(self, config: MultilineConfig, context: Context) -> None:
        super().__init__(config, context)
        self._starts = bool(config.line_start_pattern)
        self._matches = Pattern(config.line_start_pattern or config.line_end_pattern).found_in
        self._keys = Look(values("keys", config.keys), context) if config.keys else None
        found = conditions("conditions", config.conditions)
        self._look = Look(found, context) if config.conditions else None
        self._sources = Sources()
        self._open: dict[int, Message] = {}
        self._size = 0
        self._asked = False

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        turn = _Turn(self.context.reactor.seconds())
        events = batch.events
        looked = self._look.at(events) if self._look else [True] * len(events)
        keys = self._keys.at(events) if self._keys else [None] * len(events)
        resource, source = None, 0
        for event, key, is_line in zip(events, keys, looked, strict=True):
            if not is_line:
                turn.kept.append(event)
                continue
            if event.resource is not resource:
                resource = event.resource
                source = self._sources.number(resource)
            self._line(turn, event, source if key is None else fingerprint([source, key]))
        self._settle(turn)
        batch.events = turn.kept
        return batch

    def tick(self, now: float) -> None:
        """See `Processor`."""
        self._asked = False
        config, turn = self.config, _Turn(now)
        for message in list(self._open.values()):
            if message.since + config.max_age <= now:
                self._cut(turn, message, "age")
            elif message.last + config.force_flush_period > now:
                continue
            elif self._starts:
                self._end(turn, message)
            else:
                self._cut(turn, message, "age")
        self._settle(turn)

    def flush(self) -> None:
        """See `Processor`."""
        turn = _Turn(0)
        for message in list(self._open.values()):
            self._end(turn, message)
        self._settle(turn)

    def _line(self, turn: _Turn, event: Event, number: int) -> None:
        message = self._open.get(number)
        text = event.body
        size = size_of(text) if type(text) is str else MAX_TEXT + 1
        if size > self.config.max_log_size:  # or no text: a message of its own
            if message is not None:
                self._end(turn, message)
            turn.kept.append(event)
        elif self._starts:
            self._before(turn, message, number, event, size)
        else:
            self._after(turn, message, number, event, size)

    def _before(
        self, turn: _Turn, message: Message | None, number: int, event: Event, size: int
    ) -> None:
        """A line that may begin a message."""
        if self._matches(event.body):
            if message is not None:
                self._end(turn, message)
            turn.add(self._opened(turn, number), event, size)
        elif message is None:
            turn.kept.append(event)
        else:
            self._add(turn, message, event, size)

    def _after(
        self, turn: _Turn, message: Message | None, number: int, event: Event, size: int
    ) -> None:
        """A line that may end a message."""
        message = self._add(turn, message or self._opened(turn, number), event, size)
        if self._matches(event.body):
            self._end(turn, message)

    def _opened(self, turn: _Turn, number: int, *, cut: bool = False) -> Message:
        if len(self._open) >= self.config.max_sources:
            self._cut(turn, next(iter(self._open.values())), "sources")
        message = self._open[number] = Message(number, turn.now, cut=cut)
        return message

    def _add(self, turn: _Turn, message: Message, event: Event, size: int) -> Message:
        """The message that has the line: another one where it would be too much."""
        config = self.config
        reason = "lines" if len(message.events) >= config.max_batch_size else ""
        if message.size + size + len(message.events) > config.max_log_size:
            reason = "bytes"
        if reason and message.events:
            self._cut(turn, message, reason)
            message = self._opened(turn, message.number, cut=True)
        turn.add(message, event, size)
        return message

    def _cut(self, turn: _Turn, message: Message, reason: str) -> None:
        message.cut = True
        self.context.count("cut_items", reason=reason)
        self._end(turn, message)

    def _end(self, turn: _Turn, message: Message) -> None:
        del self._open[message.number]
        message.ended = True
        self._size -= message.counted
        if message.held:
            turn.late.append(message)
        else:
            turn.kept.append(message.joined(self.config.combine_with))
            turn.merged += message.events[1:]

    def _count(self, turn: _Turn) -> None:
        """See to it that what waits is not too much."""
        for message in turn.touched:
            if not message.ended:
                self._size += message.size - message.counted
                message.counted = message.size
        while self._size > MAX_HELD:
            self._cut(turn, next(iter(self._open.values())), "bytes")

    def _settle(self, turn: _Turn) -> None:
        """Hold what waits, and let go what does not any more."""
        self._count(turn)
        fresh = [event for message in turn.late for event in message.fresh()]
        for message in turn.touched:
            if not message.ended:
                fresh += message.fresh()
                message.held = len(message.events)
        if fresh:
            self.hold(fresh)
        if turn.late:
            rest = [event for message in turn.late for event in message.events[1:]]
            self.emit([message.joined(self.config.combine_with) for message in turn.late], rest)
        self.drop(turn.merged, REASON)
        if self._open and not self._asked:
            self._asked = True
            soon = min(self.config.force_flush_period, self.config.max_age) / 4
            self.tick_after(max(soon, SHORTEST))
