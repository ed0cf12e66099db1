"""Addresses of this machine, free ports, and the plainest of syslog senders."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

#: Below the ports that Linux gives to outgoing connections, so that nobody gets them by chance.
_PORTS = range(10_000, 32_000)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


IPV6 = _has_ipv6()
#: Where a collector of these tests listens, and at which of its addresses it is called.
ANY = "[::]" if IPV6 else "0.0.0.0"
HOSTS = ("127.0.0.1", "::1")


def free_port() -> int:
    """A port that nobody has now, for TCP and for UDP; somebody may take it before it is used."""
    family = socket.AF_INET6 if IPV6 else socket.AF_INET
    while True:
        port = random.choice(_PORTS)
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(family, kind) as probe:
                    probe.bind(("", port))
        except OSError:
            continue
        return port


def connected(port: int, host: str = "127.0.0.1", source: str = "") -> socket.socket:
    """A TCP connection that fails rather than hang."""
    return socket.create_connection((host, port), 30, (source, 0) if source else None)


def connected_to(path: Path) -> socket.socket:
    """The same to a UNIX socket."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(30)
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


def send_stream(port: int, data: bytes, host: str = "127.0.0.1") -> None:
    """All of it over a connection, which is then closed."""
    with closing(connected(port, host)) as connection:
        connection.sendall(data)


def send_datagrams(port: int, messages: Iterable[bytes], host: str = "127.0.0.1") -> None:
    """A datagram for each."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        for message in messages:
            sender.sendto(message, (host, port))


def lines(name: str, numbers: Iterable[int], size: int = 0) -> bytes:
    """Messages of RFC 5424 with `name` and a number as their text, each on a line."""
    return b"".join(
        b"<134>1 - host app - - - %s\n" % f"{name}-{n:06d}".ljust(size, ".").encode()
        for n in numbers
    )


def texts(name: str, numbers: Iterable[int], size: int = 0) -> list[str]:
    """What `lines` arrive as."""
    return [f"{name}-{n:06d}".ljust(size, ".") for n in numbers]
