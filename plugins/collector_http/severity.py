"""Words for a level to OpenTelemetry's severity numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from collector_dynatrace.limits import NO_LEVEL, level_of

_NUMBERS = {
    "DEBUG": 5,
    "INFO": 9,
    "NOTICE": 10,
    "WARN": 13,
    "ERROR": 17,
    "SEVERE": 17,
    "CRITICAL": 18,
    "ALERT": 19,
    "EMERGENCY": 21,
}
_TRACE = 1
#: What loggers write, apart from the levels themselves. Dynatrace goes by the first letters, and
#: takes `status: success` for SEVERE.
_WORDS = frozenset(
    (
        *("emerg", "emergency", "panic", "fatal", "alert", "crit", "critical", "severe"),
        *("err", "error", "warn", "warning", "notice", "info", "information", "informational"),
        *("debug", "verbose", "trace", "none"),
    )
)
_MOST = 4096

#: A level as it was written, to its number; None: it is not one.
Severity = Callable[[str], int | None]


@lru_cache(_MOST)
def by_letters(word: str) -> int | None:
    """As Dynatrace reads it: by its first letters."""
    level = level_of(word[:64])
    if level == NO_LEVEL:
        return 0 if word.strip().lower() in ("", "none") else None
    return _TRACE if word.strip().lower().startswith("trace") else _NUMBERS[level]


@lru_cache(_MOST)
def by_word(word: str) -> int | None:
    """Of the words that loggers use."""
    return by_letters(word) if word.strip().lower() in _WORDS else None


def level_in(attributes: dict[str, Any], keys: list[str], severity: Severity) -> tuple[int, str]:
    """Number and word of the first of these keys that has a level, which is taken out."""
    for key in keys:
        word = attributes[key]
        if type(word) is str:
            number = severity(word)
            if number is not None:
                del attributes[key]
                return number, word
    return 0, ""
