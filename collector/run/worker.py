"""A worker: one process that moves data, with the sockets that its supervisor gives it.

`python -m collector.run.fresh CONFIG CHANNEL SOCKETS CONTENT`, of which the last three are
descriptors: of the channel, of the pair that sockets come over, and of the configuration as it
was when it was read (-1: it could not be).

The messages, each with one key. From the worker: `plan` when the configuration is good, else
`problems`; `ready` when all listens, else `failed` with a sentence; `answer` to a question;
`ended` with the last snapshot. From the supervisor: `go`, `question`, `entry` of its log, `stop`. A
worker whose supervisor is gone stops too.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import msgspec
import orjson
from twisted.logger import Logger

from ..config.description import Description
from ..config.load import load
from ..config.problem import ConfigError
from ..inputs.room import Room
from ..inputs.sockets import ListenError
from ..journal import LogEntry
from ..tasks import spawn
from .adopted import AdoptedSockets
from .budget import FRAMES, limit_of
from .channel import Channel, Message
from .effective import effective
from .hidden import secrets_in
from .instance import Instance
from .loop import install_reactor
from .memory import freeze_started, keep_heap
from .plan import Plan
from .privileges import become
from .process import StartError, allow_many_files, run_until_stopped, said_of
from .processors import usable
from .questions import answered
from .redactor import Redactor

log = Logger(namespace="collector")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one worker; returns its exit code, which nobody needs."""
    config, *descriptors = sys.argv[1:] if argv is None else argv
    channel, sockets, content = map(int, descriptors)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # they are for the supervisor, who tells us
    reactor = install_reactor()
    worker = Worker(reactor, config, _content(content))
    ends = socket.socket(fileno=channel), socket.socket(fileno=sockets)
    return run_until_stopped(reactor, lambda: worker.run(*ends))


def _content(descriptor: int) -> bytes | None:
    if descriptor < 0:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return os.pread(descriptor, os.fstat(file.fileno()).st_size, 0)


class Worker:
    """From the configuration to the end of the graph. Run once."""

    def __init__(self, reactor: Any, config: str, content: bytes | None) -> None:
        self._reactor = reactor
        self._config = config
        self._content = content
        self._channel: Channel
        self._instance: Instance | None = None
        self._told = asyncio.Event()
        self._order: Message = {}
        self._stopped = asyncio.Event()
        self._hands_on = False
        #: Told to stop without waiting for anybody.
        self._hurries = asyncio.Event()

    async def run(self, channel: socket.socket, sockets: socket.socket) -> int:
        """The exit code."""
        self._channel = await Channel.over(channel, self._received, self._gone)
        try:
            description = load(self._config, data=self._content)
        except ConfigError as e:
            self._channel.send(problems=[str(problem) for problem in e.problems])
            return await self._leave(1)
        self._channel.send(plan=msgspec.to_builtins(plan_of(description)))
        await self._told.wait()
        if self._stopped.is_set():
            return await self._leave(0)
        keep_heap()
        memory = limit_of(description.service.memory_limit, self._order["workers"])
        room = Room(allow_many_files(), int(memory * FRAMES))
        return await self._work(description, AdoptedSockets(sockets, self._reactor, room))

    async def _work(self, description: Description, sockets: AdoptedSockets) -> int:
        try:
            become(description.service.user or "", description.service.group or "")
            instance = Instance(description, self._reactor, sockets, **self._order)
        except StartError as e:
            return await self._failed(e)
        self._instance = instance
        try:
            await instance.start()
        except Exception as e:  # noqa: BLE001 the supervisor says it
            await instance.stop()
            return await self._failed(e)
        if self._order["is_first"] and sockets.room.shortage:
            log.warn("{shortage}", shortage=sockets.room.shortage)
        freeze_started()
        sockets.start()
        self._channel.send(ready=True)
        await self._stopped.wait()
        if self._hands_on:
            sockets.hands_on = True
            await instance.leave(self._hurries)
        await instance.stop()
        sockets.stop()
        self._channel.send(ended=msgspec.msgpack.encode(instance.snapshot()))
        return await self._leave(0)

    async def _failed(self, error: Exception) -> int:
        is_ours = isinstance(error, StartError | ListenError)
        self._channel.send(failed=str(error) if is_ours else said_of(error))
        return await self._leave(1)

    async def _leave(self, code: int) -> int:
        self._channel.close()
        await asyncio.sleep(0)  # closing takes a turn of the loop
        return code

    def _received(self, message: Message) -> None:
        if "go" in message:
            self._order = message["go"]
            self._told.set()
        elif "question" in message and self._instance is not None:
            _ = spawn(self._answer(self._instance, *message["question"]))
        elif "entry" in message and self._instance is not None:
            self._instance.journal.add(LogEntry(*message["entry"]))
        elif "stop" in message:
            self._hands_on = message["stop"]
            self._gone(hurries=not self._hands_on)

    async def _answer(self, instance: Instance, number: int, *question: Any) -> None:
        self._channel.send(answer=[number, *await answered(instance.routes, *question)])

    def _gone(self, *, hurries: bool = True) -> None:
        if hurries:
            self._hurries.set()
        self._stopped.set()
        self._told.set()


def plan_of(description: Description) -> Plan:
    """What of it the supervisor must know."""
    service = description.service
    admin = service.admin
    redactor = Redactor(secrets_in(description))
    return Plan(
        data_dir=str(service.data_dir),
        workers=usable() if service.workers == "auto" else service.workers,
        log_level=service.log.level,
        log_format=service.log.format,
        shutdown_timeout=service.shutdown_timeout,
        reload_grace=service.reload_grace,
        user=service.user or "",
        group=service.group or "",
        admin_endpoint=admin.endpoint if admin else "",
        admin_token=admin.token.get_secret_value() if admin and admin.token else "",
        warnings=[str(warning) for warning in description.warnings],
        pipelines=[asdict(pipeline) for pipeline in description.pipelines],
        effective=orjson.dumps(effective(description, redactor), option=orjson.OPT_INDENT_2),
    )
