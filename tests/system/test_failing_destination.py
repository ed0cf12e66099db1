"""Every way in which a destination fails: whatever it answers, each event is accounted for.

`Collector.settled` looks at the account over and over: it must balance at any instant.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from tests.system.collecting import Account
from tests.system.network import lines, send_stream, texts
from tests.system.waiting import eventually
from tests.system.way import Way, a_way

pytestmark = pytest.mark.system

#: Few enough to be read, gathered and sent together.
_NUMBER = 200
_PARTIAL = {"details": {"code": 200, "message": "7 events were not ingested because of their time"}}
_HTML = "<html><body>Proxy: who are you?</body></html>"


@pytest.fixture(scope="module")
def one_way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    """A pair for this module; one request at a time, so that the faults meet known requests."""
    with a_way(tmp_path_factory.mktemp("faults"), concurrency=1) as pair:
        yield pair


@pytest.fixture(scope="module")
def impatient(one_way: Way, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    """A collector that waits a second for an answer; its log is looked at too."""
    with a_way(tmp_path_factory.mktemp("impatient"), one_way.sandbox, timeout="1s") as pair:
        yield pair


class _Case(NamedTuple):
    """Faults in turn, and what they do to `_NUMBER` events."""

    faults: list[dict[str, Any]]
    rejected: int = 0
    #: How often each event is stored at the end.
    copies: int = 1
    #: Requests by what became of them.
    requests: Mapping[str, int] = MappingProxyType({})
    #: Requests taken in part, without a number that says which part.
    partly: int = 0
    #: Seconds that it takes at least.
    takes: float = 0.0


_CASES = {
    "503 with Retry-After": _Case(
        [{"status": 503, "retry_after": 1}], requests={"retry": 1, "sent": 1}, takes=1.0
    ),
    "503 until a date": _Case(
        [{"status": 503, "retry_after_date": 1.5}], requests={"retry": 1, "sent": 1}
    ),
    "429 again and again": _Case([{"status": 429, "count": 4}], requests={"retry": 4, "sent": 1}),
    "500, 502, 504, 408": _Case(
        [{"status": status} for status in (500, 502, 504, 408)], requests={"retry": 4, "sent": 1}
    ),
    "reset before the body": _Case([{"reset": "before", "count": 2}]),
    "reset after the body": _Case([{"reset": "after", "count": 2}]),
    "taken without an answer": _Case([{"drop_answer": True}], copies=2),
    "late answers": _Case([{"status": 503, "delay": 0.1}, {"delay": 0.1}], requests={"retry": 1}),
    "200, taken in part": _Case([{"status": 200, "json": _PARTIAL}], rejected=7),
    "200, in the words of another edition": _Case(
        [{"status": 200, "json": {"success": _PARTIAL["details"]}}], rejected=7
    ),
    "200, null details": _Case([{"status": 200, "json": {"details": None}}], partly=1),
    "200, null message": _Case(
        [{"status": 200, "json": {"details": {"code": None, "message": None}}}], partly=1
    ),
    "200, empty": _Case([{"status": 200, "body": ""}], partly=1),
    "200, garbage": _Case([{"status": 200, "body": "\0{[' 7 <"}], partly=1),
    "200, more refused than sent": _Case(
        [{"status": 200, "json": {"details": {"message": "9999 events were not ingested"}}}],
        rejected=_NUMBER,
    ),
    # Whoever answers so is not the API, and has not taken anything.
    "200 from a proxy": _Case(
        [{"status": 200, "html": _HTML, "accept": False}], requests={"hold": 1, "sent": 1}
    ),
    "404, 502, 503 from a proxy": _Case(
        [{"status": status, "html": _HTML} for status in (404, 502, 503)],
        requests={"hold": 1, "retry": 2, "sent": 1},
    ),
    "401, then accepted": _Case([{"status": 401, "count": 2}], requests={"hold": 2, "sent": 1}),
    "402, 403, 404, 405, 501": _Case(
        [{"status": status} for status in (402, 403, 404, 405, 501)],
        requests={"hold": 5, "sent": 1},
    ),
    "a redirect": _Case(
        [{"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}}], requests={"hold": 1}
    ),
    "400 from a proxy": _Case([{"status": 400, "html": _HTML}], requests={"hold": 1, "sent": 1}),
    "413 twice": _Case([{"status": 413, "count": 2}], requests={"too_large": 2, "sent": 3}),
    "everything at once": _Case(
        [
            *({"status": 413}, {"status": 503}, {"reset": "after"}, {"status": 401}),
            *({"status": 413}, {"drop_answer": False, "status": 500}, {"status": 429}),
        ],
        requests={"too_large": 2, "sent": 3},
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_every_event_is_accounted_for(one_way: Way, name: str) -> None:
    case, source = _CASES[name], one_way.collector
    before, requests = Account(source.metrics(), "dynatrace"), _requests(one_way)
    partly = source.metrics()("exporter_partial_unknown")
    one_way.sandbox.fail(*case.faults)
    tag = "".join(letter for letter in name if letter.isalnum())
    began = time.monotonic()
    send_stream(one_way.port, lines(tag, range(_NUMBER)))
    eventually(lambda: not one_way.sandbox.failing)
    one_way.sandbox.arrived(f"{tag}-", case.copies * _NUMBER)
    after = source.settled()
    events = one_way.sandbox.events(f"{tag}-")
    assert time.monotonic() - began > case.takes

    assert Counter(event["content"] for event in events) == dict.fromkeys(
        texts(tag, range(_NUMBER)), case.copies
    )
    assert len({event["log.record.uid"] for event in events}) == _NUMBER
    assert after.taken - before.taken == _NUMBER
    assert after.rejected - before.rejected == case.rejected
    assert after.sent - before.sent == _NUMBER - case.rejected
    assert (after.dropped, after.dead_lettered) == (before.dropped, before.dead_lettered)
    assert (_requests(one_way) - requests) >= Counter(case.requests)
    assert source.metrics()("exporter_partial_unknown") - partly == case.partly


def _requests(way: Way) -> Counter[str]:
    """Requests that ended, by outcome."""
    metrics = way.collector.metrics()
    outcomes = ("sent", "retry", "hold", "too_large", "poison")
    return Counter({word: metrics("exporter_requests", outcome=word) for word in outcomes})


def test_nothing_is_lost_or_doubled_under_load(one_way: Way, tmp_path: Path) -> None:
    """Several requests at a time, and most of them fail."""
    number, chance = 6000, random.Random(11)
    kinds: list[dict[str, Any]] = [
        *({"status": status} for status in (401, 413, 413, 429, 500, 503)),
        *({"reset": "before"}, {"reset": "after"}, {"status": 503, "delay": 0.02}),
    ]
    with a_way(tmp_path, one_way.sandbox, batch={"max_events": 250, "max_age": "10ms"}) as way:
        way.sandbox.fail(*chance.choices(kinds, k=60))
        send_stream(way.port, lines("load", range(number)))
        account = eventually(way.collector.settled, lambda account: account.taken == number)
        stored = way.sandbox.contents("load-", account.sent)
    # A request that is down to one event and is still too large is for the dead letter.
    assert account.sent + account.dead_lettered == number
    assert len(set(stored)) == len(stored) == account.sent > 0.99 * number


def test_a_request_without_an_answer_is_sent_again(impatient: Way) -> None:
    """Perhaps it was taken: its events have the same identity when they come again."""
    before = Account(impatient.collector.metrics(), "dynatrace")
    impatient.sandbox.fail({"delay": 60})
    send_stream(impatient.port, lines("late", range(10)))
    events = impatient.sandbox.arrived("late-", 20)
    account = impatient.collector.settled()
    assert len({event["log.record.uid"] for event in events}) == 10
    assert (account.taken - before.taken, account.sent - before.sent) == (10, 10)


def test_a_poisoned_event_ends_in_the_dead_letter_and_the_others_arrive(one_way: Way) -> None:
    """Refused are the whole, its first half, that one's first half ... down to one event."""
    before = Account(one_way.collector.metrics(), "dynatrace")
    one_way.sandbox.fail({"status": 400, "count": 4})
    send_stream(one_way.port, lines("poison", range(8)))
    assert one_way.sandbox.contents("poison-", 7) == texts("poison", range(1, 8))
    account = eventually(one_way.collector.settled, lambda account: account.dead_lettered > 0)
    (letter,) = (one_way.collector.data_dir / "deadletter").iterdir()
    assert (account.taken - before.taken, account.sent - before.sent) == (8, 7)
    assert account.dead_lettered == 1
    (line,) = letter.read_text().splitlines()
    entry = json.loads(line)
    assert (entry["component"], entry["reason"]) == ("dynatrace", "poison")
    assert json.loads(entry["row"])["content"] == "poison-000000"
    assert letter.stat().st_mode & 0o077 == 0


def test_a_429_that_lasts_is_shown_in_the_words_of_the_server(impatient: Way) -> None:
    source = impatient.collector
    impatient.sandbox.fail({"status": 429, "body": "log ingest is disabled", "count": 0})
    send_stream(impatient.port, lines("disabled", range(10)))
    eventually(lambda: "429: log ingest is disabled" in source.log)
    status, text = source.ask("/healthz")
    assert status == 200
    assert "429: log ingest is disabled" in text
    impatient.sandbox.relent()
    assert impatient.sandbox.contents("disabled-", 10) == texts("disabled", range(10))
    source.settled()
    (line,) = [line for line in source.log.splitlines() if "disabled" in line]
    assert " WARN " in line


def test_a_hold_is_said_once_and_seen_in_health(impatient: Way) -> None:
    """And the token is not shown, though the server quotes it."""
    source, token, before = impatient.collector, "S" * 64, impatient.collector.log
    holds = _requests(impatient)["hold"]
    impatient.sandbox.fail({"status": 401, "body": f"token {token} expired", "count": 0})
    send_stream(impatient.port, lines("held", range(10)))
    asked = eventually(lambda: source.ask("/healthz"), lambda said: said[0] == 503)
    eventually(lambda: _requests(impatient)["hold"] >= holds + 3)
    impatient.sandbox.relent()
    impatient.sandbox.arrived("held-", 10)
    eventually(lambda: source.ask("/healthz")[0] == 200)
    log = source.log.removeprefix(before)
    assert "the token was not accepted" in asked[1]
    (line,) = [line for line in log.splitlines() if " ERROR " in line]
    assert "on hold" in line
    assert "sending again" in log
    assert token not in log + asked[1]
