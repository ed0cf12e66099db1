"""Every status of the API, and bodies that lie."""

from __future__ import annotations

import contextlib
from email.utils import formatdate
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.api import Hold, Poison, Retry, TooLarge
from collector.outputs.http_answers import MAX_AFTER, MAX_SHOWN, shown
from collector_dynatrace.answer import Taken, classify

NOW = 1_795_430_115.0
HTML = b"<!DOCTYPE html><html><title>Error 400 Bad Request</title></html>"
STALE = "2 events were not ingested because of timestamp out of correct time range"


def envelope(message: Any, key: str = "details") -> bytes:
    return orjson.dumps({key: {"code": 200, "message": message}})


def error(status: int, message: str = "no") -> bytes:
    return orjson.dumps({"error": {"code": status, "message": message}})


@pytest.mark.parametrize(
    ("status", "body", "taken"),
    [
        (204, b"", Taken()),
        (204, b"noise", Taken()),
        (202, b"", Taken()),
        (200, envelope(STALE), Taken(2, STALE)),
        (200, envelope(STALE + ".", "success"), Taken(2, STALE + ".")),
        (200, envelope("0 events"), Taken(0, "0 events")),
        (200, envelope("Success. Some log events were limited."), None),
        (200, envelope(None), None),
        (200, b'{"details": null}', None),
        (
            200,
            b'{"details": null, "success": {"code": null, "message": "3 events"}}',
            Taken(3, "3 events"),
        ),
        (200, b'{"details": "4 events"}', None),
        (200, envelope("9" * 30 + " events"), None),
        (200, envelope("-5 events"), None),
        (200, envelope("\u0665 events"), None),
        (200, b"", None),
        (200, b"[]", None),
        (200, b"not JSON", None),
        (200, b"\xff\xfe", None),
    ],
)
def test_taken(status: int, body: bytes, taken: Taken | None) -> None:
    found = classify(status, {}, body)
    if taken is None:
        assert found.rejected is None
    else:
        assert found == taken


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 505, 599])
def test_retried(status: int) -> None:
    for body in (b"", HTML, error(status, "wait")):
        with pytest.raises(Retry) as caught:
            classify(status, {}, body)
        assert caught.value.after is None
        assert str(status) in str(caught.value)


@pytest.mark.parametrize("status", [401, 402, 403, 404, 405, 501, 301, 302, 307, 308, 304])
def test_held(status: int) -> None:
    with pytest.raises(Hold, match=str(status)):
        classify(status, {}, error(status))


@pytest.mark.parametrize("status", [406, 409, 411, 415, 418, 422, 431, 451, 0, 600, 999])
def test_an_unknown_status_is_held(status: int) -> None:
    with pytest.raises(Hold) if status < 500 else pytest.raises((Hold, Retry)):
        classify(status, {}, b"")


@pytest.mark.parametrize("status", [200, 202])
def test_an_html_page_has_not_taken_anything(status: int) -> None:
    with pytest.raises(Hold, match="HTML"):
        classify(status, {}, HTML)
    with pytest.raises(Hold, match="HTML"):
        classify(status, {"content-type": "text/html"}, b"<h1>Log in</h1>")
    assert classify(204, {"content-type": "text/html"}, b"") == Taken()
    classify(status, {"content-type": "text/html"}, b"")
    classify(status, {"content-type": "text/html"}, envelope("0 events"))


def test_too_large() -> None:
    with pytest.raises(TooLarge, match="after preprocessing"):
        classify(413, {}, error(413, "Message size limit exceeded after preprocessing"))
    with pytest.raises(TooLarge):
        classify(413, {"content-type": "text/html"}, HTML)


def test_poison_has_the_servers_words() -> None:
    with pytest.raises(Poison, match="out of correct time range"):
        classify(400, {}, error(400, "All logs are out of correct time range."))
    for body in (b"", b"bad request", b'{"error": null}'):
        with pytest.raises(Poison):
            classify(400, {}, body)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, HTML),
        ({}, b"\n  <html>x"),
        ({"content-type": "text/html; charset=utf-8"}, b"<h1>400</h1>"),
        ({"content-type": "text/html"}, b""),
        ({"content-type": "application/json"}, HTML),
        ({}, b"\xef\xbb\xbf\r\n<!-- x --><html>"),
        ({"content-type": "application/xml"}, b"<?xml version='1.0'?><Error/>"),
    ],
)
def test_an_html_400_is_no_poison(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(Hold, match="HTML"):
        classify(400, headers, body)


def test_a_page_is_no_reason_for_the_data_to_be_refused() -> None:
    for status in (404, 405, 403, 301):
        with pytest.raises(Hold):
            classify(status, {"content-type": "text/html"}, HTML)
    for status in (408, 429, 500, 502, 503, 504):
        with pytest.raises(Retry):
            classify(status, {"content-type": "text/html"}, HTML)


def test_that_ingest_is_off_for_now_is_tried_again() -> None:
    with pytest.raises(Retry, match="disabled"):
        classify(429, {}, error(429, "Log ingest is disabled."))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (STALE, "timestamp"),
        ("3 events were not ingested because of JSON parsing issues", "json"),
        ("1 events were not ingested due to event size limits", "size"),
        ("Success. Some log events were limited.", "size"),
        ("Event(s) have attributes that are too nested for records: 1, 2", "nesting"),
        ("7 events", "other"),
        (None, "other"),
    ],
)
def test_why_events_were_left_out(message: Any, reason: str) -> None:
    assert classify(200, {}, envelope(message)).reason == reason


def test_how_long_a_server_that_took_it_wants_to_rest() -> None:
    reset = {"x-ratelimit-reset": str(int((NOW + 5) * 1e6))}
    for status, body in ((204, b""), (200, envelope("0 events"))):
        found = classify(status, reset | {"x-ratelimit-remaining": "0"}, body, now=NOW)
        assert found.wait == pytest.approx(5, abs=1e-3)
        for headers in ({}, reset, reset | {"x-ratelimit-remaining": "1"}):
            assert classify(status, headers, body, now=NOW).wait == 0
        past = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5"}
        assert classify(status, past, body, now=NOW).wait == 0


def test_json_that_is_called_html_is_poison() -> None:
    with pytest.raises(Poison):
        classify(400, {"content-type": "text/html"}, error(400))


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "99999999999999"}, MAX_AFTER),
        ({"retry-after": formatdate(NOW + 30, usegmt=True)}, 30.0),
        ({"retry-after": formatdate(NOW - 30, usegmt=True)}, 0.0),
        ({"retry-after": formatdate(NOW + 10**7, usegmt=True)}, MAX_AFTER),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "Mon, 99 Foo 2026 99:99:99 GMT"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int((NOW + 5) * 1e6))}, 5.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "x"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "\u00b2"}, None),
        ({"x-ratelimit-remaining": "0"}, None),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": str(int((NOW + 5) * 1e6))}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], after: float | None) -> None:
    for status in (429, 503):
        with pytest.raises(Retry) as caught:
            classify(status, headers, b"", now=NOW)
        assert caught.value.after == (after if after is None else pytest.approx(after, abs=1e-3))


def test_what_is_shown_is_short_printable_and_without_the_token() -> None:
    token = "dt0c01.PUBLIC.SECRETPART"
    body = f"\x1b[31mred\x00 {token} and SECRETPART\r\n\u202e\x9b".encode() + b"\xff" + b"z" * 9999
    text = shown(body, [token])
    assert len(text) == MAX_SHOWN
    assert text.startswith("\\x1b[31mred\\x00 *** and *** \\u202e\\x9b")
    assert text.isprintable()
    assert "SECRETPART" not in text
    assert "SECRETPART" not in classify(200, {}, body, secrets=[token]).message
    for status in (400, 401, 413, 503):
        with pytest.raises((Retry, Hold, TooLarge, Poison)) as caught:
            classify(status, {}, body, secrets=[token])
        assert "SECRETPART" not in str(caught.value)


HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "content-type", "x-ratelimit-reset", "x-ratelimit-remaining"]),
    st.text(max_size=30) | st.integers().map(str),
)


@given(st.integers(0, 999), HEADERS, st.binary() | st.text().map(str.encode) | st.just(HTML))
def test_no_answer_raises_anything_else(status: int, headers: dict[str, str], body: bytes) -> None:
    with contextlib.suppress(Retry, Hold, TooLarge, Poison):
        classify(status, headers, body, secrets=["dt0c01.a.b", "", "x."])
    assert shown(body).isprintable()
