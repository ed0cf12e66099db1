r"""Any MessagePack object into values an event may hold, however odd it is.

Bytes that are not UTF-8 are shown as `\xNN`, keys become text, extensions their type and hex.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgpack
import msgspec

from .failure import Undecodable

Ext = msgspec.msgpack.Ext

#: A time, or a time and metadata, whose values may be bytes and extensions; and a record.
Entry = tuple[Any, dict[str, Any]]

#: Deeper values become text: exporters recurse.
_DEPTH = 64
#: Characters of a key that was a map or an array. As text a map's keys are quoted, and so are the
#: quotes of their own keys: without a limit thirty maps, each the key of the next, would be 2**30.
_LONGEST_KEY = 256


def lenient(data: bytes) -> Any:
    """One object. Raises Undecodable."""
    try:
        return clean(_unpacked(data))
    except Exception as e:  # what msgpack raises is a long list, and RecursionError and MemoryError
        raise Undecodable("not_msgpack", f"not MessagePack ({type(e).__name__})") from e


def lenient_entry(data: bytes) -> Entry:
    """An entry. Raises Undecodable."""
    try:
        return checked(_unpacked(data))
    except Undecodable:
        raise
    except Exception as e:  # as above
        raise Undecodable("not_msgpack", f"not MessagePack ({type(e).__name__})") from e


def raw(data: bytes) -> Any:
    """One object whose strings give back their bytes, by surrogateescape. Raises Undecodable."""
    try:
        return msgpack.unpackb(data, unicode_errors="surrogateescape", strict_map_key=False)
    except Exception as e:  # as above
        raise Undecodable("not_msgpack", f"not MessagePack ({type(e).__name__})") from e


def checked(entry: Any) -> Entry:
    """An entry, if that is what it is, of values of any kind. Raises Undecodable."""
    if not isinstance(entry, list) or len(entry) < 2:
        raise Undecodable("bad_entry", "an entry that is no array of time and record")
    time, record = entry[0], entry[1]
    if not isinstance(record, dict):
        raise Undecodable("bad_entry", "a record that is no map")
    if isinstance(time, list):
        metadata = time[1] if len(time) > 1 and isinstance(time[1], dict) else {}
        return (_plain_time(time[0] if time else None), metadata), clean(record)
    return _plain_time(time), clean(record)


def _plain_time(time: Any) -> Any:
    return Ext(-1, time.to_bytes()) if isinstance(time, msgpack.Timestamp) else time


def _unpacked(data: bytes) -> Any:
    return msgpack.unpackb(
        data,
        unicode_errors="backslashreplace",
        strict_map_key=False,
        ext_hook=Ext,
        object_pairs_hook=_pairs,
        timestamp=0,
    )


def _pairs(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    """Before a key is hashed, for it may be a list. Of equal keys the last one wins."""
    return {key if type(key) is str else _text(key): value for key, value in pairs}


def clean(value: Any, depth: int = 0) -> Any:
    """A copy of a value without bytes and extensions, and not too deep."""
    kind = type(value)
    if kind is dict or kind is list:
        if depth == _DEPTH:
            return "..."
        if kind is list:
            return [clean(item, depth + 1) for item in value]
        return {
            key if type(key) is str else _text(key): clean(item, depth + 1)
            for key, item in value.items()
        }
    if kind is bytes:
        return value.decode("utf-8", "backslashreplace")
    if kind is Ext or kind is msgpack.Timestamp:
        return shown(_plain_time(value))
    return value.isoformat() if kind is datetime else value


def shown(value: Ext) -> str:
    """An extension inside a record, as text."""
    return f"ext({value.code}):{bytes(value.data).hex()}"


def _text(key: Any) -> str:
    if isinstance(key, bytes):
        return key.decode("utf-8", "backslashreplace")
    if isinstance(key, Ext):
        return shown(key)
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return str(key)[:_LONGEST_KEY]
