"""One frame taken apart: bytes in; tag, options and entries out, in every mode there is.

Rules:

1. The mode goes by the type of the second element, and never by an option.
2. An entry that is not one does not spoil its neighbours: it is among `Message.bad`.
3. The chunk is kept as it was written: its answer must be equal to the byte.
4. Nothing but Undecodable is raised, whatever the bytes are.

Entries are read all at once, by msgspec, against a type that says what most of them are: a time
and a record of strings, numbers, lists and maps. That is 2.3 times as fast as msgpack. Where they
are not, they are read one by one, and those that are odd by msgpack, which is told to be lenient.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from . import scan
from .failure import Undecodable
from .lenient import Entry, lenient, lenient_entry
from .limits import REFUSALS, Limits, Time, Value
from .portions import MOST, SIZE, Portion, cut, parts, unpacked
from .shapes import Shapes

Bad = list[tuple[bytes, Undecodable]]

_ENTRY = msgspec.msgpack.Decoder(tuple[Time, dict[str, Value]])
_ENTRIES = msgspec.msgpack.Decoder(list[tuple[Time, dict[str, Value]]])
#: No mode has more than four. A frame of nothing but millions of nil takes seconds to walk.
_MOST_ELEMENTS = 8
#: The attribute with the bytes of an entry.
_ORIGINAL = "fluent.original"
#: Signals of Fluent Bit that are no logs.
_SIGNALS = {1: "metrics", 2: "traces", 3: "blobs", 4: "profiles"}


class Message(NamedTuple):
    """What a frame holds."""

    tag: str
    entries: list[Entry]
    #: Those that could not be read, and why.
    bad: Bad
    #: Fluent Bit sends the metadata of a single event here.
    metadata: dict[str, Any]


class Envelope(NamedTuple):
    """What is around the entries. They lie in the frame from `begin` to `end`."""

    tag: str
    mode: str  # message, forward or packed
    begin: int
    end: int
    #: Ends of the entries of Forward mode, from the start of the frame; None: too many.
    ends: list[int] | None
    #: The MessagePack of the chunk's id; empty: the sender waits for no answer.
    chunk: bytes
    options: dict[str, Any]
    #: Whether the options were no map, or more elements followed; neither is looked at.
    is_odd: bool


def open_envelope(frame: bytes, limits: Limits) -> Envelope:
    """Tag and options of a whole frame. Raises Undecodable."""
    count, at = scan.array(frame, 0)
    if count < 2:
        raise Undecodable("bad_frame", "an array of fewer than two elements")
    tag, at = _tag(frame, at)
    content = scan.text(frame, at)
    if content is not None:
        begin, end = content
        if end > len(frame):
            raise Undecodable("bad_frame", "entries that are cut off")
        return Envelope(tag, "packed", begin, end, [], *_options(frame, end, count - 2))
    if at < len(frame) and scan.is_array(frame[at]):
        return _forward(frame, at, count, tag, limits)
    scanner = scan.unpacker(memoryview(frame)[at:])
    end = at + _skipped(scanner, 2)
    return Envelope(tag, "message", at, end, [], *_options(frame, end, count - 3))


def salvaged_chunk(frame: bytes) -> bytes:
    """The chunk of a frame that makes no other sense: in the last element, if that is a map."""
    try:
        count, at = scan.array(frame, 0)
        if count > _MOST_ELEMENTS:
            return b""
        scanner = scan.unpacker(memoryview(frame)[at:])
        last = at + _skipped(scanner, count - 1) if count > 1 else at
        return chunk_of(frame[last:]) if count else b""
    except Undecodable:
        return b""


def chunk_of(options: bytes) -> bytes:
    """The chunk of a frame's last element."""
    return _options(options, 0, 1)[0]


def _forward(frame: bytes, at: int, count: int, tag: str, limits: Limits) -> Envelope:
    number, begin = scan.array(frame, at)
    ends: list[int] | None = None
    if number > limits.entries:
        end = at + _skipped(scan.unpacker(memoryview(frame)[at:]), 1)
    else:
        ends = [begin + end for end in scan.ends(memoryview(frame)[begin:], number)]
        if len(ends) < number:
            raise Undecodable("bad_frame", "fewer entries than it says")
        end = ends[-1] if ends else begin
    return Envelope(tag, "forward", begin, end, ends, *_options(frame, end, count - 2))


def _skipped(scanner: Any, count: int) -> int:
    end: int | None = None
    for _ in range(count):
        end = scan.skip(scanner)
        if end is None:  # the count may be a lie of four thousand millions
            break
    if end is None:
        raise Undecodable("bad_frame", "fewer elements than the mode has")
    return end


def _tag(frame: bytes, at: int) -> tuple[str, int]:
    content = scan.text(frame, at)
    if content is not None:
        begin, end = content
        return frame[begin:end].decode("utf-8", "backslashreplace"), end
    end = at + _skipped(scan.unpacker(memoryview(frame)[at:]), 1)
    number = lenient(frame[at:end])
    if type(number) is not int:  # a client that turns every word of digits into a number
        raise Undecodable("bad_tag", "a tag that is no text")
    return str(number), end


def _options(frame: bytes, at: int, left: int) -> tuple[bytes, dict[str, Any], bool]:
    """The chunk as it was written, all options, and whether there is something odd with them.

    Nil, none and what is no map is the same.
    """
    if left < 1 or at >= len(frame):
        return b"", {}, False
    tail = frame[at:]
    try:
        options = lenient(tail[: _skipped(scan.unpacker(tail), 1)])
    except Undecodable:
        return b"", {}, True
    if not isinstance(options, dict):
        return b"", {}, options is not None
    return _chunk(tail) if "chunk" in options else b"", options, left > 1


def _chunk(options: bytes) -> bytes:
    """The bytes of the last value called chunk, if it is something that can be echoed."""
    scanner = scan.unpacker(options[_MAP_HEADER.get(options[0], 1) :])
    begin, base, found = 0, _MAP_HEADER.get(options[0], 1), b""
    while (key_end := scan.skip(scanner)) is not None:
        key = lenient(options[base + begin : base + key_end])
        value_end = scan.skip(scanner)
        if value_end is None:
            break
        if key == "chunk":
            found = options[base + key_end : base + value_end]
        begin = value_end
    return found if isinstance(lenient(found), str | bytes | int) else b""


_MAP_HEADER = {0xDE: 3, 0xDF: 5}


def read(
    frame: bytes, envelope: Envelope, limits: Limits, shapes: Shapes
) -> Iterator[Message | None]:
    """The entries, in portions that are worth a turn of the reactor each; None is such work too.

    Nearly every frame is one portion. Raises Undecodable before the first, when there is nothing
    to be had of any entry.
    """
    options = envelope.options
    signal = options.get("fluent_signal", 0)
    if isinstance(signal, int) and signal in _SIGNALS:
        raise Undecodable("unsupported_signal", f"{_SIGNALS[signal]}, and not logs")
    metadata = options.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    content = frame[envelope.begin : envelope.end]
    if envelope.mode == "packed":
        payload = yield from unpacked(content, limits)
        if isinstance(payload, bytes):
            claimed = _claimed(payload, envelope, limits, shapes)
            if claimed:
                yield Message(envelope.tag, claimed, [], metadata)
                return
            payload = iter([payload])
        portions = yield from cut(payload, limits.entries)
    else:
        portions = _listed(content, envelope, limits)
    for content, ends in portions:
        entries, bad = _entries(content, ends, keep=limits.keep_original)
        yield Message(envelope.tag, entries, bad, metadata)


def _listed(content: bytes, envelope: Envelope, limits: Limits) -> Iterator[Portion]:
    if envelope.mode == "message":
        return iter([(b"\x92" + content, [1 + len(content)])])
    if envelope.ends is None:
        raise Undecodable("too_many_entries", f"more than {limits.entries} entries")
    return parts(content, [end - envelope.begin for end in envelope.ends])


def _claimed(
    payload: bytes, envelope: Envelope, limits: Limits, shapes: Shapes
) -> list[Entry] | None:
    """The entries, if they are as many as the frame says: to count them is a third of the work."""
    size = envelope.options.get("size")
    if type(size) is not int or not 0 < size <= min(limits.entries, MOST) or len(payload) > SIZE:
        return None
    content, tag = _array(payload, size), envelope.tag
    entries = shapes.read(tag, content)
    if entries is None:
        try:
            entries = _ENTRIES.decode(content)
        except REFUSALS:
            return None
        shapes.learn(tag, entries)
    return entries


def _entries(content: bytes, ends: list[int], *, keep: bool) -> tuple[list[Entry], Bad]:
    try:
        return _ENTRIES.decode(_array(content, len(ends))), []
    except REFUSALS:
        return _one_by_one(content, ends, keep=keep)


def _array(items: bytes, count: int) -> bytes:
    return b"\xdd" + count.to_bytes(4) + items


def _one_by_one(content: bytes, ends: list[int], *, keep: bool) -> tuple[list[Entry], Bad]:
    found: list[Entry] = []
    bad: Bad = []
    begin = 0
    for end in ends:
        raw = content[begin:end]
        begin = end
        try:
            found.append(_entry(raw, keep=keep))
        except Undecodable as e:
            bad.append((raw, e))
    return found, bad


def _entry(raw: bytes, *, keep: bool) -> Entry:
    try:
        return _ENTRY.decode(raw)
    except REFUSALS:
        entry = lenient_entry(raw)
    if keep:
        entry[1][_ORIGINAL] = b64encode(raw).decode()
    return entry
