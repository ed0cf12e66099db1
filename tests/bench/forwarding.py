"""The same messages as Fluent Bit forwards them from a Kubernetes node, in PackedForward frames.

A file holds, before each frame, its size and the number of its events: they cannot be seen in it.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import msgpack

from tests.bench.lines import Line

#: Events of a frame.
FRAME = 1000
#: Pods, each of which has a map of its own in every record.
_PODS = 50
_HEAD = struct.Struct(">II")


class Form(NamedTuple):
    """How frames are written."""

    compressed: bool = False
    #: With a chunk's id, as of clients that wait for acknowledgements.
    acked: bool = False


def written(items: Iterator[Line], form: Form) -> Iterator[bytes]:
    """Frames, each with its head."""
    number = 0
    while some := list(islice(items, FRAME)):
        entries = b"".join(msgpack.packb([_time(line), _record(line)]) for line in some)
        options: dict[str, Any] = {"size": len(some)}
        if form.acked:
            options["chunk"] = f"{(number := number + 1):032x}"
        if form.compressed:
            entries, options["compressed"] = gzip.compress(entries, 6), "gzip"
        frame = msgpack.packb(["kube.var.log.containers", entries, options])
        yield _HEAD.pack(len(frame), len(some)) + frame


def frames(data: Any) -> Sequence[tuple[memoryview, int]]:
    """Each frame of a file, and how many events it has."""
    found, at, view = [], 0, memoryview(data)
    while at < len(view):
        size, events = _HEAD.unpack_from(view, at)
        at += _HEAD.size
        found.append((view[at : at + size], events))
        at += size
    return found


def _time(line: Line) -> msgpack.ExtType:
    seconds = int(line.time)
    return msgpack.ExtType(0, _HEAD.pack(seconds, int((line.time - seconds) * 1e9)))


def _record(line: Line) -> dict[str, Any]:
    pod = hash_of(line.host) % _PODS
    return {
        "log": line.text,
        "stream": "stdout",
        "kubernetes": {
            "pod_name": f"{line.program}-7f9c4d-{pod:05d}",
            "namespace_name": "shop",
            "pod_id": f"6f1c9b4e-1f0d-4c56-9d0a-{pod:012d}",
            "labels": {"app": line.program, "tier": "web"},
            "host": f"node-{pod % 5}",
            "container_name": line.program,
            "container_image": f"registry.example.net/shop/{line.program}:1.4.2",
        },
    }


def hash_of(text: str) -> int:
    """The same in every process."""
    return sum(text.encode())
