"""All listening sockets of a collector, which outlive its workers.

1. A TCP endpoint has a socket for each worker, between which the kernel divides the connections:
   one for all of them was found to go to one worker, 16 connections of 16. A UDP port and a UNIX
   socket have one that all read; only where it is asked for UDP is divided too, by the source,
   which ties a relay to one worker.
2. A socket is closed only when the configuration drops its endpoint: to close one of two resets
   what waits in it. With fewer workers the others serve what is left over.
3. Two components that ask for one endpoint are an error, as with any two programs. Port 0 is any
   port, for each that asks.
"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..endpoints import shown_endpoint, split_endpoint
from ..inputs.opening import type_of
from ..inputs.socket_file import SocketFile
from ..inputs.sockets import (
    ListenError,
    assure_free,
    buffer_of,
    datagram_socket,
    dropped_by_kernel,
    grow_buffer,
    peer_address,
    stream_socket,
)
from ..listening import Asked

#: Kind, endpoint, and how many a worker had asked for before.
_Key = tuple[str, str, int]


@dataclass
class _Bound:
    asked: Asked
    sockets: list[socket.socket]
    file: SocketFile | None = None
    #: Datagrams that were counted.
    dropped: int = 0


@dataclass
class Claims:
    """What one worker has asked for so far."""

    slot: int
    workers: int
    keys: Counter[tuple[str, str]] = field(default_factory=Counter)


class Listeners:
    """Opened for the first worker that asks; `close` ends all."""

    def __init__(self, take: Callable[[Asked], socket.socket | None] = lambda _: None) -> None:
        """`take` gives a socket that was opened for us before, where there is one."""
        self._take = take
        self._bound: dict[_Key, _Bound] = {}

    def given(self, asked: Asked, claims: Claims) -> list[socket.socket]:
        """The sockets that a worker is to serve. Raises ListenError."""
        kind, endpoint = asked.kind, asked.endpoint
        before = claims.keys[kind, endpoint]
        if before and not _is_any(asked):
            raise ListenError(
                f"cannot listen on {endpoint}: another listener of this configuration does"
            )
        bound = self._bound.get((kind, endpoint, before))
        if bound is None:
            ready = self._take(asked)
            bound = _Bound(asked, [ready]) if ready is not None else _opened(asked)
            self._bound[kind, endpoint, before] = bound
        claims.keys[kind, endpoint] += 1
        bound.asked = asked
        if _is_divided(asked):
            self._spread(bound, claims.workers)
        for sock in bound.sockets:
            if buffer_of(sock) < asked.receive_buffer:
                grow_buffer(sock, asked.receive_buffer)
        return bound.sockets[claims.slot :: claims.workers] if _is_divided(asked) else bound.sockets

    def _spread(self, bound: _Bound, workers: int) -> None:
        """Rule 1."""
        first = bound.sockets[0]
        while len(bound.sockets) < workers:
            there = shown_endpoint(*peer_address(first.getsockname()))
            try:
                bound.sockets.append(_shared(bound.asked._replace(endpoint=there)))
            except ListenError:  # as another user than the first was, once privileges are dropped
                bound.sockets.append(first.dup())

    def of_slot(self, slot: int, workers: int) -> Iterator[tuple[Asked, socket.socket]]:
        """What only the worker of that slot serves."""
        for bound in self._bound.values():
            if _is_divided(bound.asked):
                for sock in bound.sockets[slot::workers]:
                    yield bound.asked, sock

    def keep(self, claims: Claims) -> None:
        """Close what that worker has not asked for. Rule 2."""
        for kind, endpoint, n in list(self._bound):
            if n >= claims.keys[kind, endpoint]:
                _close(self._bound.pop((kind, endpoint, n)))

    def dropped(self) -> Iterator[tuple[str, int]]:
        """Datagrams that the kernel has dropped since the last call, by component."""
        for bound in self._bound.values():
            if bound.asked.kind == "udp":
                try:
                    total = sum(map(dropped_by_kernel, bound.sockets))
                except OSError:  # not Linux
                    continue
                before, bound.dropped = bound.dropped, total
                yield bound.asked.component, max(0, total - before)

    def close(self) -> None:
        """Close all."""
        for bound in self._bound.values():
            _close(bound)
        self._bound.clear()


def _is_any(asked: Asked) -> bool:
    return asked.kind in {"tcp", "udp"} and split_endpoint(asked.endpoint)[1] == 0


def _is_divided(asked: Asked) -> bool:
    """Whether the kernel divides what comes among several sockets."""
    return asked.kind == "tcp" or asked.by_source


def _shared(asked: Asked) -> socket.socket:
    if asked.kind == "tcp":
        return stream_socket(asked.endpoint, shared=True)
    return datagram_socket(asked.endpoint, asked.receive_buffer, shared=True)


def _opened(asked: Asked) -> _Bound:
    if asked.kind in {"unix", "unix_datagram"}:
        file = SocketFile(Path(asked.endpoint), type_of(asked))
        return _Bound(asked, [file.open(asked.mode)], file)
    if not _is_divided(asked):
        return _Bound(asked, [datagram_socket(asked.endpoint, asked.receive_buffer)])
    # Alone at first: a port of another program of this user is noticed only by that.
    if asked.kind == "tcp":
        assure_free(asked.endpoint)
    else:
        datagram_socket(asked.endpoint, 0).close()
    return _Bound(asked, [_shared(asked)])


def _close(bound: _Bound) -> None:
    for sock in bound.sockets:
        sock.close()
    if bound.file is not None:
        bound.file.remove()
