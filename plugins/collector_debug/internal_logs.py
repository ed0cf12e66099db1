"""The collector's own log in, events out: what it says of itself goes where all else goes."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, ClassVar, Literal

from collector.api import (
    DEBUG,
    ERROR,
    INFO,
    WARN,
    Batch,
    Config,
    Event,
    LogEntry,
    Receiver,
    Resource,
)

_SEVERITIES = {"DEBUG": DEBUG, "INFO": INFO, "WARN": WARN, "ERROR": ERROR}
_NAME = "twisted-log-collector"
#: Seconds for which entries are gathered.
_GATHERED = 1.0
#: Entries that wait at most, while a full queue pauses us.
MOST = 1000


class InternalLogsConfig(Config):
    """Which entries."""

    #: The least that is taken, of what `service.log.level` lets through.
    level: Literal["debug", "info", "warn", "error"] = "info"


class InternalLogsReceiver(Receiver[InternalLogsConfig]):
    """A batch each second in which something was logged.

    No entry makes others without end: what is logged while a batch is handed on is not taken, and
    of what comes later of it the log itself takes 10 of a kind in a minute.
    """

    counters: ClassVar[Mapping[str, str]] = {
        "lost_entries": "Entries of the log that were not taken, by reason: full, own."
    }

    def __init__(self, config: InternalLogsConfig, context: Any) -> None:
        super().__init__(config, context)
        self._least = _SEVERITIES[config.level.upper()]
        self._entries: deque[LogEntry] = deque()
        self._lost = 0
        self._lock = threading.Lock()
        self._sending = 0  # the thread that hands a batch on
        self._timer: Any = None
        self._is_paused = self._is_woken = False
        self._end: Callable[[], None] = lambda: None
        facts = {"service.name": _NAME, "service.version": version(_NAME)}
        self._resource = Resource({**facts, "host.name": socket.gethostname()})

    async def start(self) -> None:
        """See `Component`."""
        self._end = self.context.journal.follow(self._told)

    def pause(self) -> None:
        """See `Receiver`."""
        self._is_paused = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def resume(self) -> None:
        """See `Receiver`."""
        self._is_paused = False
        self._later()

    async def quiesce(self) -> None:
        """See `Receiver`."""
        self._end()
        self.pause()
        self._send()

    async def stop(self) -> None:
        """See `Component`."""
        self._end()
        self.pause()

    def _told(self, entry: LogEntry) -> None:
        """In any thread."""
        if _SEVERITIES[entry.level] < self._least:
            return
        if self._sending == threading.get_ident():
            self.context.count("lost_entries", reason="own")
            return
        with self._lock:
            self._entries.append(entry)
            if len(self._entries) > MOST:
                self._entries.popleft()
                self._lost += 1
            is_woken, self._is_woken = self._is_woken, True
        if not is_woken:
            self.context.reactor.callFromThread(self._later)

    def _later(self) -> None:
        if self._entries and self._timer is None and not self._is_paused:
            self._timer = self.context.reactor.callLater(_GATHERED, self._due)

    def _due(self) -> None:
        self._timer = None
        self._send()

    def _send(self) -> None:
        with self._lock:
            entries, lost = list(self._entries), self._lost
            self._entries.clear()
            self._lost, self._is_woken = 0, False
        if lost:
            self.context.count("lost_entries", lost, reason="full")
        if not entries:
            return
        self._sending = threading.get_ident()
        try:
            self.output.send(Batch(list(map(self._event, entries))))
        finally:
            self._sending = 0

    def _event(self, entry: LogEntry) -> Event:
        attributes = dict(entry.fields)
        if entry.component:
            attributes["otelcol.component.id"] = entry.component
        if entry.error:
            attributes["exception.message"] = entry.error
        return Event(
            entry.time,
            entry.message,
            attributes,
            _SEVERITIES[entry.level],
            entry.level,
            entry.time,
            resource=self._resource,
        )
