"""What a destination's answer means."""

from __future__ import annotations

import pytest
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from collector.api import Hold, HttpAnswer, Poison, Retry, TooLarge
from collector_otlp.receipt import Taken, judged

PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}


def partial(rejected: int, message: str) -> bytes:
    made = ExportLogsServiceResponse()
    made.partial_success.rejected_log_records = rejected
    made.partial_success.error_message = message
    written: bytes = made.SerializeToString()
    return written


@pytest.mark.parametrize(
    ("headers", "body", "taken"),
    [
        ({}, b"", Taken(0, "", 0.0)),
        ({"content-type": "text/plain"}, b"OK", Taken(0, "", 0.0)),
        (PROTOBUF, b"", Taken(0, "", 0.0)),
        (PROTOBUF, partial(3, "too old"), Taken(3, "too old", 0.0)),
        (PROTOBUF, partial(0, "use another schema"), Taken(0, "use another schema", 0.0)),
        (PROTOBUF, partial(-1, ""), Taken(None, "", 0.0)),
        (PROTOBUF, b"\xff", Taken(None, "\ufffd", 0.0)),
        (JSON, b"{}", Taken(0, "", 0.0)),
        (JSON, b'{"partialSuccess":{"rejectedLogRecords":"2"}}', Taken(2, "", 0.0)),
        (JSON, b"[]", Taken(None, "[]", 0.0)),
        (JSON | {"retry-after": "7"}, b"{}", Taken(0, "", 7.0)),
    ],
)
def test_success(headers: dict[str, str], body: bytes, taken: Taken) -> None:
    found = judged(HttpAnswer(200, headers, body), [])
    if taken.rejected is None:
        assert found.rejected is None
    else:
        assert found == taken


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_retried(status: int) -> None:
    with pytest.raises(Retry) as caught:
        judged(HttpAnswer(status, {"retry-after": "9"}, b""), [])
    assert caught.value.after == 9.0


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 415, 501])
def test_held(status: int) -> None:
    with pytest.raises(Hold):
        judged(HttpAnswer(status, {}, b""), [])


def test_the_servers_words_are_shown_without_secrets() -> None:
    body = Status(code=3, message="no such key: CANARY99").SerializeToString()
    with pytest.raises(Poison, match=r"^400: no such key: \*\*\*$"):
        judged(HttpAnswer(400, PROTOBUF, body), ["CANARY99"])
    with pytest.raises(TooLarge, match=r"^413$"):
        judged(HttpAnswer(413, PROTOBUF, b""), [])


def test_a_page_has_not_taken_anything() -> None:
    for status in (200, 400):
        with pytest.raises(Hold, match="HTML page"):
            judged(HttpAnswer(status, {"content-type": "text/html"}, b"<html>"), [])


@given(
    st.integers(200, 599),
    st.sampled_from([PROTOBUF, JSON, {}]),
    st.binary(max_size=40),
)
def test_no_answer_raises_anything_else(status: int, headers: dict[str, str], body: bytes) -> None:
    try:
        judged(HttpAnswer(status, headers, body), [])
    except (Retry, Hold, TooLarge, Poison):
        return
