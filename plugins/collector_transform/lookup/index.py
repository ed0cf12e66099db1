"""Rows by key in, what finds the one for a text out.

1. `exact` is a dict. `prefix` and `cidr` ask one dict for each length that a key has, the longest
   first: as many as there are lengths, whatever the rows, and at most 256.
2. What was found for a text is remembered: an address of IPv6 takes 3 us to read, and comes again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Literal

from ..keys import Remembered
from .table import BadTable, Row, Rows

Match = Literal["exact", "prefix", "cidr"]
Find = Callable[[str], Row | None]

#: Characters of a prefix.
MAX_PREFIX = 256
#: Of an address, with a zone.
_LONGEST_ADDRESS = 64


def finding(rows: Rows, match: Match) -> Find:
    """What finds the row for a text. Raises BadTable where a key cannot be one."""
    if match == "exact":
        return rows.get
    search = _prefixes(rows) if match == "prefix" else _networks(rows)
    return Remembered(search).__getitem__


def _prefixes(rows: Rows) -> Find:
    lengths = sorted({len(key) for key in rows}, reverse=True)
    if lengths and lengths[0] > MAX_PREFIX:
        raise BadTable(f"a prefix over {MAX_PREFIX} characters")

    def find(text: str) -> Row | None:
        for length in lengths:
            row = rows.get(text[:length])
            if row is not None:
                return row
        return None

    return find


def _networks(rows: Rows) -> Find:
    by_length: dict[tuple[int, int], dict[int, Row]] = {}
    for n, (key, row) in enumerate(rows.items(), 1):
        try:
            network = ip_network(key.strip(), strict=False)
        except ValueError:
            raise BadTable(f"the key of row {n} is no address and no network") from None
        shift = network.max_prefixlen - network.prefixlen
        level = by_length.setdefault((network.version, shift), {})
        level[int(network.network_address) >> shift] = row
    return _longest({v: _levels(by_length, v) for v in (4, 6)})


_Levels = list[tuple[int, dict[int, Row]]]


def _levels(by_length: Mapping[tuple[int, int], dict[int, Row]], version: int) -> _Levels:
    return sorted((shift, rows) for (v, shift), rows in by_length.items() if v == version)


def _longest(levels: Mapping[int, _Levels]) -> Find:
    def find(text: str) -> Row | None:
        if len(text) > _LONGEST_ADDRESS:
            return None
        try:
            address = ip_address(text)
        except ValueError:
            return None
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        number = int(address)
        for shift, rows in levels[address.version]:
            row = rows.get(number >> shift)
            if row is not None:
                return row
        return None

    return find
