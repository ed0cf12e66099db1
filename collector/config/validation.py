"""A block of the file and a model in, the model's instance out, or problems in the `Source`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from collector.misread import Misread

from .keys import names_at
from .problem import dotted, nearest, shown
from .sentences import either, sentence, texts
from .slips import report
from .source import Source, Way

M = TypeVar("M", bound=BaseModel)

_UNKNOWN = "extra_forbidden"
_MISSING = "missing"
#: The last step to an error that is about a key of a dictionary and not its value.
_KEY = "[key]"


@dataclass(frozen=True)
class Block(Generic[M]):
    """A mapping of the file that one model reads."""

    source: Source
    way: Way
    value: Mapping[str, Any]
    model: type[M]
    #: How a key is written in the file, where that is not the model's name for it.
    written: Mapping[str, str] | None = None
    #: Keys that others read from the same mapping; for suggestions only.
    others: Iterable[str] = ()

    def validate(self) -> M | None:
        """The instance; None when something was reported."""
        try:
            return self.model.model_validate(dict(self.value))
        except ValidationError as e:
            errors = e.errors(include_url=False)
        except Exception as e:  # noqa: BLE001 - a plugin's validators are its own affair
            failed = f"its model failed with {type(e).__name__}, which is a fault of the plugin"
            self.source.error(failed, self.way, self.source.key_place(self.way))
            return None
        self._report(_best([self._located(error) for error in errors]))
        return None

    def _located(self, error: ErrorDetails) -> _Found:
        """Follow an error's location through the block: what does not exist there is a union's.

        pydantic puts the member's name between: `('tls', 'TlsConfig', 'cert_file')`.
        """
        inside, about = list(error["loc"]), None
        if error["type"] in {_UNKNOWN, _MISSING}:
            about = inside.pop()
        way: Way = ()
        fork: tuple[Way, str | int] | None = None
        value: Any = self.value
        for step in inside:
            if step == _KEY:
                continue
            if _has(value, step):
                way, value = (*way, step), value[step]
            elif way and fork is None:  # at the top it is a key that is not there: its default
                fork = (way, step)
        return _Found(error, way, about, fork)

    def _report(self, all_found: list[_Found]) -> None:
        at_values: dict[Way, list[_Found]] = {}
        for found in all_found:
            way = self.way + self._as_written(found.way)
            if found.about is None:
                at_values.setdefault(way, []).append(found)
            elif found.error["type"] == _MISSING:
                said = f"key {dotted([found.about])} is missing"
                self.source.error(said, way, self.source.key_place(way))
            else:
                self.source.unknown(self._unknown(found), way, found.about)
        for way, several in at_values.items():
            self._report_value(way, several)

    def _report_value(self, way: Way, several: list[_Found]) -> None:
        """Not for a value that could not be had, nor for what a validator says of one around it."""
        if any(broken[: len(way)] == way for broken in self.source.broken):
            return
        several = [found for found in several if not self._slipped(way, found)]
        if not several:
            return
        values = list(texts(dict(self.value)))
        at_key = way == self.way or any(
            isinstance(found.error["input"], dict) or found.error["loc"][-1:] == (_KEY,)
            for found in several
        )
        place = self.source.key_place(way) if at_key else None
        for said in either([sentence(found.error, values) for found in several]):
            self.source.error(said, way, place)

    def _slipped(self, way: Way, found: _Found) -> bool:
        """Whether a validator says itself where in a text something is wrong; reports that."""
        raised = found.error.get("ctx", {}).get("error")
        if not isinstance(raised, Misread):
            return False
        for slip in raised.slips:
            report(self.source, (*way, *slip.way), slip)
        return True

    def _unknown(self, found: _Found) -> str:
        known = names_at(self.model, found.way)
        if not found.way:
            known.update({name: name for name in self.others})
        near = nearest(found.about, known)
        names = ", ".join(dict.fromkeys(known.values()))
        known_here = f"known here: {names}" if names else "no keys are known here"
        hint = f"did you mean {known[near]}?" if near else known_here
        return f"unknown key {shown(found.about)}; {hint}"

    def _as_written(self, way: Way) -> Way:
        if not way or self.written is None:
            return way
        return (self.written.get(str(way[0]), way[0]), *way[1:])


@dataclass(frozen=True)
class _Found:
    """An error of a model, placed in the block."""

    error: ErrorDetails
    way: Way
    #: The key that is unknown or missing.
    about: str | int | None
    #: Where a union was entered first, and the name of its member.
    fork: tuple[Way, str | int] | None


def _has(value: Any, step: str | int) -> bool:
    if isinstance(value, Mapping):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and step < len(value)


def _best(found: list[_Found]) -> list[_Found]:
    """Of each union, only what the member says that came furthest: the one that was meant."""
    forks = {one.fork[0] for one in found if one.fork}
    chosen = {fork: _meant(fork, found) for fork in forks}
    return [one for one in found if one.fork is None or one.fork[1] in chosen[one.fork[0]]]


def _meant(fork: Way, found: list[_Found]) -> set[str | int]:
    """The members whose errors are not about the value as a whole; all, if there are none.

    Of several such members, the one with the fewest errors.
    """
    members: dict[str | int, list[_Found]] = {}
    for one in found:
        if one.fork and one.fork[0] == fork:
            members.setdefault(one.fork[1], []).append(one)
    inner = {
        member: len(errors)
        for member, errors in members.items()
        if any(one.way != fork or one.about is not None for one in errors)
    }
    return {min(inner, key=inner.__getitem__)} if inner else set(members)
