"""What nobody should send, and what nobody may make of it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

from ..event import FLAGS, FLAGS_KEY, Event

#: Garbage is random, and the same in every run.
SEED = 20260101


def garbage(count: int = 200) -> list[bytes]:
    """Byte strings nobody should send: random, of all kinds of text, empty, long, not UTF-8."""
    rng = random.Random(SEED)  # noqa: S311 not for secrets
    shapes = [
        lambda: rng.randbytes(rng.randrange(1, 400)),
        lambda: b"<%d>" % rng.randrange(-5, 999) + rng.randbytes(rng.randrange(40)),
        lambda: "".join(chr(rng.randrange(32, 0x2FFF)) for _ in range(60)).encode(),
        lambda: b'{"a":' + rng.randbytes(9),
        lambda: b"\xff\xfe\x00" * rng.randrange(1, 30),
        lambda: b" " * rng.randrange(1, 100) + b"]" * rng.randrange(50),
    ]
    return [rng.choice(shapes)() for _ in range(count)]


def faults(events: Iterable[Event]) -> Iterator[str]:
    """What is wrong with events that a component made, a sentence each."""
    for event in events:
        unknown = set(event.attributes.get(FLAGS_KEY, ())) - set(FLAGS)
        if unknown:
            yield (
                f"an event has the flags {sorted(unknown)}, which are not in the table of "
                "collector.event.FLAGS: say it in an attribute of your own"
            )
        if not _is_text(event):
            yield (
                f"an event holds text that cannot be written as UTF-8: {event.body!r:.80}; decode "
                "bytes with errors='backslashreplace', or take frames.lines()"
            )


def _is_text(event: Event) -> bool:
    return all(
        _encodes(part) for part in (event.body, event.severity_text, *_parts(event.attributes))
    )


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _parts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _parts(inner)
    else:
        yield value


def _encodes(value: Any) -> bool:
    try:
        str(value).encode()
    except UnicodeEncodeError:
        return False
    return True
