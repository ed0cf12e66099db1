"""PRI: RFC 5424 section 6.2.1, RFC 3164 section 4.1.1."""

import pytest

from collector.api import FLAGS_KEY, Event
from collector_syslog.parser import Parser
from collector_syslog.priority import HEAD_SIZE, HEADS, PRIORITIES, read

NOW = 1_790_000_000 * 10**9


def parse(line: str) -> Event:
    (event,) = Parser().parse([line], NOW)
    return event


@pytest.mark.parametrize(
    ("severity", "number", "text"),
    [
        (0, 21, "emerg"),
        (1, 19, "alert"),
        (2, 18, "crit"),
        (3, 17, "err"),
        (4, 13, "warning"),
        (5, 10, "notice"),
        (6, 9, "info"),
        (7, 5, "debug"),
    ],
)
def test_severity_is_opentelemetrys_number_and_syslogs_word(
    severity: int, number: int, text: str
) -> None:
    event = parse(f"<{20 * 8 + severity}>text")
    assert (event.severity_number, event.severity_text) == (number, text)
    assert event.attributes == {
        "syslog.facility": 20,
        "syslog.severity": severity,
        "syslog.priority": 160 + severity,
    }


@pytest.mark.parametrize("value", range(192))
def test_every_pri_is_the_same_in_every_form(value: int) -> None:
    parser = Parser()
    forms = (
        f"<{value}>text",
        f"<{value:03}>text",
        f"<{value}>1 2026-01-02T03:04:05.123456Z h a p m - text",
        f"<{value}>Nov  3 03:04:05 h a[1]: text",
        f"<{value}>2026-01-02T03:04:05Z h a[1]: text",
    )
    for line in forms * 2:
        (event,) = parser.parse([line], NOW)
        expected = (value >> 3, value & 7, value)
        keys = ("syslog.facility", "syslog.severity", "syslog.priority")
        assert tuple(event.attributes[key] for key in keys) == expected
        assert event.body == "text"
        assert (event.severity_number, event.severity_text) == PRIORITIES[value][:2]


@pytest.mark.parametrize(
    "line",
    [
        "<192>text",
        "<999>text",
        "<65536>text",
        "<>text",
        "<-1>text",
        "< 34>text",
        "<34 text",
        "<3",
        "<",
        "<189 Feb 3 12:00:00 h text",
        "<١٢>text",
        "text",
        "",
        "34>text",
    ],
)
def test_invalid_pri_is_assumed_to_be_13_and_stays_in_the_body(line: str) -> None:
    event = parse(line)
    assert event.body == line
    assert event.attributes["syslog.priority"] == 13
    assert event.attributes[FLAGS_KEY] == ["missing_pri"]
    assert (event.severity_number, event.severity_text) == (10, "notice")


def test_a_message_without_pri_is_parsed_all_the_same() -> None:
    event = parse("Oct 11 22:14:15 host app[1]: text")
    assert event.attributes["syslog.hostname"] == "host"
    assert event.body == "text"
    assert event.attributes[FLAGS_KEY] == ["missing_pri"]


def test_read_gives_the_end_of_the_pri() -> None:
    found = read("xx<34>text", 2)
    assert found is not None
    assert found[1] == 6
    assert read("<34>", 1) is None


def test_heads_tell_apart_all_that_begins_regularly() -> None:
    for protocol, kinds in (("auto", 2), ("rfc3164", 1), ("rfc5424", 1)):
        assert len({id(head) for head in HEADS[protocol].values()}) == kinds * 192
    assert max(map(len, HEADS)) == HEAD_SIZE
