"""Events written as JSON, as Fluentd's in_forward takes them: a text in, a message out."""

from __future__ import annotations

from typing import Any

import orjson

from .failure import Undecodable
from .lenient import Entry, checked
from .wire import Bad, Message


def read_json(frame: bytes, entries: int) -> tuple[Message, bytes]:
    """The message, and the JSON of its chunk; empty: no answer is asked for. Raises Undecodable."""
    try:
        found = orjson.loads(memoryview(frame))  # it takes no subclass of bytes
    except (ValueError, RecursionError) as e:
        raise Undecodable("not_json", "not JSON") from e
    if not isinstance(found, list) or len(found) < 2:
        raise Undecodable("bad_frame", "no array of tag and events")
    tag = found[0]
    if not isinstance(tag, str):
        raise Undecodable("bad_tag", "a tag that is no text")
    several = isinstance(found[1], list)
    options = _options(found, 2 if several else 3)
    raw = found[1] if several else [found[1:3]]
    if len(raw) > entries:
        raise Undecodable("too_many_entries", f"more than {entries} entries")
    good, bad = _entries(raw)
    chunk = options.get("chunk")
    echo = orjson.dumps(chunk) if isinstance(chunk, str | int) else b""
    return Message(tag, good, bad, {}), echo


def _options(found: list[Any], at: int) -> dict[str, Any]:
    options = found[at] if len(found) > at else None
    return options if isinstance(options, dict) else {}


def _entries(raw: list[Any]) -> tuple[list[Entry], Bad]:
    good: list[Entry] = []
    bad: Bad = []
    for entry in raw:
        try:
            good.append(checked(entry))
        except Undecodable as e:
            bad.append((orjson.dumps(entry), e))
    return good, bad
