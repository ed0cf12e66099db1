"""One event to one record: special fields looked up, attributes typed and within the limits.

What is changed on the way is never refused but said in the record's warnings
("Log ingest warnings").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from ..limits import (
    CLASSIC,
    GRAIL,
    LEVEL_KEYS,
    MAX_AHEAD_S,
    NO_LEVEL,
    Limits,
    cut,
    level_of,
    status_of,
)
from . import timestamp
from .model import Room, spare, text_of
from .parameters import FLATTENED, RAW
from .reading import Names, Reader, find, spellings

CORRECTED = "common_attr_corrected"


class Record(msgspec.Struct, gc=False):
    """What is stored. `status` follows from the level."""

    time: int  # nanoseconds since the epoch
    level: str
    content: str
    attributes: dict[str, Any]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """What differs from one kind of environment to the next."""

    limits: Limits = GRAIL
    #: The data model where the request does not choose.
    model: str = RAW
    #: Keys in lower case and every value text; the model is always flattened.
    classic: bool = False


PROFILES = {
    "grail-raw": Profile(),
    "grail-flattened": Profile(model=FLATTENED),
    "classic": Profile(CLASSIC, FLATTENED, classic=True),
}


class Shaper(Reader):
    """Makes the records of one request, whose time is `now`."""

    def __init__(
        self, profile: Profile, model: str, parameters: dict[str, Any], now: int, room: Room
    ) -> None:
        model = FLATTENED if profile.classic else model
        super().__init__(model, parameters, now, room, profile.limits.depth)
        self.profile = profile

    def shape(self, event: dict[str, Any], number: int) -> Record:
        """The record of the event with this number in its request. May consume the event."""
        warnings: list[str] = []
        attributes = self.attributes(event, number)
        names = spellings(attributes)
        if names is not None and len(names) < len(attributes):
            warnings.append("attr_key_case_mismatch")
        content = self.content(event, attributes, names)
        time = self._time(attributes, names, warnings)
        level = _level(attributes, names, warnings)
        if self.profile.classic:
            attributes = _classic(attributes)
        _correct(attributes, level, warnings)
        content = fit(content, attributes, self.profile.limits, warnings)
        return Record(
            time, level, content, attributes, tuple(dict.fromkeys(warnings)) if warnings else ()
        )

    def _time(self, attributes: dict[str, Any], names: Names | None, warnings: list[str]) -> int:
        time = self.time(attributes, names)
        if time is None:
            return self.now
        if time - self.now > MAX_AHEAD_S * timestamp.SECOND:
            warnings.append("timestamp_corrected")
            return self.now
        return time


def _level(attributes: dict[str, Any], names: Names | None, warnings: list[str]) -> str:
    key = find(LEVEL_KEYS, attributes, names)
    if key is None:
        return NO_LEVEL
    word = text_of(attributes.pop(key))[:64]
    level = _cached_level(word)
    if level == NO_LEVEL and word.strip().lower() not in ("", "none"):
        warnings.append(CORRECTED)
    return level


_cached_level = lru_cache(1024)(level_of)


def _classic(attributes: dict[str, Any]) -> dict[str, Any]:
    """Keys in lower case, every value text."""
    lowered: dict[str, Any] = {}
    numbers: dict[str, int] = {}
    for name, value in attributes.items():
        key = name.lower()
        if key in lowered:
            key = spare(key, lowered, numbers)
        lowered[key] = [text_of(v) for v in value] if isinstance(value, list) else text_of(value)
    return lowered


def _correct(attributes: dict[str, Any], level: str, warnings: list[str]) -> None:
    """`status` follows from the level whatever is sent, and `event.type` is LOG."""
    for key, right in (("status", status_of(level)), ("event.type", "LOG")):
        if key in attributes and attributes[key] != right:
            warnings.append(CORRECTED)
            attributes[key] = right
    attributes.pop("status", None)


def fit(content: str, attributes: dict[str, Any], limits: Limits, warnings: list[str]) -> str:
    """Bring the attributes, in place, and the content, returned, within the limits."""
    if len(content) * 4 > limits.content:
        content = _cut(content, limits.content, "content_trimmed", warnings)
    if len(attributes) > limits.attributes:
        warnings.append("attr_count_trimmed")
        for key in list(attributes)[limits.attributes :]:
            del attributes[key]
    if attributes and max(map(len, attributes)) * 4 > limits.key:
        _fit_keys(attributes, limits.key, warnings)
    doubtful = limits.value // 4
    for key in [
        key
        for key, value in attributes.items()
        if type(value) is list or (type(value) is str and len(value) > doubtful)
    ]:
        attributes[key] = _fit_value(attributes[key], limits, warnings)
    return content


def _fit_keys(attributes: dict[str, Any], limit: int, warnings: list[str]) -> None:
    """Cut keys. Of two that become the same the first stays."""
    long = [key for key in attributes if len(cut(key, limit)) < len(key)]
    if not long:
        return
    warnings.append("attr_key_trimmed")
    fitting = list(attributes.items())
    attributes.clear()
    for key, value in fitting:
        attributes.setdefault(cut(key, limit), value)


def _fit_value(value: Any, limits: Limits, warnings: list[str]) -> Any:
    if isinstance(value, str):
        return _cut(value, limits.value, "attr_val_size_trimmed", warnings)
    if not isinstance(value, list):
        return value
    if len(value) > limits.values:
        warnings.append("attr_val_count_trimmed")
    return [_fit_value(item, limits, warnings) for item in value[: limits.values]]


def _cut(text: str, limit: int, warning: str, warnings: list[str]) -> str:
    fitting = cut(text, limit)
    if len(fitting) < len(text):
        warnings.append(warning)
    return fitting
