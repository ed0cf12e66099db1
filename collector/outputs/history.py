"""What `Request.history` says: of its rows, what became of them before they were replayed.

JSON: the digest of a row to its earlier deaths. It goes wherever the row goes, also to the disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import msgspec

from ..letter import Death, Letter
from ..request import Row

_Deaths = dict[str, tuple[Death, ...]]
_decoder = msgspec.json.Decoder(_Deaths)
#: Bytes of a digest: two rows of one request shall not have the same.
_DIGEST = 12


def written(letters: Iterable[Letter]) -> str:
    """The history of a request of their rows."""
    return _encoded({_digest(letter.row): letter.deaths for letter in letters})


def read(history: str, rows: Sequence[Row]) -> Sequence[tuple[Death, ...]]:
    """Of each row its earlier deaths; none where there is no history, or it cannot be read."""
    known = _decoded(history)
    return [known.get(_digest(row), ()) if known else () for row in rows]


def carried(history: str, rows: Iterable[tuple[Row, Row]]) -> str:
    """The history of rows that have changed, each as it was and as it is."""
    known = _decoded(history)
    if not known:
        return history
    for before, after in rows:
        deaths = known.get(_digest(before)) if before != after else None
        if deaths is not None:
            known[_digest(after)] = deaths
    return _encoded(known)


def _digest(row: Row) -> str:
    return blake2b(row, digest_size=_DIGEST).hexdigest()


def _encoded(known: _Deaths) -> str:
    return msgspec.json.encode(known).decode()


def _decoded(history: str) -> _Deaths:
    try:
        return _decoder.decode(history) if history else {}
    except msgspec.MsgspecError:
        return {}
