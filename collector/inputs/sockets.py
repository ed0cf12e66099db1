"""Sockets that listen: made here, or by a supervisor that hands them on.

Errors are `ListenError`, one sentence that says what to do.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from typing import Any

from ..endpoints import split_endpoint

#: Connections that wait to be accepted. The kernel's own limit is net.core.somaxconn.
BACKLOG = 4096
_SO_RCVBUFFORCE = getattr(socket, "SO_RCVBUFFORCE", 33)  # Linux; not named before Python 3.13
_LARGEST_BUFFER = (1 << 30) - 1  # the option is an int, and the kernel doubles it
_SO_MEMINFO = 55  # Linux; nine u32, the last one counts what the socket dropped
_MEMINFO_SIZE = 36
_PRIVILEGED = 1024
#: Seconds of silence after which the kernel asks whether a peer is still there; 2 h otherwise.
_IDLE = 300
_ALL = "::"


class ListenError(Exception):
    """A socket could not be had."""


def stream_socket(endpoint: str, *, shared: bool = False) -> socket.socket:
    """A listening, non-blocking TCP socket. Raises ListenError.

    `shared`: of several on one port, between which the kernel divides the connections.
    """
    return _bound(endpoint, socket.SOCK_STREAM, shared=shared)


def assure_free(endpoint: str) -> None:
    """Raises ListenError when a program listens on this TCP port, be it on a shared socket."""
    _bound(endpoint, socket.SOCK_STREAM, shared=False, listens=False).close()


def datagram_socket(endpoint: str, receive_buffer: int, *, shared: bool = False) -> socket.socket:
    """A bound, non-blocking UDP socket, with as much of a buffer as the kernel grants."""
    sock = _bound(endpoint, socket.SOCK_DGRAM, shared=shared)
    grow_buffer(sock, receive_buffer)
    return sock


def grow_buffer(sock: socket.socket, wanted: int) -> None:
    """Ask for a receive buffer, past the sysctl limit where we may."""
    wanted = min(wanted, _LARGEST_BUFFER)
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, wanted)
    except OSError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wanted)


def buffer_of(sock: socket.socket) -> int:
    """The bytes of a receive buffer that were granted.

    The kernel doubles what is asked for, to account for its own overhead, and reports the double.
    """
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2


def dropped_by_kernel(sock: socket.socket) -> int:
    """Datagrams that found no room in a socket's buffer since it was made. Raises OSError."""
    info = sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO_SIZE)
    drops: int = struct.unpack_from("=I", info, _MEMINFO_SIZE - 4)[0]
    return drops


def _bound(endpoint: str, kind: int, *, shared: bool, listens: bool = True) -> socket.socket:
    host, port = split_endpoint(endpoint)
    try:
        found = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        sock = _new_socket(host, family, kind)
    except OSError as e:
        raise ListenError(f"cannot listen on {endpoint}: no such address ({e.strerror})") from e
    if sock.family != family:
        address = ("0.0.0.0", port)  # noqa: S104 as [::] asks
    try:
        _bind(sock, kind, address, shared=shared)
        if kind == socket.SOCK_STREAM and listens:
            sock.listen(BACKLOG)
    except OSError as e:
        sock.close()
        raise ListenError(_why(endpoint, kind, port, e)) from e
    return sock


def _new_socket(host: str, family: int, kind: int) -> socket.socket:
    """A socket of that family; where the kernel has no IPv6, [::] means all of IPv4."""
    try:
        return socket.socket(family, kind)
    except OSError as e:
        if e.errno != errno.EAFNOSUPPORT or host != _ALL:
            raise
        return socket.socket(socket.AF_INET, kind)


def _bind(sock: socket.socket, kind: int, address: Any, *, shared: bool) -> None:
    sock.setblocking(False)
    if shared:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if kind == socket.SOCK_STREAM and os.name == "posix":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sock.family == socket.AF_INET6:  # [::] listens on both families
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind(address)


def _why(endpoint: str, kind: int, port: int, error: OSError) -> str:
    protocol = "TCP" if kind == socket.SOCK_STREAM else "UDP"
    if error.errno == errno.EADDRINUSE:
        return (
            f"cannot listen on {endpoint} ({protocol}): another process has this port; "
            f"stop it (find it with: ss -lnp 'sport = :{port}') or choose another port"
        )
    if error.errno == errno.EACCES and port < _PRIVILEGED:
        return (
            f"cannot listen on {endpoint} ({protocol}): ports below {_PRIVILEGED} need root or "
            "CAP_NET_BIND_SERVICE; use a higher port such as 5514, or grant the capability"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"cannot listen on {endpoint} ({protocol}): this machine does not have that address"
    return f"cannot listen on {endpoint} ({protocol}): {error.strerror}"


def peer_address(address: Any) -> tuple[str, int]:
    """IP and port of a socket address; IPv4 seen through an IPv6 socket becomes IPv4 again."""
    host, port = address[0], address[1]
    return host.removeprefix("::ffff:") if "." in host else host.partition("%")[0], port


def tune(sock: socket.socket) -> None:
    """Answers go at once; a peer that is gone without a word shall not hold its place for ever."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):  # not macOS
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _IDLE)
