"""Habits of clients, as their source code shows them."""

from __future__ import annotations

from typing import Any

import pytest

from collector_forward.limits import Limits
from collector_forward.software import software
from collector_forward.wire import open_envelope
from tests.plugins.collector_forward.vectors import FRAMES, T, packed

_LOG = {"log": "x"}
_DOCKER = {"container_id": "c", "container_name": "/n", "source": "stdout", "log": "x"}
_UUID = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (packed(["t", [[T, _LOG]]]), "fluent-bit"),
        (packed(["t", [[T, _LOG]], {"size": 1, "fluent_signal": 0}]), "fluent-bit"),
        (packed(["t", [[[T, {}], _LOG]], {"size": 1}]), "fluent-bit"),
        (packed(["t", [[T, _LOG]], {"size": 1}]), "unknown"),
        (packed(["t", packed([T, _LOG]), {"size": 1, "chunk": "QUFBQQ==\n"}]), "fluentd"),
        (packed(["t", packed([T, _LOG]), {"size": 9, "chunk": _UUID}]), "fluency"),
        (packed(["t", packed([T, _LOG]), {"size": 9, "chunk": "x"}]), "unknown"),
        (packed(["t", T, _DOCKER, {}]), "docker"),
        (b"\x94\xa1t\xd3" + T.to_bytes(8) + b"\x80\x80", "fluent-logger-golang"),
        (packed(["t", T, _LOG]), "unknown"),
        (b"\x92\xa0\xa0", "unknown"),
    ],
)
def test_the_first_frame_tells(frame: bytes, expected: str) -> None:
    assert guess(frame) == expected


def test_fluentds_strings_of_bytes_tell_it_without_a_chunk() -> None:
    payload = packed([T, _LOG])
    frame = b"\x92\xa1t\xdb" + len(payload).to_bytes(4) + payload
    assert guess(frame) == "fluentd"


def test_every_vector_is_guessed_to_be_something() -> None:
    for name, frame in FRAMES.items():
        assert guess(frame), name


def guess(frame: Any) -> str:
    return software(frame, open_envelope(frame, Limits(1 << 20, 1000)))
