"""Endpoint and token: what is accepted, and what a refusal says."""

from __future__ import annotations

import re

import pytest

from collector_dynatrace.endpoint import Auth, authorization, ingest_url, is_local

INGEST = "/api/v2/logs/ingest"
PUBLIC, SECRET = "P" * 24, "S" * 64
TOKEN = f"dt0c01.{PUBLIC}.{SECRET}"

URLS = {
    "https://abc.live.dynatrace.com": f"https://abc.live.dynatrace.com{INGEST}",
    " https://abc.live.dynatrace.com/ ": f"https://abc.live.dynatrace.com{INGEST}",
    "ABC.live.dynatrace.com": f"https://abc.live.dynatrace.com{INGEST}",
    f"https://abc.live.dynatrace.com{INGEST}": f"https://abc.live.dynatrace.com{INGEST}",
    f"https://abc.live.dynatrace.com{INGEST}/": f"https://abc.live.dynatrace.com{INGEST}",
    "https://ag:9999/e/abc": f"https://ag:9999/e/abc{INGEST}",
    "ag.example:9999/e/abc/": f"https://ag.example:9999/e/abc{INGEST}",
    f"https://ag:8021/e/Abc{INGEST}": f"https://ag:8021/e/Abc{INGEST}",
    "https://ag/e/abc": f"https://ag/e/abc{INGEST}",
    "https://[2001:db8::1]:9999/e/abc": f"https://[2001:db8::1]:9999/e/abc{INGEST}",
    "http://127.0.0.1:14499/v2/logs/ingest": "http://127.0.0.1:14499/v2/logs/ingest",
    "http://localhost:9999": f"http://localhost:9999{INGEST}",
    "http://[::1]:9999/e/x": f"http://[::1]:9999/e/x{INGEST}",
}

NO_URL = "expected a URL, such as https://abc12345.live.dynatrace.com"
LIKE_A_TOKEN = f"{NO_URL}; this looks like a token"
PORT = "expected a port from 1 to 65535"

BAD_URLS = {
    "": NO_URL,
    "  ": NO_URL,
    "https://": NO_URL,
    "https:///api": NO_URL,
    f"dt0c01.CANARY.{SECRET}": LIKE_A_TOKEN,
    "dt0s16.CANARY.x": LIKE_A_TOKEN,
    " DT0S02.CANARY": LIKE_A_TOKEN,
    "https://Dt0s08.CANARY/e/x": LIKE_A_TOKEN,
    "https://user@dt0c01.CANARY": LIKE_A_TOKEN,
    "https://host/e/dt0c01.CANARY": LIKE_A_TOKEN,
    f"CANARY.{SECRET}": LIKE_A_TOKEN,
    f"CANARY.{'a.' * 130}": LIKE_A_TOKEN,
    "https://CANARY..x": NO_URL,
    "https://CANARY%2Ex": NO_URL,
    "https://CANARY.apps.dynatrace.com": ".apps.",
    "https://CANARY.live.apps.dynatrace.com/x": ".apps.",
    "https://CANARY:9999": "/e/ID",
    "https://CANARY:9999/api/v2/logs/ingest": "/e/ID",
    "http://CANARY.live.dynatrace.com": "plain http",
    "http://10.0.0.1:9999/e/CANARY": "plain http",
    "https://user:CANARY@host/": "user or password",
    "https://CANARY@host/": "user or password",
    "https://host/?api-token=CANARY": "token",
    "https://host/?Api-Token=CANARY": "token",
    "https://host/?structure=CANARY": "query",
    "https://host/#CANARY": "query",
    "ftp://CANARY/": "scheme",
    "https://host:CANARY/": NO_URL,
    "https://host:-1/CANARY": NO_URL,
    "https://host:/CANARY": NO_URL,
    "https://host:0/CANARY": PORT,
    "https://host:99999/CANARY": PORT,
    f"http://127.0.0.1:{'9' * 5000}/CANARY": PORT,
    "https://[::CANARY/": NO_URL,
    "https://[CANARY]/": NO_URL,
    "https://[::1]CANARY/": NO_URL,
    "https://hö.CANARY/": NO_URL,
    "https://ho st/CANARY": NO_URL,
    'https://host/"CANARY': NO_URL,
}


@pytest.mark.parametrize(("text", "url"), URLS.items())
def test_urls(text: str, url: str) -> None:
    assert ingest_url(text) == url
    assert ingest_url(url) == url


@pytest.mark.parametrize(("text", "said"), BAD_URLS.items())
def test_urls_that_are_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        ingest_url(text)
    assert "CANARY" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_oneagent_is_known_by_its_path() -> None:
    assert is_local("http://127.0.0.1:14499/v2/logs/ingest")
    assert not is_local(f"http://127.0.0.1:14499{INGEST}")


@pytest.mark.parametrize(
    ("token", "auth", "header"),
    [
        (TOKEN, "auto", f"Api-Token {TOKEN}"),
        (f" {TOKEN}\n", "auto", f"Api-Token {TOKEN}"),
        (TOKEN, "api-token", f"Api-Token {TOKEN}"),
        (TOKEN, "bearer", f"Bearer {TOKEN}"),
        (f"dt0s16.{PUBLIC}.{SECRET}", "auto", f"Bearer dt0s16.{PUBLIC}.{SECRET}"),
        ("eyJhbGciOi.eyJzdWIi.c2ln", "auto", "Bearer eyJhbGciOi.eyJzdWIi.c2ln"),
        ("opaque", "bearer", "Bearer opaque"),
    ],
)
def test_tokens(token: str, auth: Auth, header: str) -> None:
    assert authorization(token, auth) == header


@pytest.mark.parametrize(
    ("token", "auth", "said"),
    [
        ("", "auto", "empty"),
        (" \n", "bearer", "empty"),
        (TOKEN[:-1], "auto", "malformed"),
        (f"{TOKEN}x", "auto", "malformed"),
        ("dt0c01", "auto", "malformed"),
        ("CANARY", "auto", "auth: bearer"),
        ("CANARY", "api-token", "malformed"),
        (f"{TOKEN} CANARY", "auto", "space"),
        (f"{TOKEN}\r\nX: CANARY", "bearer", "space"),
        ("CANARYö", "bearer", "space"),
    ],
)
def test_tokens_that_are_refused(token: str, auth: Auth, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        authorization(token, auth)
    assert "CANARY" not in str(caught.value)
    assert SECRET not in str(caught.value)
