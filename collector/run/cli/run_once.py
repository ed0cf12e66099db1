"""`collector run-once`: input of standard input through a configuration, and what came of it."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from ...command import Command
from ...config.description import Description
from ...config.problem import did_you_mean, shown
from ...event import Event
from ...event_json import NoEvent, as_record, as_shown, read_event, text_of
from ...memory_network import MemoryNetwork
from ...receiver_rig import ReceiverRig, Undrivable
from ...standard_input import standard_bytes, standard_lines
from ..logs import start_logging
from ..process import StartError
from ..rehearsal import Rehearsal
from ..trace import Trace
from .loading import loaded

_WRONG = 2
_ACCEPTED = range(200, 300)


class RunOnceCommand(Command):
    """Take standard input through a configuration and print what each exporter would be given.

    Each line is an event's body, or with --events an event in JSON, for a pipeline; with --receiver
    the bytes go to a receiver as they are: as one stream, a datagram for each line where it has no
    other listener, or the body of one request. No port is opened, nothing is sent or stored.

    examples:
      collector run-once collector.yaml --pipeline logs --trace < sample.log
      collector run-once collector.yaml --receiver syslog < sample.log
    """

    help = "take standard input through a configuration, and print the result"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument("config", metavar="FILE", help="the configuration, YAML")
        to = parser.add_mutually_exclusive_group()
        to.add_argument("--pipeline", metavar="ID", help="where to; not needed if there is one")
        to.add_argument("--receiver", metavar="ID", help="where to, as bytes from the network")
        parser.add_argument("--events", action="store_true", help="lines are events in JSON")
        parser.add_argument("--trace", action="store_true", help="show each step of the way")
        parser.add_argument("--path", default="/", help="of the request to an HTTP receiver")

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        description = loaded(arguments.config)
        if description is None:
            return 1
        why = _refusal(arguments, description)
        if why:
            sys.stderr.write(f"collector run-once: {why}\n")
            return _WRONG
        trace = Trace() if arguments.trace else None
        rehearsal = Rehearsal(description, MemoryNetwork(), trace)
        logging = start_logging("warn", "text", clock=reactor, redactor=rehearsal.redactor)
        try:
            return await _Run(rehearsal, trace, arguments).through()
        finally:
            await rehearsal.end()
            logging.stop()


def _refusal(arguments: argparse.Namespace, description: Description) -> str:
    """What is wrong with the arguments; empty: nothing is."""
    pipelines = [spec.id for spec in description.pipelines]
    if arguments.receiver is not None:
        if arguments.events:
            return "--events go into a pipeline: give --pipeline in place of --receiver"
        return _unknown("receiver", arguments.receiver, description.receivers)
    if arguments.pipeline is None and len(pipelines) > 1:
        return f"give --pipeline, one of {', '.join(pipelines)}, or --receiver"
    return _unknown("pipeline", arguments.pipeline or pipelines[0], pipelines)


def _unknown(kind: str, id: str, known: Any) -> str:
    if id in known:
        return ""
    said = "no pipeline has a receiver" if kind == "receiver" else "there is no pipeline"
    return f"{said} {shown(id)}{did_you_mean(id, known)}"


class _Run:
    """One way through."""

    def __init__(
        self, rehearsal: Rehearsal, trace: Trace | None, arguments: argparse.Namespace
    ) -> None:
        self._rehearsal = rehearsal
        self._trace = trace
        self._arguments = arguments
        self._wrong = 0

    async def through(self) -> int:
        """Take all in; the exit code."""
        await self._rehearsal.start()
        try:
            source = self._bytes() if self._arguments.receiver else self._lines()
            async for _ in source:
                await self._rehearsal.network.settle()
                self._show()
        except Undrivable as e:
            raise StartError(str(e)) from None
        await self._rehearsal.flush()
        self._show()
        drops = ", ".join(f"{reason} {n}" for reason, n in self._rehearsal.drops().items())
        if drops:
            sys.stderr.write(f"dropped: {drops}\n")
        return 1 if self._wrong else 0

    async def _lines(self) -> AsyncIterator[None]:
        pipeline = self._arguments.pipeline or next(iter(self._rehearsal.pipelines))
        number = 0
        async for lines in standard_lines():
            events = list(self._events(lines, number))
            number += len(lines)
            if events:
                self._rehearsal.send(pipeline, events)
            yield

    def _events(self, lines: list[bytes], before: int) -> Iterator[Event]:
        now = time.time_ns()
        for number, line in enumerate(lines, before + 1):
            if not self._arguments.events:
                yield Event(now, text_of(line), {}, observed_time=now)
                continue
            try:
                yield read_event(line)
            except NoEvent as e:
                self._wrong += 1
                sys.stderr.write(f"line {number}: {e}\n")

    async def _bytes(self) -> AsyncIterator[None]:
        receiver = await self._rehearsal.receiver(self._arguments.receiver)
        rig = ReceiverRig(receiver, self._rehearsal.network)
        if rig.takes == "request":
            body = b"".join([data async for data in standard_bytes()])
            self._answered(await rig.request(body, self._arguments.path))
            yield
        elif rig.takes == "datagrams":
            async for lines in standard_lines():
                await rig.datagrams(lines)
                yield
        else:
            connection = await rig.connect()
            async for data in standard_bytes():
                await rig.feed(connection, data)
                yield
            connection.ended = True
            await self._rehearsal.network.settle()
            yield

    def _answered(self, status: int) -> None:
        if status not in _ACCEPTED:
            self._wrong += 1
            sys.stderr.write(f"the receiver has answered {status}\n")

    def _show(self) -> None:
        """What has come to the ends since the last time."""
        lines = self._trace.take() if self._trace is not None else []
        for id, events in self._rehearsal.taken().items():
            lines += [f"{id}: {as_shown(as_record(event))}" for event in events]
        for line in lines:
            sys.stdout.write(f"{self._rehearsal.redactor(line)}\n")
        sys.stdout.flush()
