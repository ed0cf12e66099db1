"""The header in which a proxy says whom it speaks for: PROXY protocol, version 1 and 2. No I/O.

https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt. A proxy that speaks for itself (LOCAL,
its health checks) or does not say for whom (UNKNOWN, a UNIX socket) gives no origin.
"""

from __future__ import annotations

import ipaddress
import re
import struct
from typing import NamedTuple

#: How each version begins.
SIGNATURE_1, SIGNATURE_2 = b"PROXY ", b"\r\n\r\n\0\r\nQUIT\n"
#: Bytes of a header of version 1 (section 2.1), and of what follows the first 16 in version 2,
#: which could be 64 KiB; the longest known are those with a client's certificate.
_LONGEST_1, _LONGEST_2 = 107, 4096
_FIXED = 16
_TCP = re.compile(rb"PROXY TCP([46]) (\S+) (\S+) ([0-9]{1,5}) ([0-9]{1,5})\r\n")
_LOCAL, _PROXY = 0x20, 0x21
#: Bytes of an address, by the upper half of the family's byte.
_ADDRESS = {1: 4, 2: 16}


class BadHeader(Exception):
    """What begins here is no header, or a broken one; the message says which."""


class Origin(NamedTuple):
    """Where a connection or datagram came from before the proxy."""

    ip: str
    port: int


class Header(NamedTuple):
    """A whole header: its bytes, and what it says."""

    size: int
    origin: Origin | None


def read_header(data: bytes) -> Header | None:
    """The header that these bytes begin with; None: they are all of it, and more must come.

    Raises BadHeader as soon as no header can begin so.
    """
    if data.startswith(SIGNATURE_2):
        return _version_2(data)
    if data.startswith(SIGNATURE_1):
        return _version_1(data)
    if SIGNATURE_1.startswith(data) or SIGNATURE_2.startswith(data):
        return None
    raise BadHeader("it sent no PROXY header")


def _version_1(data: bytes) -> Header | None:
    end = data.find(b"\r\n", 0, _LONGEST_1) + 2
    if end < len(b"\r\n"):
        if len(data) >= _LONGEST_1:
            raise BadHeader("its PROXY header is too long")
        return None
    if data.startswith((b"PROXY UNKNOWN\r", b"PROXY UNKNOWN ")):
        return Header(end, None)
    found = _TCP.match(data)
    if found is None:
        raise BadHeader("its PROXY header is broken")
    version, source, _, port, _ = found.groups()
    return Header(end, _origin(source.decode("latin-1"), int(port), int(version)))


def _origin(source: str, port: int, version: int) -> Origin:
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        raise BadHeader("its PROXY header has no address") from None
    if address.version != version or port > 0xFFFF:
        raise BadHeader("its PROXY header contradicts itself")
    return Origin(str(getattr(address, "ipv4_mapped", None) or address), port)


def _version_2(data: bytes) -> Header | None:
    if len(data) < _FIXED:
        return None
    command, family, length = struct.unpack_from("!BBH", data, len(SIGNATURE_2))
    if command not in {_LOCAL, _PROXY}:
        raise BadHeader("its PROXY header has an unknown version or command")
    if length > _LONGEST_2:
        raise BadHeader("its PROXY header is too long")
    end = _FIXED + length
    if len(data) < end:
        return None
    size = _ADDRESS.get(family >> 4, 0)
    if command == _LOCAL or not size:
        return Header(end, None)
    if length < 2 * size + 4:
        raise BadHeader("its PROXY header is too short for its addresses")
    address = ipaddress.ip_address(data[_FIXED : _FIXED + size])
    port: int = struct.unpack_from("!H", data, _FIXED + 2 * size)[0]
    return Header(end, Origin(str(getattr(address, "ipv4_mapped", None) or address), port))
