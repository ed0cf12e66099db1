"""Writers of numbered events: some wait for answers, and know what they were promised."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import msgpack

from collector_dynatrace.limits import INGEST_PATH
from tests.system.network import connected, connected_to, lines, texts
from tests.system.sandbox import TOKEN

#: Lines that are sent before an answer is waited for.
_WINDOW = 40
#: Seconds for the answers; then they are sent again, perhaps to another process.
_PATIENCE = 5.0
#: Seconds between two windows: what is stored meanwhile must be sent, and looked at, in the end.
_PAUSE = 0.02


class Writer:
    """Sends, over and over, until it is told to stop. A thread."""

    def __init__(self, name: str, place: int | Path, size: int = 0) -> None:
        """`place`: a port or a UNIX socket. `size`: bytes of a message at least."""
        self.name = name
        self.sent = 0
        self._size = size
        self._place = place
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the window in hand."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self._connected() as connection:
                    connection.settimeout(_PATIENCE)
                    self._write(connection)
            except OSError:
                time.sleep(_PAUSE)

    def _connected(self) -> socket.socket:
        place = self._place
        return connected_to(place) if isinstance(place, Path) else connected(place)

    def _write(self, connection: socket.socket) -> None:
        while not self._stop.is_set():
            numbers = range(self.sent, self.sent + _WINDOW)
            connection.sendall(lines(self.name, numbers, self._size))
            self.sent += _WINDOW
            time.sleep(_PAUSE)


class AcknowledgedWriter(Writer):
    """What it has an answer for must arrive; what it has none for, it sends again."""

    #: Whether copies of what it sent again have one record id.
    same_ids = False

    def __init__(self, name: str, place: int | Path, size: int = 0) -> None:
        super().__init__(name, place, size)
        self.acknowledged: set[str] = set()
        #: How often each was sent.
        self.times: Counter[str] = Counter()

    def _write(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as answers:
            while not self._stop.is_set():
                window = texts(self.name, range(self.sent, self.sent + _WINDOW), self._size)
                waiting = set(window) - self.acknowledged
                self.times.update(waiting)
                connection.sendall("".join(f"{text}\n" for text in sorted(waiting)).encode())
                self._hear(answers, waiting)
                self.sent += _WINDOW
                time.sleep(_PAUSE)

    def _hear(self, answers: Iterable[bytes], waiting: set[str]) -> None:
        answers = iter(answers)
        while waiting:
            answer = next(answers, b"").decode().strip()
            if not answer:
                raise ConnectionResetError
            self.acknowledged.add(answer)
            waiting.discard(answer)


class ForwardWriter(AcknowledgedWriter):
    """The same in chunks of Fluent Forward: a window is one, and has one answer.

    A chunk that is sent again is the same to the byte, so its copies have the same record ids.
    """

    same_ids = True

    def __init__(self, name: str, place: int | Path, size: int = 0) -> None:
        super().__init__(name, place, size)
        self._time = int(time.time())

    def _write(self, connection: socket.socket) -> None:
        answers = msgpack.Unpacker()
        while not self._stop.is_set():
            window = texts(self.name, range(self.sent, self.sent + _WINDOW), self._size)
            self.times.update(window)
            chunk = f"{self.name} {self.sent}"
            entries = b"".join(msgpack.packb([self._time, {"log": text}]) for text in window)
            connection.sendall(msgpack.packb(["kill", entries, {"chunk": chunk}]))
            answer = self._answer(connection, answers)
            if answer != {"ack": chunk}:
                raise ConnectionResetError
            self.acknowledged.update(window)
            self.sent += _WINDOW
            time.sleep(_PAUSE)

    def _answer(self, connection: socket.socket, answers: msgpack.Unpacker) -> object:
        while True:
            data = connection.recv(512)
            if not data:
                raise ConnectionResetError
            answers.feed(data)
            for answer in answers:
                return answer


class HttpWriter(AcknowledgedWriter):
    """The same in HTTP requests: a window is one, as shippers to Dynatrace write it."""

    _headers: ClassVar = {
        "Authorization": f"Api-Token {TOKEN}",
        "Content-Type": "application/json; charset=utf-8",
    }

    def _run(self) -> None:
        assert isinstance(self._place, int)
        while not self._stop.is_set():
            client = http.client.HTTPConnection("127.0.0.1", self._place, timeout=_PATIENCE)
            with closing(client):
                try:
                    self._post(client)
                except (OSError, http.client.HTTPException):
                    time.sleep(_PAUSE)

    def _post(self, client: http.client.HTTPConnection) -> None:
        while not self._stop.is_set():
            window = texts(self.name, range(self.sent, self.sent + _WINDOW), self._size)
            self.times.update(window)
            body = json.dumps([{"content": text} for text in window])
            client.request("POST", INGEST_PATH, body, self._headers)
            answer = client.getresponse()
            answer.read()
            if answer.status != 204:
                raise ConnectionResetError
            self.acknowledged.update(window)
            self.sent += _WINDOW
            time.sleep(_PAUSE)


class RelpWriter(AcknowledgedWriter):
    """The same over RELP: each message has an answer, which names its number."""

    def _write(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as answers:
            connection.sendall(b"1 open 31 relp_version=0\ncommands=syslog\n\n")
            self._heard(answers, b"1 rsp ")
            while answers.readline().strip() != b"commands=syslog":
                continue
            number = 2
            while not self._stop.is_set():
                window = texts(self.name, range(self.sent, self.sent + _WINDOW), self._size)
                waiting = dict(enumerate(sorted(set(window) - self.acknowledged), number))
                number += len(waiting)
                self.times.update(waiting.values())
                connection.sendall(b"".join(_relp(n, text) for n, text in waiting.items()))
                for n, text in waiting.items():
                    self._heard(answers, b"%d rsp 6 200 OK\n" % n)
                    self.acknowledged.add(text)
                self.sent += _WINDOW
                time.sleep(_PAUSE)

    def _heard(self, answers: Iterable[bytes], expected: bytes) -> None:
        if not next(iter(answers), b"").startswith(expected):
            raise ConnectionResetError


def _relp(number: int, text: str) -> bytes:
    message = f"<134>1 - host app - - - {text}".encode()
    return b"%d syslog %d %b\n" % (number, len(message), message)
