"""The process's own log: what twisted.logger, `logging` and `warnings` say in, lines out.

Lines of one kind (one component, one message format) are limited, so that no peer and no
outage can fill a disk; what was kept back is counted at the end of the minute.
"""

from __future__ import annotations

import logging
import sys
import time
import warnings
from collections.abc import Hashable
from dataclasses import dataclass, replace
from threading import RLock
from typing import Any, Literal

from twisted.logger import (
    ILogObserver,
    LogBeginner,
    Logger,
    LogLevel,
    globalLogBeginner,
    globalLogPublisher,
)
from twisted.logger import LogEvent as TwistedEvent
from twisted.python.failure import Failure
from zope.interface import implementer

from ..blame import Authors, context_of
from ..journal import Journal
from .log_entry import RANKS, Entry, component_of, failure_of, level_of
from .log_stream import LogStream, TextStream
from .redactor import Redactor

Level = Literal["debug", "info", "warn", "error"]
Format = Literal["text", "json", "logfmt"]

#: Lines of one kind in a minute.
LINES = 10
MINUTE = 60.0
#: Kinds that are told apart; what comes after shares one for each level.
MAX_KINDS = 1000


@dataclass
class _Kind:
    """One kind of line in the minute that runs."""

    seen: int = 0
    #: The last that was written, once the limit is reached.
    last: Entry | None = None


@implementer(ILogObserver)
class LogObserver:
    """Writes events as lines. May be called by any thread."""

    def __init__(self, level: Level, format: Format, stream: LogStream, redact: Redactor) -> None:  # noqa: A002
        self._least = RANKS[LogLevel.lookupByName(level)][0]
        self._format: Format = format
        self._stream = stream
        self._redact = redact
        self._kinds: dict[Hashable, _Kind] = {}
        self._lock = RLock()  # what is logged may log while it is turned into text
        self._lost = 0
        #: What is written, for components that take it in.
        self.journal = Journal()
        #: For what nobody handled.
        self.authors = Authors()

    def __call__(self, event: TwistedEvent) -> None:
        """Called by twisted.logger with each event."""
        event = self._attributed(event)
        rank = level_of(event)[0]
        if rank < self._least:
            return
        with self._lock:
            kind = self._kind(rank, component_of(event), event)
            kind.seen += 1
            if kind.seen > LINES:
                return
            entry = Entry.of(event, self._redact, traceback=self._least == 0)
            if kind.seen == LINES:
                kind.last = entry
            self._write(entry)

    def _kind(self, rank: int, component: str, event: TwistedEvent) -> _Kind:
        key: Hashable = (rank, component, event.get("log_kind") or event.get("log_format"))
        if key not in self._kinds and len(self._kinds) >= MAX_KINDS:
            key = rank
        return self._kinds.setdefault(key, _Kind())

    def _attributed(self, event: TwistedEvent) -> TwistedEvent:
        """What nobody handled says whose it is, where that can be found; its health says so too."""
        failure = failure_of(event)
        if failure is None or event.get("id") or event.get("log_source"):
            return event
        if level_of(event)[0] < RANKS[LogLevel.error][0]:
            return event
        context = context_of(failure) or self.authors.of(failure)
        if context is None:
            return event
        context.fault(failure)
        return {**event, "id": context.id}

    def turn(self) -> None:
        """The minute is over: say what was kept back, and begin the next."""
        with self._lock:
            kinds, self._kinds = self._kinds, {}
            for kind in kinds.values():
                more = kind.seen - LINES
                if kind.last is not None and more > 0:
                    text = f"{kind.last.message} … and {more:,} more like it"
                    self._write(replace(kind.last, time=time.time(), message=text))

    def _write(self, entry: Entry) -> None:
        if self._lost and self._stream.write(self._line(_lost(self._lost))):
            self._lost = 0
        if not self._stream.write(self._line(entry)):
            self._lost += 1
        self.journal.add(entry.as_told())

    def _line(self, entry: Entry) -> str:
        line: str = getattr(entry, self._format)()
        return line


def _lost(lines: int) -> Entry:
    text = f"{lines:,} lines of this log were lost: nobody read them, or there was no room"
    return Entry(time.time(), "WARN", "", text)


class _FromLogging(logging.Handler):
    """What libraries say through Python's own `logging`, asyncio among them."""

    def emit(self, record: logging.LogRecord) -> None:
        """Called by `logging`, in any thread."""
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001  # the library's mistake must not come back to it
            message = str(record.msg)
        facts: dict[str, Any] = {"log_kind": f"{record.pathname}:{record.lineno}"}
        if record.exc_info and record.exc_info[1] is not None:
            kind, value, traceback = record.exc_info
            facts["log_failure"] = Failure(value, kind, traceback)  # type: ignore[no-untyped-call]
        log = Logger(namespace=f"logging.{record.name}")
        log.emit(_level(record.levelno), "{log_message}", log_message=message, **facts)


def _level(number: int) -> Any:
    if number >= logging.ERROR:
        return LogLevel.error
    if number >= logging.WARNING:
        return LogLevel.warn
    return LogLevel.debug  # what a library calls information is for developers here


class Logging:
    """The log of a process, from `start_logging` to `stop`."""

    def __init__(self, observer: LogObserver, clock: Any) -> None:
        self.observer = observer
        self._clock = clock
        self._handler = _FromLogging()
        self._timer: Any = None
        self._warn = warnings.showwarning

    def start(self, beginner: LogBeginner, level: Level) -> None:
        """Begin; what was logged before this is written now."""
        beginner.beginLoggingTo([self.observer], redirectStandardIO=False)
        logging.root.addHandler(self._handler)
        self._handler.setLevel(logging.DEBUG if level == "debug" else logging.WARNING)
        self._turn_later()

    def _turn_later(self) -> None:
        self._timer = self._clock.callLater(MINUTE, self._turn)

    def _turn(self) -> None:
        self.observer.turn()
        self._turn_later()

    def stop(self) -> None:
        """Say what was kept back and observe no more. The last thing that a process does."""
        if self._timer is None:
            return
        self._timer.cancel()
        self._timer = None
        self.observer.turn()
        logging.root.removeHandler(self._handler)
        warnings.showwarning = self._warn
        globalLogPublisher.removeObserver(self.observer)


def start_logging(
    level: Level,
    format: Format,  # noqa: A002
    stream: TextStream | None = None,
    *,
    clock: Any,
    redactor: Redactor | None = None,
    beginner: LogBeginner = globalLogBeginner,
) -> Logging:
    """Write the log of this process to `stream`, standard error unless said otherwise.

    `clock` is the reactor. `redactor` knows the secrets of the configuration, and may be told
    more of them later.
    """
    lines = LogStream(sys.stderr if stream is None else stream)
    observer = LogObserver(level, format, lines, redactor or Redactor())
    started = Logging(observer, clock)
    started.start(beginner, level)
    return started
