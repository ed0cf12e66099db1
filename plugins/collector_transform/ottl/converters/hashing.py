"""Converters that make digests and ids."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any
from uuid import uuid4

from ..fault import Failed
from ..paths import identity
from ..signature import ANY, TEXT, TEXTS, function, table


def _digest(name: str) -> Callable[[str], str]:
    def digest(value: str) -> str:
        data = value.encode("utf-8", "replace")
        return hashlib.new(name, data, usedforsecurity=False).hexdigest()

    return digest


def _fnv(value: str) -> int:
    """FNV-1, 64 bits, as Go's `fnv.New64`."""
    found = 0xCBF29CE484222325
    for byte in value.encode("utf-8", "replace"):
        found = (found * 0x100000001B3 % (1 << 64)) ^ byte
    return (found + (1 << 63)) % (1 << 64) - (1 << 63)


def _in_cidr(target: str, networks: list[str]) -> bool:
    try:
        address = ip_address(target)
        found: list[IPv4Network | IPv6Network] = [ip_network(it, strict=False) for it in networks]
    except ValueError:
        raise Failed("not an IP address, or not a network") from None
    return any(address in network for network in found)


def _luhn(value: Any) -> bool:
    digits = str(value) if type(value) is int else value
    if not isinstance(digits, str) or not (digits.isascii() and digits.isdecimal()):
        raise Failed("expected digits")
    doubled = [int(c) * 2 if n % 2 else int(c) for n, c in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


HASHING = table(
    function("MD5", _digest("md5"), "str", value=TEXT),
    function("SHA1", _digest("sha1"), "str", value=TEXT),
    function("SHA256", _digest("sha256"), "str", value=TEXT),
    function("SHA512", _digest("sha512"), "str", value=TEXT),
    function("FNV", _fnv, "int", value=TEXT),
    function("TraceID", lambda value: identity(value, 16), "bytes", value=ANY),
    function("SpanID", lambda value: identity(value, 8), "bytes", value=ANY),
    function("IsInCIDR", _in_cidr, "bool", target=TEXT, networks=TEXTS),
    function("IsValidLuhn", _luhn, "bool", value=ANY),
    replace(function("UUID", lambda: str(uuid4()), "str"), pure=False),
)
