"""The same messages as Fluent Bit forwards them from a Kubernetes node, in PackedForward frames."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import msgpack

from tests.bench.lines import Line
from tests.bench.parcels import parcel

#: Events of a frame.
FRAME = 1000
#: Pods, each of which has a map of its own in every record.
_PODS = 50
_TIME = struct.Struct(">II")


class Form(NamedTuple):
    """How frames are written."""

    compressed: bool = False
    #: With a chunk's id, as of clients that wait for acknowledgements.
    acked: bool = False


def written(items: Iterator[Line], form: Form) -> Iterator[bytes]:
    """Parcels of a frame each."""
    number = 0
    while some := list(islice(items, FRAME)):
        entries = b"".join(msgpack.packb([_time(line), _record(line)]) for line in some)
        options: dict[str, Any] = {"size": len(some)}
        if form.acked:
            options["chunk"] = f"{(number := number + 1):032x}"
        if form.compressed:
            entries, options["compressed"] = gzip.compress(entries, 6), "gzip"
        frame = msgpack.packb(["kube.var.log.containers", entries, options])
        yield parcel(frame, len(some))


def _time(line: Line) -> msgpack.ExtType:
    seconds = int(line.time)
    return msgpack.ExtType(0, _TIME.pack(seconds, int((line.time - seconds) * 1e9)))


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
