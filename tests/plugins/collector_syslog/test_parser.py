"""The parser as a whole: nothing raises, nothing is lost, nothing takes long."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.api import FLAGS, FLAGS_KEY, Event
from collector_syslog.bodies import describe
from collector_syslog.memo import LIMIT
from collector_syslog.parser import Parser

NOW = 1_790_000_000_123_456_789
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
# Pieces of messages, put together in every order: much nearer to syslog than any text is.
PIECES = st.sampled_from([
    "<34>", "<0>", "<191>", "<192>", "<", ">", "1", "1 ", "2 ", " ", "  ", "- ", "-", ":", ": ",
    "2026-09-20T12:46:23.210034Z", "2026-09-20T12:46:23Z", "2026-09-20T12:46:23.123", "2026-09-20",
    "2026-09-20 12:46:23,123 ", "Sep 20 12:46:23 ", "Sep 20 12:46:23", "Sep 31 12:46:23 ",
    "*Mar  1 ", "2020 ", "CET", "EST ", "XYZ: ", " host", "host ", "host", "10.0.0.1 ", "app",
    "app[12]: ", "app: ", "app[", "[12", "]: ", "]", '[a b="c"]', "[a", ' b="', '"', "\\", "\\]",
    "[x y=z]", "; ", "%ASA-6-1: ", "CEF:0|", "{", "[", "\ufeff", "\x00", "\t", "é", "世", "text",
    "notice ", "last message repeated 2 times", "1563249630.77 ", "[10.0.0.1] ", "::1 ", "² ", "٣",
    "Message forwarded from h: ",
])  # fmt: skip
LINES = st.lists(PIECES, max_size=16).map("".join)
REGULAR = st.sampled_from([
    "<34>1 2026-09-20T12:46:23.210034Z host app 12 ID1 - text",
    "<34>1 2026-09-20T12:46:23.5+02:00 host app - - - text",
    '<34>1 2026-09-20T12:46:23Z host app - - [a b="c"][d e="f"] text',
    "<34>Sep 20 12:46:23 host app[12]: text",
    "<4>Sep 20 12:46:23 host app: text",
    "<134>Sep 20 12:46:23 app[12]: text",
    "<34>2026-09-20T12:46:23.210034+02:00 host app[12]: text",
])  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A regular line with up to three pieces put in it, or over a part of it."""
    line = draw(REGULAR)
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(line)))
        line = line[:start] + draw(PIECES) + line[start + draw(st.integers(0, 5)) :]
    return line


def check(line: str, event: Event) -> None:
    assert event.observed_time == NOW
    assert isinstance(event.body, str)
    assert line.endswith(event.body)
    event.body.encode()  # no surrogates
    assert set(event.attributes.get(FLAGS_KEY, [])) <= set(FLAGS)
    assert event.attributes["syslog.priority"] in range(192)
    for key in ("syslog.hostname", "syslog.appname", "syslog.proc_id", "syslog.message_id"):
        value = event.attributes.get(key, "x")
        assert value
        assert value in line or key not in event.attributes
    assert (event.time == NOW) or event.time // 10**9 in range(9_223_372_036)


@given(st.lists(st.one_of(TEXT, LINES, damaged()), max_size=20))
def test_any_text_gives_one_event_a_line_that_keeps_its_end(lines: list[str]) -> None:
    events = Parser().parse(lines, NOW)
    assert len(events) == len(lines)
    for line, event in zip(lines, events, strict=True):
        check(line, event)


@given(st.lists(st.one_of(LINES, damaged()), min_size=1, max_size=12))
def test_an_event_does_not_depend_on_what_came_before(lines: list[str]) -> None:
    parser = Parser()
    alone = [event for line in lines for event in Parser().parse([line], NOW)]
    assert parser.parse(lines, NOW) == alone
    assert parser.parse(lines, NOW) == alone  # by the quick way, as far as there is one
    assert [parser._careful(line, NOW) for line in lines] == alone


@given(st.one_of(LINES, damaged()))
def test_every_word_is_in_the_body_or_in_an_attribute(line: str) -> None:
    (event,) = Parser().parse([line], NOW)
    head = line.removesuffix(event.body)
    said = " ".join(f"{key} {value}" for key, value in event.attributes.items())
    for word in ("host", "app", "text", "ID1", "ASA", "世", "é"):
        assert word not in head or word in said


def test_nothing_gives_nothing() -> None:
    assert Parser().parse([], NOW) == []


def test_an_octet_count_in_a_datagram_is_removed_and_said() -> None:
    text = "<34>Sep 20 12:46:23 host app: text"
    counted, plain = Parser().parse([f"{len(text)} {text}", text], NOW)
    assert counted.attributes.pop(FLAGS_KEY) == ["unexpected_framing"]
    assert counted == plain


def test_a_number_before_no_pri_is_text() -> None:
    (event,) = Parser().parse(["35 <340>text"], NOW)
    assert event.body == "35 <340>text"
    assert event.attributes[FLAGS_KEY] == ["missing_pri"]


def test_the_zone_is_checked_at_once() -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        Parser(zone="Europe/Atlantis")


def test_the_zone_is_the_listeners() -> None:
    line = "<34>Sep 20 12:46:23 host app: text"
    (vienna,) = Parser(zone="Europe/Vienna").parse([line], NOW)
    (utc,) = Parser().parse([line], NOW)
    assert utc.time - vienna.time == 2 * 3600 * 10**9


def test_the_tolerance_is_the_listeners() -> None:
    line = "<34>Sep 25 12:46:23 host app: text"  # four days ahead
    (week,) = Parser().parse([line], NOW)
    (day,) = Parser(future_tolerance=86400.0).parse([line], NOW)
    assert week.time - day.time == 365 * 86400 * 10**9


def test_zone_words_are_the_listeners() -> None:
    line = "<34>Sep 20 12:46:23 IST host app: text"
    (indian,) = Parser().parse([line], NOW)
    (israeli,) = Parser(zone_words={"IST": "+02:00"}).parse([line], NOW)
    assert israeli.time - indian.time == 3.5 * 3600 * 10**9


def test_events_of_one_pri_share_no_attributes() -> None:
    line = "<34>1 2026-09-20T12:46:23.210034Z host app 1 ID1 - text"
    first, second = Parser().parse([line, line], NOW)
    first.attributes["changed"] = True
    assert "changed" not in second.attributes
    (third,) = Parser().parse([line], NOW)
    assert "changed" not in third.attributes


@pytest.mark.untraced
def test_memory_is_bounded() -> None:
    parser = Parser()
    for n in range(2 * LIMIT + 10):
        parser.parse(
            [
                f"<34>Sep 20 {n // 3600:02}:{n // 60 % 60:02}:{n % 60:02} host{n} app{n}: text",
                f'<34>1 2026-09-20T12:00:{n % 60:02}.{n:06}Z h a p m [a{n} b="{n}"] text',
            ],
            NOW,
        )
    stamps = parser._stamps
    held = (stamps.seconds, stamps.tails, stamps.wholes, stamps.recent)
    more = (parser._bsd.hosts, parser._bsd.tags, parser._ietf.elements.remembered)
    assert max(map(len, held)) <= LIMIT
    assert max(map(len, more)) <= LIMIT


HEADER = "<34>1 2026-09-20T12:46:23Z "
BSD = "<34>Sep 20 12:46:23 "
PATHOLOGICAL: list[tuple[str, Callable[[int], str]]] = [
    ("spaces", lambda n: " " * n),
    ("spaces after pri", lambda n: "<34>" + " " * n + "x"),
    ("spaces in header", lambda n: HEADER + " " * n),
    ("spaces after stamp", lambda n: BSD + " " * n + "x"),
    ("spaces after host", lambda n: BSD + "host" + " " * n + "x"),
    ("digits", lambda n: "1" * n),
    ("digits after pri", lambda n: "<34>" + "1" * n),
    ("fraction", lambda n: "<34>2026-09-20T12:46:23." + "1" * n),
    ("word", lambda n: BSD + "a" * n),
    ("tag", lambda n: BSD + "host " + "a" * n + ":"),
    ("digits as pid", lambda n: BSD + "host app[" + "1" * n + "]: text"),
    ("brackets", lambda n: BSD + "host " + "a[" * (n // 2)),
    ("closing brackets", lambda n: BSD + "host app" + "]: " * (n // 3)),
    ("colons", lambda n: BSD + ":" * n),
    ("hex and colons", lambda n: BSD + "a:" * (n // 2)),
    ("dashes", lambda n: BSD + "host: %A" + "-1" * (n // 2)),
    ("elements", lambda n: HEADER + "h a p m " + '[a b="c"]' * (n // 9)),
    ("open element", lambda n: HEADER + "h a p m [a" + ' b="c"' * (n // 6)),
    ("quotes", lambda n: HEADER + "h a p m [a b=" + '"' * n),
    ("quotes and spaces", lambda n: HEADER + "h a p m [a b=" + '" ' * (n // 2)),
    ("quotes and names", lambda n: HEADER + "h a p m [a b=" + ('"' + "c" * 255) * (n // 256)),
    ("backslashes", lambda n: HEADER + 'h a p m [a b="' + "\\" * n),
    ("semicolons", lambda n: HEADER + 'h a p m [a b="c"' + ";" * n),
    ("repeated parameter", lambda n: HEADER + "h a p m [a" + ' b="c"' * (n // 6) + "] text"),
    ("many parameters", lambda n: HEADER + "h a p m [a" + "".join(
        f' {k}="c"' for k in range(n // 8)) + "] text"),
    ("long name", lambda n: HEADER + "h a p m [" + "a" * n + "] text"),
    ("header", lambda n: HEADER + "h" * n + " a p m - text"),
    ("bom", lambda n: "\ufeff" * n),
    ("json", lambda n: "<34>" + "{" * n),
    ("counters", lambda n: "<34>" + "1: " * (n // 3)),
    ("hosts and colons", lambda n: "<34>" + "a: " * (n // 3)),
    ("hexadecimal host", lambda n: "<34>1: " + "a:" * (n // 2)),
    ("nodes", lambda n: "<34>h " + "A/" * (n // 2) + ":"),
    ("uptimes", lambda n: "<34>" + "1w" * (n // 2) + ": %A-1-B: x"),
    ("mnemonic", lambda n: "<34>%A" + "-a" * (n // 2) + ": x"),
    ("asides", lambda n: BSD + "h " + "notice " * (n // 7) + "a: x"),
    ("numbers behind a host", lambda n: BSD + "h " + "12345 " * (n // 6) + "a: x"),
    ("slashes", lambda n: "<34>" + "01/" * (n // 3)),
]  # fmt: skip


BODIES: list[tuple[str, Callable[[int], str]]] = [
    ("cef header", lambda n: "CEF:0|" + "\\|" * (n // 2)),
    ("cef keys", lambda n: "CEF:0|a|b|c|d|e|f|" + "k=v " * (n // 4)),
    ("cef words", lambda n: "CEF:0|a|b|c|d|e|f|k=" + "w " * (n // 2)),
    ("cef spaces", lambda n: "CEF:0|a|b|c|d|e|f|k=" + " " * n),
    ("leef", lambda n: "LEEF:1.0|a|b|c|d|" + "k=v|" * (n // 4)),
    ("leef without keys", lambda n: "LEEF:1.0|a|b|c|d|k=v" + "|" * n),
    ("leef words", lambda n: "LEEF:1.0|a|b|c|d|k=v" + "|a" * (n // 2)),
    ("pairs", lambda n: "k=v " * (n // 4)),
    ("commas", lambda n: "k=" + "," * n),
    ("commas and words", lambda n: "k=" + ",a" * (n // 2)),
    ("quotes", lambda n: "k=" + '"' * n),
    ("open quotes", lambda n: 'k="' * (n // 3)),
    ("backslashes", lambda n: 'k="' + "\\" * n),
    ("long word", lambda n: "k=v " + "a" * n),
    ("braces", lambda n: '{"a":' * (n // 5)),
]


def is_linear(seconds: Callable[[str], float], short: str, long: str) -> bool:
    """Four times the length: four times the time, where quadratic code needs sixteen times.

    Measured again only when something else may have disturbed it.
    """
    return any(seconds(long) < 10 * seconds(short) + 0.05 for _ in range(2))


@pytest.mark.untraced
@pytest.mark.parametrize("make", [make for _, make in BODIES], ids=[name for name, _ in BODIES])
def test_time_is_linear_in_the_length_of_a_body(make: Callable[[int], str]) -> None:
    def seconds(body: str) -> float:
        event = Event(NOW, body, {})
        start = time.process_time()
        describe(event, "auto")
        return time.process_time() - start

    assert is_linear(seconds, make(100_000), make(400_000))


@pytest.mark.untraced
@pytest.mark.parametrize(
    "make", [make for _, make in PATHOLOGICAL], ids=[name for name, _ in PATHOLOGICAL]
)
def test_time_is_linear_in_the_length(make: Callable[[int], str]) -> None:
    def seconds(line: str) -> float:
        parser = Parser()
        start = time.process_time()
        (event,) = parser.parse([line], NOW)
        spent = time.process_time() - start
        check(line, event)
        return spent

    assert is_linear(seconds, make(200_000), make(800_000))
