"""Names, offsets and words of time zones."""

from datetime import UTC, datetime, timedelta

import pytest

from collector_syslog.zone import WORDS, ZoneWords, seconds, zone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Z", 0),
        ("z", 0),
        ("+02:00", 7200),
        ("+0200", 7200),
        ("-0530", -19800),
        ("+02", 7200),
        ("-00:00", 0),
        ("+14:00", 50400),
        ("+24:00", None),
        ("+02:60", None),
        ("02:00", None),
        ("CET", None),
        ("", None),
    ],
)
def test_offsets(text: str, expected: int | None) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("CET", 1),
        ("CEST", 2),
        ("UTC", 0),
        ("EST", -5),
        ("IST", 5.5),
        ("TZ-6", -6),
        ("GMT+2", 2),
        ("UTC+05:30", 5.5),
        ("+02:00", 2),
    ],
)
def test_words(text: str, hours: float) -> None:
    assert ZoneWords({}).seconds(text) == hours * 3600


@pytest.mark.parametrize("text", ["XYZ", "cet", "GMT2", "", "TZ"])
def test_unknown_words_are_none(text: str) -> None:
    assert ZoneWords({}).seconds(text) is None


def test_own_words_go_first() -> None:
    words = ZoneWords({"IST": "+02:00", "xyz": "-01:00"})
    assert words.seconds("IST") == 7200
    assert words.seconds("XYZ") == -3600


def test_own_words_are_checked() -> None:
    with pytest.raises(ValueError, match=r"zone word IST: expected an offset such as \+02:00"):
        ZoneWords({"IST": "Israel"})


def test_no_word_is_said_twice() -> None:
    words = " ".join(WORDS.values()).split()
    assert len(words) == len(set(words))


def test_zones_by_name_and_by_offset() -> None:
    assert zone("utc") is UTC
    assert zone("+02:00").utcoffset(None) == timedelta(hours=2)
    summer = datetime(2026, 7, 1, tzinfo=zone("Europe/Vienna"))
    assert summer.utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize(
    "name", ["Europe/Atlantis", "", "../../etc/passwd", "Europe", "/etc/localtime"]
)
def test_unknown_zones_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"unknown time zone .* expected an IANA name"):
        zone(name)
