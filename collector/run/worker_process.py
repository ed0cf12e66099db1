"""A worker as its supervisor sees it: a process, its channel, what it has said."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from ..inputs.sockets import ListenError
from ..inputs.web import WebResponse
from ..journal import LogEntry
from ..listening import Asked
from ..metrics import Gauge
from .channel import Channel, Message
from .listeners import Claims
from .passing import Handed, pass_on, passed, passing_pair
from .plan import Plan
from .routes import sentence
from .snapshot import Snapshot
from .view import ComponentHealth

#: Seconds for an answer to a question; a replay of many letters takes its time.
PATIENCE = 3600.0
#: The same for what all are asked: one that is stuck must not make the others invisible.
_SHORT = 3.0
#: Seconds without an answer after which an operator should know.
SILENT = 10.0


class Refused(Exception):
    """The worker did not start: what it says, a line each."""

    def __init__(self, lines: list[str], *, by_config: bool = False) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
        #: The configuration has errors, which name their places.
        self.by_config = by_config


class WorkerProcess:
    """From its start to its end. `ended` is told of that.

    `given` answers what it asks for, `handed` takes the connections that it gives away.
    """

    def __init__(
        self,
        slot: int,
        given: Callable[[Asked, Claims], list[socket.socket]],
        handed: Callable[[int, Handed, socket.socket], None],
        ended: Callable[[WorkerProcess], None],
    ) -> None:
        self.slot = slot
        self.claims = Claims(slot, 1)
        #: Whether it listens, and was not told to stop.
        self.is_ready = False
        #: The last that it told of itself.
        self.last = Snapshot()
        self._given = given
        self._handed = handed
        self._to_hand: deque[tuple[Handed, socket.socket]] = deque()
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._plan: asyncio.Future[Plan] = self._loop.create_future()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._asked = 0
        self.gone = asyncio.Event()
        self._channel: Channel
        self._sockets: socket.socket
        self._process: subprocess.Popen[bytes]
        self._heard = self._loop.time()
        self._pidfd = -1
        self._ends_to_come = 2

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    async def begin(self, config: str, content: int) -> Plan:
        """Start the process; its plan. Raises Refused. `content`: a descriptor, or -1."""
        ours, theirs = socket.socketpair()
        self._sockets, their_sockets = passing_pair()
        with theirs, their_sockets:
            inherited = (theirs.fileno(), their_sockets.fileno(), content)
            self._process = subprocess.Popen(  # noqa: ASYNC220, S603 ours, and it takes 2 ms
                [*_python(), config, *map(str, inherited)],
                stdin=subprocess.DEVNULL,
                pass_fds=[descriptor for descriptor in inherited if descriptor >= 0],
            )
        self._sockets.setblocking(False)
        self._pidfd = os.pidfd_open(self._process.pid)
        self._loop.add_reader(self._pidfd, self._exited)
        self._loop.add_reader(self._sockets.fileno(), self._asks)
        self._channel = await Channel.over(ours, self._received, self._ends)
        return await self._plan

    async def go(self, workers: int, *, is_first: bool) -> None:
        """Start what it has planned; returns when it listens. Raises Refused."""
        self.claims = Claims(self.slot, workers)
        self._channel.send(go={"workers": workers, "slot": self.slot, "is_first": is_first})
        await self._ready
        self.is_ready = True

    async def ask(
        self, method: str, path: str, query: str = "", body: bytes = b"", patience: float = PATIENCE
    ) -> WebResponse:
        """Its answer to a request; 503 when it has none."""
        self._asked += 1
        number, answer = self._asked, self._loop.create_future()
        self._answers[number] = answer
        self._channel.send(question=[number, method, path, query, body])
        try:
            return WebResponse(*await asyncio.wait_for(answer, patience))
        except (TimeoutError, Refused):
            return sentence(503, "A worker does not answer: try again.")
        finally:
            del self._answers[number]

    async def look(self) -> Snapshot:
        """How it is now; the last that is known when it does not answer."""
        if self._ready.done() and not self.gone.is_set():
            said = await self.ask("GET", "/snapshot", patience=_SHORT)
            if said.status == 200:
                self._heard = self._loop.time()
                self.last = msgspec.msgpack.decode(said.body, type=Snapshot)
        return self.last

    @property
    def silence(self) -> float:
        """Seconds since it answered, or was started."""
        return self._loop.time() - self._heard

    @property
    def is_silent(self) -> bool:
        """Whether something in it blocks, as it seems: it listens, and does not answer."""
        return self.is_ready and self.silence > SILENT

    @property
    def health(self) -> ComponentHealth:
        """For people, when it is silent."""
        why = "it does not answer: something in it blocks, which the log may name"
        return ComponentHealth(f"worker {self.slot}", "worker", "failing", why, self.silence)

    @property
    def silence_gauge(self) -> Gauge:
        """For machines."""
        silence = self.silence
        return Gauge(
            "service_worker_silent_seconds",
            "Time since a worker has answered its supervisor, which asks each second.",
            (("worker", str(self.slot)),),
            lambda: silence,
        )

    def hand(self, handed: Handed, sock: socket.socket) -> None:
        """Give it one more socket to serve: a duplicate."""
        self._to_hand.append((handed, sock.dup()))
        self._hand()

    def _hand(self) -> None:
        """As fast as it takes them."""
        fd = self._sockets.fileno()
        while self._to_hand and fd >= 0:
            handed, sock = self._to_hand[0]
            try:
                pass_on(self._sockets, handed, [sock])
            except BlockingIOError:
                self._loop.add_writer(fd, self._hand)
                return
            except OSError:  # it is ending, and the connection with it
                pass
            sock.close()
            self._to_hand.popleft()
        if fd >= 0:
            self._loop.remove_writer(fd)

    def tell(self, entry: LogEntry) -> None:
        """What the supervisor has logged, for components that take it in."""
        self._channel.send(entry=entry)

    def stop(self, *, handing_on: bool = False) -> None:
        """Tell it to; `gone` when it has."""
        self.is_ready = False
        if hasattr(self, "_channel"):
            self._channel.send(stop=handing_on)

    def kill(self) -> None:
        """End it at once."""
        if not self.gone.is_set():
            self._process.send_signal(signal.SIGKILL)

    def _received(self, message: Message) -> None:
        if "plan" in message:
            _tell(self._plan, msgspec.convert(message["plan"], Plan))
        elif "problems" in message:
            _tell(self._plan, Refused(message["problems"], by_config=True))
        elif "ready" in message:
            _tell(self._ready, None)
        elif "failed" in message:
            _tell(self._ready, Refused([message["failed"]]))
        elif "ended" in message:
            self.last = msgspec.msgpack.decode(message["ended"], type=Snapshot)
        elif "answer" in message:
            number, *said = message["answer"]
            if number in self._answers:
                _tell(self._answers[number], said)

    def _asks(self) -> None:
        try:
            came = passed(self._sockets)
            if came is None:
                self._loop.remove_reader(self._sockets.fileno())
                return
            said, sockets = came
            if sockets:
                self._handed(self.slot, Handed(*said), sockets[0])
                return
            try:
                given = self._given(Asked(*said), self.claims)
            except ListenError as e:
                pass_on(self._sockets, str(e))
            else:
                pass_on(self._sockets, "", given)
        except OSError:  # it is gone: `_exited` knows
            return

    def _exited(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._process.wait()
        self._ends()

    def _ends(self) -> None:
        """Of its process or its channel; what it has said at last may still be in that."""
        self._ends_to_come -= 1
        if not self._ends_to_come:
            self._over()

    def _over(self) -> None:
        self.is_ready = False
        self._loop.remove_reader(self._sockets.fileno())
        self._loop.remove_writer(self._sockets.fileno())
        self._sockets.close()
        for _, sock in self._to_hand:
            sock.close()
        self._channel.close()
        why = Refused([f"a worker ended {self.how}"])
        for future in (self._plan, self._ready):
            _tell(future, why)
        for answer in self._answers.values():
            _tell(answer, why)
        self.gone.set()
        self._ended(self)

    @property
    def how(self) -> str:
        """It ended."""
        code = self._process.returncode
        return f"by signal {-code}" if code < 0 else f"with exit code {code}"


def _python() -> list[str]:
    options = [f"-W{option}" for option in sys.warnoptions]
    # -P: what lies in the working directory is not to be taken for a module of ours.
    return [sys.executable, *options, "-P", "-m", "collector.run.worker"]


async def ask_all(
    workers: Sequence[WorkerProcess], path: str, query: str = ""
) -> Sequence[WebResponse]:
    """What each says to a GET, in their order; 503 of one that does not answer soon."""
    asked = [worker.ask("GET", path, query, patience=_SHORT) for worker in workers]
    return await asyncio.gather(*asked)


def _tell(future: asyncio.Future[Any], said: Any) -> None:
    """To whoever waits for it; nobody does when that was cancelled."""
    if future.done():
        return
    if isinstance(said, Exception):
        future.set_exception(said)
        future.exception()  # whoever waits sees it all the same
    else:
        future.set_result(said)
