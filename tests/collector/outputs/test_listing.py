"""Requests as JSON lines: nothing of them is missing, and no secret is in them."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.outputs.listing import age, expanded, listed, record
from collector.outputs.store.idle import IdleQueue
from collector.outputs.store.row import Entry
from collector.outputs.store.store import Store
from collector.request import Request

CANARY = "dt0c01.CANARY"


def line(entry: Entry, request: Request) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(record(entry, request, str)))
    return found


def rebuilt(line: dict[str, Any]) -> Request:
    """What anybody could make of a line."""
    text, data = line.get("body"), line.get("body_base64")
    assert (text is None) != (data is None)
    return Request(
        body=text.encode() if text is not None else b64decode(data or ""),
        events=line["events"],
        oldest_ns=line["oldest_ns"],
        headers=tuple((name, value) for name, value in line["headers"]),
        raw_size=line["raw_size"],
        encoding=line["encoding"],
        attempted=line["attempts"] > 0,
        history=line["history"],
    )


def entry(request: Request, last_error: str = "") -> Entry:
    known = {"id": 7, "size": len(request.body), "created_ns": 1, "format": "1", "attempts": 0}
    fields = ("events", "oldest_ns", "raw_size", "encoding", "headers", "history")
    said = {name: getattr(request, name) for name in fields}
    return Entry(**known, **said, last_error=last_error)  # type: ignore[arg-type]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    st.binary(max_size=50) | TEXT.map(str.encode), st.lists(st.tuples(TEXT, TEXT), max_size=3), TEXT
)
def test_a_line_has_all_that_makes_the_request(
    body: bytes, headers: list[tuple[str, str]], history: str
) -> None:
    request = Request(body=body, events=3, oldest_ns=5, headers=tuple(headers), history=history)
    assert rebuilt(line(entry(request), request)) == request


def test_what_was_stored_can_be_rebuilt_of_its_export(tmp_path: Path) -> None:
    packed = gzip.compress(b"[{}]")
    requests = [
        Request(
            body=b'{"content":"\xc3\xbc\\u0000"}', events=1, headers=(("Content-Type", "a/b"),)
        ),
        Request(body=packed, events=2, oldest_ns=1 << 60, raw_size=4, encoding="gzip"),
        Request(body=b"\xff\x00\n", events=3, history='[{"reason":"poison"}]'),
        Request(body=b"", events=0, attempted=True),
    ]
    store = Store.open(tmp_path / "q", encoder="2", reserve=0)
    store.commit(requests, [])
    store.close()
    lines = [line(entry, request) for entry, request in IdleQueue(tmp_path / "q").requests()]
    assert [rebuilt(each) for each in lines] == requests
    assert [(each["id"], each["format"], each["version"]) for each in lines] == [
        (n, "2", 1) for n in (1, 2, 3, 4)
    ]


def test_what_is_compressed_is_expanded_to_be_read() -> None:
    packed = Request(body=gzip.compress(b"[{}]"), events=2, encoding="gzip")
    assert line(entry(packed), expanded(packed))["body"] == "[{}]"


@pytest.mark.parametrize("encoding", ["gzip", "zstd", ""])
def test_what_cannot_be_expanded_stays(encoding: str) -> None:
    for body in (b"", b"no gzip", gzip.compress(b"x" * 99)[:-9], b"\x1f\x8b\x08\0\0\0\0\0\0\0xx"):
        request = Request(body=body, events=2, encoding=encoding)
        assert expanded(request).events == 2


def test_no_secret_is_in_what_is_said_of_a_request() -> None:
    def redact(text: str) -> str:
        return text.replace(CANARY, "***")

    headers = (("Authorization", f"Api-Token {CANARY}"),)
    request = Request(body=b"x", events=1, headers=headers, history=f'"{CANARY}"')
    known = entry(request, f"401: {CANARY}")
    said = msgspec.json.encode([listed(known, redact), record(known, request, redact)]).decode()
    assert CANARY not in said
    assert said.count("***") == 4


def test_an_age_is_null_when_it_is_not_known() -> None:
    assert age(0) == (None, None)
    known, seconds = age(1)
    assert known == 1
    assert seconds
    assert age(1 << 62)[1] == 0.0
