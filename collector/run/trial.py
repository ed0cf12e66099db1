"""One test of a configuration in, what differs from its expectations out."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from ..config.description import Description
from ..config.trials import ABSENT, EXACT, REGEX, ExporterExpectation, Step, Trial, is_matcher
from ..event import Event
from ..event_json import as_record, as_shown, text_of
from ..fields import split_endpoint
from ..memory_network import MemoryNetwork, Restless, wall_clock
from ..receiver_rig import ReceiverRig, Undrivable
from .process import StartError
from .rehearsal import Rehearsal

_NANOSECONDS = 1_000_000_000
_NOTHING = object()


async def failures(description: Description, trial: Trial) -> list[str]:
    """Lines that say what is not as expected; none: it passes."""
    network = MemoryNetwork()
    now_ns = round(trial.now.timestamp()) * _NANOSECONDS + trial.now.microsecond * 1000
    with wall_clock(now_ns, network.reactor):
        try:
            rehearsal = Rehearsal(description, network)
        except StartError as e:
            return [str(e)]
        try:
            return await _Run(rehearsal, trial).failures()
        except (StartError, Undrivable, Restless) as e:
            return [str(e)]
        finally:
            await rehearsal.end()


class _Run:
    def __init__(self, rehearsal: Rehearsal, trial: Trial) -> None:
        self._rehearsal = rehearsal
        self._trial = trial
        self._rigs: dict[str, ReceiverRig] = {}
        self._statuses: list[int] = []

    async def failures(self) -> list[str]:
        rehearsal, network = self._rehearsal, self._rehearsal.network
        await rehearsal.start()
        for step in self._trial.send:
            if step.advance is not None:
                await network.advance(step.advance)
            elif step.to in rehearsal.pipelines:
                self._send(step)
            else:
                await self._feed(step)
            await network.settle()
        if self._trial.flush:
            await rehearsal.flush()
        return [rehearsal.redactor(line) for line in self._differences()]

    def _send(self, step: Step) -> None:
        now = time.time_ns()
        bodies = [text_of(part) for part in step.parts()]
        events = [Event(now, body, {}, observed_time=now) for body in bodies]
        self._rehearsal.send(str(step.to), step.given_events() or events)

    async def _feed(self, step: Step) -> None:
        rig = await self._rig(str(step.to))
        peer, over = split_endpoint(step.peer), step.over or rig.takes
        parts = step.parts()
        if over == "datagrams":
            await rig.datagrams(parts, peer, step.port)
        elif over == "stream":
            await rig.stream(parts, peer, step.port)
        else:
            for part in parts:
                status = await rig.request(part, step.path, step.headers, peer, step.port)
                self._statuses.append(status)

    async def _rig(self, id: str) -> ReceiverRig:
        if id not in self._rigs:
            receiver = await self._rehearsal.receiver(id)
            self._rigs[id] = ReceiverRig(receiver, self._rehearsal.network)
        return self._rigs[id]

    def _differences(self) -> Iterator[str]:
        expected, given = self._trial.expect, self._rehearsal.given
        for id, of in expected.exporters.items():
            yield from (f"{id}: {line}" for line in _of_exporter(of, given[id]))
        for what, wanted, found in (
            ("drops", expected.drops, self._rehearsal.drops()),
            ("flags", expected.flags, self._rehearsal.flags()),
        ):
            for name, times in wanted.items():
                if found[name] != times:
                    yield f"{what} of {name}: expected {times}, found {found[name]}"
        statuses = tuple(self._statuses)
        if expected.statuses is not None and statuses != expected.statuses:
            yield f"statuses: expected {list(expected.statuses)}, found {list(statuses)}"


def _of_exporter(expected: ExporterExpectation, given: list[Event]) -> Iterator[str]:
    events = expected.events or ()
    count = len(events) if expected.count is None else expected.count
    if len(given) != count:
        yield f"expected {count} events, found {len(given)}"
    for number, (wanted, event) in enumerate(zip(events, given, strict=False), 1):
        lines = list(differences(wanted, as_record(event)))
        if lines:
            yield f"event {number} differs"
            yield from (f"  {line}" for line in lines)
    for number, wanted in enumerate(events[len(given) :], len(given) + 1):
        yield f"event {number} is missing: {as_shown(wanted)}"
    for number, event in enumerate(given[count:], count + 1):
        yield f"event {number} was not expected: {as_shown(as_record(event))}"


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """Lines `- way: what was expected` and `+ way: what is there`.

    Keys of mappings that are not expected are not looked at.
    """
    for key, wanted in expected.items():
        yield from _value(key, wanted, found.get(key, _NOTHING))


def _value(way: str, wanted: Any, found: Any) -> Iterator[str]:
    if isinstance(wanted, Mapping) and not is_matcher(wanted):
        below = found if isinstance(found, Mapping) else {}
        for key, value in wanted.items():
            yield from _value(f"{way}.{as_shown(key)[1:-1]}", value, below.get(key, _NOTHING))
        return
    said = _mismatch(wanted, found)
    if said:
        yield f"- {way}: {said}"
        yield f"+ {way}: {'absent' if found is _NOTHING else as_shown(found)}"


def _mismatch(wanted: Any, found: Any) -> str:
    """What was expected, where that is not what is there."""
    if is_matcher(wanted):
        ((how, value),) = wanted.items()
        if how == REGEX:
            matches = found is not _NOTHING and re.search(str(value), text_of(found))
            return "" if matches else f"a match of {as_shown(value)}"
        if how == ABSENT:
            is_right = (found is _NOTHING) == bool(value)
            return "" if is_right else "absent" if value else "anything"
        assert how == EXACT
        wanted = value
    return "" if _same(wanted, found) else as_shown(wanted)


def _same(wanted: Any, found: Any) -> bool:
    """Equal as JSON has it: 1 is not true."""
    if isinstance(wanted, bool) != isinstance(found, bool):
        return False
    if isinstance(wanted, list) and isinstance(found, list | tuple):
        return len(wanted) == len(found) and all(map(_same, wanted, found))
    return bool(wanted == found)
