"""The status page in a browser: what somebody sees while events flow, and when they do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.browser import Browser, browser
from tests.system.network import free_port, lines, send_stream
from tests.system.waiting import eventually
from tests.system.way import Way, a_way

pytestmark = pytest.mark.system

TOKEN = "canary-of-the-admin-endpoint"


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, window: Browser) -> Iterator[Way]:
    """A collector whose page is open."""
    endpoint = f"127.0.0.1:{free_port()}"
    directory = tmp_path_factory.mktemp("watched")
    with a_way(directory, service={"admin": {"endpoint": endpoint}}) as way:
        window.open(f"http://{endpoint}/")
        eventually(lambda: window.text("#verdict") == "all is well")
        yield way


def test_it_moves_while_events_flow(watched: Way, window: Browser) -> None:
    assert "syslog" in window.text(".pipeline ul:first-of-type")
    sent = 0

    def flows() -> bool:
        nonlocal sent
        send_stream(watched.port, lines("page", range(sent, sent + 50)))
        sent += 50
        return bool(window.run("return document.querySelector('path.flowing') !== null"))

    eventually(flows)
    eventually(lambda: not window.text(".pipeline ul:last-of-type .rate").startswith("0/s"))
    assert window.complaints() == []


@pytest.mark.usefixtures("watched")
def test_it_shows_what_the_workers_cost(window: Browser) -> None:
    eventually(lambda: "MiB" in window.text("#workers tbody"))
    assert "ms" in window.text("#workers tbody")


@pytest.mark.usefixtures("watched")
def test_it_is_made_anew_under_who_uses_a_keyboard_but_not_under_who_selects(
    window: Browser,
) -> None:
    pipeline = "document.querySelector('.pipeline')"
    window.run(f"{pipeline}.focus(); {pipeline}.dataset.old = 1")
    eventually(lambda: window.run(f"return {pipeline}.dataset.old === undefined"))
    assert window.run(f"return document.activeElement === {pipeline}")
    window.run(f"getSelection().selectAllChildren({pipeline}); {pipeline}.dataset.old = 1")
    window.run("document.querySelector('#facts').firstChild.dataset.old = 1")
    facts = "return document.querySelector('#facts').firstChild.dataset.old === undefined"
    eventually(lambda: window.run(facts))
    assert window.run(f"return {pipeline}.dataset.old") == "1"
    window.run("getSelection().removeAllRanges()")
    eventually(lambda: window.run(f"return {pipeline}.dataset.old === undefined"))


def test_it_shows_what_a_device_sends_as_text(watched: Way, window: Browser) -> None:
    send_stream(watched.port, b"<34>1 - h a - - - \xff<img src=x onerror=alert(1)>\n")
    eventually(lambda: "flagged log records" in window.text("#losses"))
    eventually(
        lambda: "127.0.0.1" in window.text("#tables tbody") or "::1" in window.text("#tables tbody")
    )
    assert window.complaints() == []


def test_it_shows_events_as_they_pass(watched: Way, window: Browser) -> None:
    def tail() -> str:
        send_stream(
            watched.port,
            b"<34>1 - h a - - - tail <img src=x onerror=alert(1)>\n<34>1 - h a - - - no\n",
        )
        return window.text("#tail")

    window.run("document.getElementById('edge').value = 'receiver:syslog'")
    window.write("#where", 'IsMatch(log.body, "^tail")')
    eventually(lambda: window.text("#live-button") == "Stop")
    eventually(lambda: '"body":"tail <img src=x onerror=alert(1)>"' in tail())
    shown = window.run(
        "return [...document.querySelectorAll('#tail li')].map((li) => li.innerText)"
    )
    assert all('"body":"tail ' in line for line in shown)
    assert "events" in window.text("#live-said")
    window.run("document.getElementById('live-button').click()")
    assert window.text("#live-button") == "Start"
    assert window.complaints() == []


def test_it_keeps_the_last_of_many_events(watched: Way, window: Browser) -> None:
    window.run("document.getElementById('where').value = ''")
    window.run("document.getElementById('live-button').click()")

    def rows() -> int:
        send_stream(watched.port, lines("many", range(300)))
        return int(window.run("return document.querySelectorAll('#tail li').length"))

    eventually(lambda: rows() == 200)
    eventually(lambda: "left out" in window.text("#live-said"))
    window.run("document.getElementById('live-button').click()")


@pytest.mark.usefixtures("watched")
def test_it_says_what_is_wrong_with_a_condition(window: Browser) -> None:
    window.run("document.getElementById('where').value = 'log.body = 1'")
    window.run("document.getElementById('live-button').click()")
    eventually(lambda: "^" in window.text("#live-refused"))
    assert "log.body = 1" in window.text("#live-refused")
    assert window.text("#live-button") == "Start"
    window.complaints()  # the browser's, of the refusal: 400


def test_it_shows_a_stalled_exporter(watched: Way, window: Browser) -> None:
    watched.sandbox.fail({"status": 401, "count": 0})
    send_stream(watched.port, lines("stalled", range(5)))
    eventually(lambda: window.text("#verdict") == "needs you: dynatrace")
    assert "held" in window.text(".queue h3")
    assert "401" in window.text(".queue .reason")
    assert "needs you" in window.run("return document.title")
    watched.sandbox.relent()
    eventually(lambda: window.text("#verdict") == "all is well")


def test_it_shows_dead_letters_with_their_reasons(watched: Way, window: Browser) -> None:
    watched.sandbox.fail({"status": 400, "contains": "poisoned", "count": 0})
    bad = b"<14>1 - h a - - - poisoned <b>line</b>\n"
    send_stream(watched.port, lines("good", range(20)) + bad)
    window.run("document.getElementById('letters-details').open = true")
    eventually(lambda: "poisoned <b>line</b>" in window.text("#letters code"))
    assert "400" in window.text("#letters tbody")
    watched.sandbox.relent()


def test_it_asks_for_the_token_and_says_when_nobody_answers(
    tmp_path: Path, window: Browser
) -> None:
    port = free_port()
    admin = {"endpoint": f"0.0.0.0:{port}", "token": TOKEN}
    with a_way(tmp_path, service={"admin": admin}):
        window.open(f"http://127.0.0.1:{port}/")
        eventually(lambda: window.text("#verdict") == "a token is needed")
        window.write("#token", "not this one")
        eventually(lambda: window.text("#refused") == "It is not this one.")
        window.run("document.getElementById('token').value = ''")
        window.write("#token", TOKEN)
        eventually(lambda: window.text("#verdict") == "all is well")
        kept = (
            "return JSON.stringify([localStorage, sessionStorage, document.cookie, location.href])"
        )
        assert TOKEN not in window.run(kept)
        assert TOKEN not in window.run("return document.body.innerText")
    eventually(lambda: window.text("#verdict") == "the collector does not answer")
