"""RELP on the wire: bytes in, commands out, and answers as bytes. No I/O.

`TXNR SP COMMAND SP DATALEN [SP DATA] LF`, where the number of a transaction is what its answer
names. What a client sends that is no such frame leaves nothing to resume from: the connection ends.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from collector.api import Unfinished, WrongProtocol

SYSLOG = b"syslog"
#: The hint that the connection ends; its sender reconnects and sends again what has no answer.
SERVER_CLOSE = b"0 serverclose 0\n"

_FRAME = re.compile(rb"([0-9]{1,9}) ([A-Za-z]{1,32}) ([0-9]{1,9})(?: |(?=\n))")
_BEGINNING = re.compile(rb"[0-9]{1,9}(?: (?:[A-Za-z]{1,32}(?: (?:[0-9]{1,9})?)?)?)?\Z")
_END = b"\n"
#: librelp calls its protocol 0 and the text calls it 1; they are the same.
_VERSIONS = ("0", "1")
_STRANGERS = ((b"\x16\x03", "TLS"), (b"<", "syslog without RELP"))
_LONGEST_TEXT = 80


class Command(NamedTuple):
    """One frame of a client."""

    number: bytes
    name: bytes
    data: bytes


class Commands:
    """Cuts one connection's bytes. Data beyond `max_size` is counted and thrown away."""

    def __init__(self, max_size: int) -> None:
        self._open = Unfinished(max_size)
        self._number = self._name = b""
        self._missing = -1  # bytes of the data in hand, its LF too; -1: a header comes next
        self._rest = b""

    def feed(self, data: bytes) -> list[Command]:
        """The commands that are whole now. Raises WrongProtocol, at the latest at the next read."""
        data, self._rest = self._rest + data, b""
        found: list[Command] = []
        at, end = 0, len(data)
        try:
            while at < end:
                at = self._begin(data, at) if self._missing < 0 else self._go_on(data, at, found)
                if at < 0:
                    break
        except WrongProtocol:
            if not found:
                raise
            self._rest = data[at:]  # raised again by the next read: what came before it is whole
        return found

    @property
    def unfinished(self) -> int:
        """Bytes that are kept of one whose end has not come."""
        return self._open.held

    def _begin(self, data: bytes, at: int) -> int:
        """At a header: where its data is; -1 when more bytes are needed."""
        header = _FRAME.match(data, at)
        if header is None:
            if _BEGINNING.match(data, at) is None:
                raise WrongProtocol(_speaks(data[at:]))
            self._rest = data[at:]
            return -1
        self._number, self._name, size = header.groups()
        self._missing = int(size) + 1
        return header.end()

    def _go_on(self, data: bytes, at: int, found: list[Command]) -> int:
        end = at + self._missing
        if end > len(data):
            last = end - 1  # where the LF will be
            self._open.add(data[at:last])
            self._missing = end - len(data)
            return len(data)
        if data[end - 1 : end] != _END:
            raise WrongProtocol("RELP with a wrong length")
        self._missing = -1
        found.append(Command(self._number, self._name, self._open.end(data[at : end - 1])))
        return end


def _speaks(data: bytes) -> str:
    return next((name for hello, name in _STRANGERS if data.startswith(hello)), "no RELP")


def answer(number: bytes, said: bytes) -> bytes:
    """What a transaction came to."""
    return b"%b rsp %d %b\n" % (number, len(said), said) if said else b"%b rsp 0\n" % number


def taken(numbers: list[bytes]) -> bytes:
    """The answers to messages that are safe."""
    return b"".join([b"%b rsp 6 200 OK\n" % number for number in numbers])


class Unacceptable(Exception):
    """A client's offers; the message is for it."""


def accepted(offers: bytes) -> bytes:
    """What is said to a client that opens a session with these offers. Raises Unacceptable."""
    said = dict(_offer(line) for line in offers.decode("utf-8", "replace").splitlines() if line)
    if not said.get("relp_version", "").isdigit():
        raise Unacceptable("relp_version is not offered")
    if "syslog" not in said.get("commands", "syslog").lower().split(","):
        raise Unacceptable("the command syslog is not offered")
    version = min(said["relp_version"], _VERSIONS[-1]) if said["relp_version"] in _VERSIONS else "1"
    return b"200 OK\nrelp_version=%b\nrelp_software=collector\ncommands=syslog" % version.encode()


def _offer(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name.strip().lower(), value.strip()


def refused(why: str) -> bytes:
    """The same to one whose command cannot be done."""
    return b"500 " + why.encode()[:_LONGEST_TEXT]
