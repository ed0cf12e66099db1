"""One log event as a line: what twisted.logger hands to observers in, text, JSON or logfmt out.

All that is dynamic goes through `shown`, which leaves secrets out and escapes what a terminal
would obey, piece by piece and before anything is cut or put together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from twisted.logger import LogLevel, formatEvent
from twisted.python.failure import Failure

from ..faults import cut, summary
from ..journal import LogEntry
from .redactor import Redactor

#: By level: the order, and the word.
RANKS = {
    LogLevel.debug: (0, "DEBUG"),
    LogLevel.info: (1, "INFO"),
    LogLevel.warn: (2, "WARN"),
    LogLevel.error: (3, "ERROR"),
    LogLevel.critical: (3, "ERROR"),
}
#: What Twisted says of itself when nothing is wrong is for developers.
_OTHERS = ("twisted", "log_legacy", "stdout")
_NOISE = ("Starting factory", "Stopping factory")
#: Twisted says this, and then the error in a message without a text.
_ANNOUNCED = "Unhandled error in Deferred:"
_UNHANDLED = "an error that nobody handled"
#: What Twisted's older log adds to an event for observers of its own.
_OLDER = frozenset(["failure", "format", "isError", "message", "printed", "system", "time", "why"])
_INT64 = 1 << 63
#: What needs no quotes in logfmt.
_PLAIN = re.compile(r'[^\s="\\]+')

LogEvent = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """What is known of one event, ready to be shown."""

    time: float
    level: str
    #: The id of a component; empty for the process itself.
    component: str
    message: str
    #: `ValueError: not a number (numbers.py:12 in parse)`; empty when nothing was raised.
    error: str = ""
    traceback: tuple[str, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, event: LogEvent, redact: Redactor, *, traceback: bool) -> Entry:
        """The event as an entry; `traceback` asks for the whole of it."""
        shown, component, failure = redact.shown, component_of(event), failure_of(event)
        message = shown(_said(event))
        if component:
            message = message.removeprefix(f"{shown(component)}: ")
        error, frames = "", tuple[str, ...]()
        if failure is not None:
            error = summary(failure, shown)
            frames = _traceback(failure, redact) if traceback else ()
        return cls(
            float(event.get("log_time", 0.0)),
            level_of(event)[1],
            shown(component),
            cut(message),
            error,
            frames,
            _fields(event, shown),
        )

    def as_told(self) -> LogEntry:
        """For components that take the log in."""
        time = int(self.time * 1e9)
        return LogEntry(
            time, self.level, self.message, self.component, self.error, dict(self.fields)
        )

    def text(self) -> str:
        """For people: one line, and the traceback's indented below it."""
        place = f"{self.component}: " if self.component else ""
        error = f": {self.error}" if self.error else ""
        line = f"{_utc(self.time)} {self.level:<5} {place}{self.message}{error}"
        return "\n    ".join((line, *self.traceback))

    def json(self) -> str:
        """For programs: an object on one line."""
        fields = {"fields": self.fields} if self.fields else {}
        return orjson.dumps(self._parts() | fields).decode()

    def logfmt(self) -> str:
        """For both: `key=value`, a value in quotes, as JSON has them, where it needs them."""
        parts = self._parts()
        fields = {f"fields.{key}" if key in parts else key: v for key, v in self.fields.items()}
        return " ".join(f"{key}={_bare(value)}" for key, value in (parts | fields).items())

    def _parts(self) -> dict[str, Any]:
        said = {
            "time": _utc(self.time),
            "level": self.level,
            "component": self.component,
            "message": self.message,
            "error": self.error,
            "traceback": "\n".join(self.traceback),
        }
        return {key: value for key, value in said.items() if value}


def _bare(value: object) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if _PLAIN.fullmatch(text) else orjson.dumps(text).decode()


def _said(event: LogEvent) -> str:
    if "log_text" in event and failure_of(event):  # Twisted's older log: the traceback is in it
        return str(event.get("why") or _UNHANDLED)
    text = formatEvent(dict(event)).rstrip()
    return text if text or not failure_of(event) else _UNHANDLED


def failure_of(event: LogEvent) -> Failure | None:
    """What was raised, if anything was."""
    failure = event.get("log_failure") or event.get("failure")
    return failure if isinstance(failure, Failure) else None


def component_of(event: LogEvent) -> str:
    """The id of the component that says it; the namespace of what is not ours; or nothing."""
    said = event.get("id") or event.get("log_source")
    if isinstance(said, str) and said:
        return said
    namespace = str(event.get("log_namespace") or "")
    ours = namespace.partition(".")[0].partition("_")[0] in {"collector", "log", "", "<unknown>"}
    return "" if ours else namespace


def level_of(event: LogEvent) -> tuple[int, str]:
    """The rank of an event by its consequence, and the word for it."""
    level = RANKS.get(event.get("log_level"), RANKS[LogLevel.info])
    text = str(event.get("log_format", ""))
    if level != RANKS[LogLevel.info]:
        return RANKS[LogLevel.debug] if text == _ANNOUNCED else level
    namespace = str(event.get("log_namespace", ""))
    noise = namespace.split(".", 1)[0] in _OTHERS or text.startswith(_NOISE)
    return RANKS[LogLevel.debug] if noise else level


def _utc(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _traceback(failure: Failure, redact: Redactor) -> tuple[str, ...]:
    # A secret may have several lines: first it goes, then the lines part.
    return tuple(redact.shown(line) for line in redact(failure.getTraceback()).splitlines())


def _fields(event: LogEvent, shown: Callable[[str], str]) -> dict[str, Any]:
    """The plain values that the event was made with."""
    own = {key: value for key, value in event.items() if not key.startswith("log_")}
    return {
        shown(key): cut(shown(value)) if isinstance(value, str) else value
        for key, value in own.items()
        if key != "id" and key not in _OLDER and _plain(value)
    }


def _plain(value: Any) -> bool:
    if isinstance(value, int):
        return -_INT64 <= value < _INT64
    return isinstance(value, str | float)
