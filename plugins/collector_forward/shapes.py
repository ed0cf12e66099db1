"""Records with a kubernetes map, read without making that map again for each of them.

A map of some ten names is the same in every record of a container, and most of what its records
cost (CPython 3.11, us a record: 3.5 with the map made and compared, 1.4 this way). So the map is
left as its bytes, which are looked up. msgspec does that for a field of a struct, and a struct can
be made once the names of a tag's records have been seen: those of one tag are mostly the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import asdict

from .kubernetes import KUBERNETES
from .lenient import Entry
from .limits import REFUSALS, Time, Value

#: Tags, and maps, that are remembered; all are forgotten when there are more.
_MOST = 1024
#: Names of a record, and bytes of a map.
_MOST_NAMES, _MOST_BYTES = 32, 4096
#: Fewer entries are not worth a shape, which takes 0.2 ms to make.
_FEWEST = 100
#: A tag whose records were not what its records had been so often is left alone.
_MOST_MISSES = 3

_map = msgspec.msgpack.Decoder(dict[str, Value]).decode


class Shapes:
    """Reads entries of tags that it has learned."""

    def __init__(self) -> None:
        self._decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {}
        self._misses: dict[str, int] = {}
        self._maps: dict[bytes, dict[str, Any]] = {}

    def read(self, tag: str, entries: bytes) -> list[Entry] | None:
        """The entries of a MessagePack array, or None: they have to be read in another way.

        Records of one container have one and the same kubernetes map, which must not be changed.
        """
        decoder = self._decoders.get(tag)
        if decoder is None:
            return None
        try:
            return [(time, self._record(shaped)) for time, shaped in decoder.decode(entries)]
        except REFUSALS:
            del self._decoders[tag]
            self._misses[tag] = self._misses.get(tag, 0) + 1
            return None

    def _record(self, shaped: Any) -> dict[str, Any]:
        record = asdict(shaped)
        raw = bytes(record[KUBERNETES])
        record[KUBERNETES] = self._maps.get(raw) or self._made(raw)
        return record

    def _made(self, raw: bytes) -> dict[str, Any]:
        made = _map(raw)
        if len(raw) > _MOST_BYTES:
            return made
        if len(self._maps) >= _MOST:
            self._maps.clear()
        self._maps[raw] = made
        return made

    def learn(self, tag: str, entries: Sequence[Entry]) -> None:
        """See what the records of a tag look like."""
        if len(entries) < _FEWEST or self._misses.get(tag, 0) == _MOST_MISSES:
            return
        record = entries[0][1]
        if len(record) > _MOST_NAMES or type(record.get(KUBERNETES)) is not dict:
            return
        if not _are_plain(record):
            return
        if len(self._decoders) >= _MOST or len(self._misses) >= _MOST:
            self._decoders.clear()
            self._misses.clear()
        self._decoders[tag] = _decoder(tuple(record))


@lru_cache(maxsize=64)
def _decoder(names: tuple[str, ...]) -> msgspec.msgpack.Decoder[Any]:
    """For records of exactly these names, in any order."""
    fields = [(name, msgspec.Raw if name == KUBERNETES else Value) for name in names]
    shape = msgspec.defstruct("Shape", fields, forbid_unknown_fields=True, gc=False)
    return msgspec.msgpack.Decoder(list[tuple[Time, shape]])  # type: ignore[valid-type]


def _are_plain(names: Iterable[str]) -> bool:
    """Whether a struct's fields can be called so."""
    return all(n.isascii() and n.isidentifier() and not n.startswith("__") for n in names)
