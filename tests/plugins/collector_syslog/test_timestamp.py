"""Every form of timestamp of spec section 4, and how they are remembered."""

from datetime import UTC, datetime

import pytest

from collector_syslog.timestamp import Stamp, Timestamps
from collector_syslog.zone import ZoneWords, zone

WEEK = 7 * 86400.0


def ns(text: str, nanoseconds: int = 0) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return int(moment.timestamp()) * 10**9 + nanoseconds


def reader(now: str = "2026-08-22 12:00:00", name: str = "UTC") -> Timestamps:
    stamps = Timestamps(zone(name), ZoneWords({}), WEEK)
    stamps.at(ns(now))
    return stamps


ROWS = [
    # 1: RFC 3339 and what is nearly that
    ("2018-06-27T12:17:46.123456Z", ns("2018-06-27 12:17:46", 123456000)),
    ("2018-06-27T12:17:46Z", ns("2018-06-27 12:17:46")),
    ("2018-06-27T12:17:46z", ns("2018-06-27 12:17:46")),
    ("2018-06-27t12:17:46.1z", ns("2018-06-27 12:17:46", 100000000)),
    ("2018-06-27T12:17:46+02:00", ns("2018-06-27 10:17:46")),
    ("2018-06-27T12:17:46.5-0500", ns("2018-06-27 17:17:46", 500000000)),
    ("2018-06-27T12:17:46.123456789Z", ns("2018-06-27 12:17:46", 123456789)),
    ("2018-06-27T12:17:46.1234567891234Z", ns("2018-06-27 12:17:46", 123456789)),
    ("2022-08-17T05:02:28.217", ns("2022-08-17 05:02:28", 217000000)),
    # 2: with a space and a comma
    ("2022-08-17 05:02:28,417", ns("2022-08-17 05:02:28", 417000000)),
    ("2022-08-17 05:02:28 +0200", ns("2022-08-17 03:02:28")),
    ("2022-08-17 05:02:28 CEST", ns("2022-08-17 03:02:28")),
    # 3: BSD
    ("Aug 21 17:46:12", ns("2026-08-21 17:46:12")),
    ("Aug  1 17:46:12", ns("2026-08-01 17:46:12")),
    ("Aug 1 17:46:12", ns("2026-08-01 17:46:12")),
    ("AUG  1 17:46:12", ns("2026-08-01 17:46:12")),
    ("aug 01 17:46:12", ns("2026-08-01 17:46:12")),
    # 4: with a fraction
    ("Aug 21 17:46:12.123", ns("2026-08-21 17:46:12", 123000000)),
    ("Aug 21 17:46:12,123456", ns("2026-08-21 17:46:12", 123456000)),
    ("Aug 21 17:46:12.123456789", ns("2026-08-21 17:46:12", 123456789)),
    # 5: with a year
    ("Jan 31 2020 17:24:03", ns("2020-01-31 17:24:03")),
    ("Jan 27 14:13:39 2022", ns("2022-01-27 14:13:39")),
    ("2020 Oct 26 10:33:18", ns("2020-10-26 10:33:18")),
    ("2020 Oct 26 10:33:18 CET", ns("2020-10-26 09:33:18")),
    # 6: with a zone
    ("Aug 21 17:46:12 CET", ns("2026-08-21 16:46:12")),
    ("Aug 21 17:46:12 EST", ns("2026-08-21 22:46:12")),
    ("Aug 21 17:46:12 UTC", ns("2026-08-21 17:46:12")),
    ("Aug 21 17:46:12.123 CEST", ns("2026-08-21 15:46:12", 123000000)),
    ("Aug 21 17:46:12 GMT+2", ns("2026-08-21 15:46:12")),
    ("Aug 21 17:46:12 +02:00", ns("2026-08-21 15:46:12")),
    ("Aug 21 17:46:12 2026 CEST", ns("2026-08-21 15:46:12")),
    ("Aug 24 05:34:00 CST 1987", ns("1987-08-24 11:34:00")),  # RFC 3164 section 5.4
    ("1990 Oct 22 10:52:01 TZ-6", ns("1990-10-22 16:52:01")),  # RFC 3164 section 5.4
]


@pytest.mark.parametrize("after", ["", " host", ": host", ":", "\thost"])
@pytest.mark.parametrize(("text", "time"), ROWS)
def test_forms(text: str, time: int, after: str) -> None:
    stamps = reader()
    expected = Stamp(time, len("<1>") + len(text) + after.startswith(":"))
    for _ in range(3):  # what was remembered says the same
        assert stamps.read(f"<1>{text}{after}", 3) == expected


@pytest.mark.parametrize(
    ("text", "quality"),
    [("*Mar  1 18:48:50.483", "never_synchronized"), (".Mar  1 18:48:50", "synchronization_lost")],
)
def test_ciscos_mark_says_how_good_the_clock_is(text: str, quality: str) -> None:
    stamp = reader().read(text + " UTC: %SYS-5-CONFIG_I: text", 0)
    assert stamp is not None
    assert stamp.quality == quality
    assert stamp.end == len(text + " UTC:")
    assert stamp.time is not None
    assert stamp.time // 10**9 == ns("2026-03-01 18:48:50") // 10**9


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Oct 11",
        "Oct 11 22:14",
        "Okt 11 22:14:15",
        "October 11 22:14:15",
        "Oct 11 22:14:15x",
        "Oct 11 22:14:15.",
        "2026-01-01",
        "2026-01-01T",
        "20260101T000000Z",
        "2026-01-01T00:00:00Zx",
        "00:20:10: %SYS",
        "1w2d: %SYS",
        "User logged in",
    ],
)
def test_what_is_no_timestamp_is_none(text: str) -> None:
    assert reader().read(text, 0) is None


@pytest.mark.parametrize(
    "text",
    [
        "Feb 30 12:00:00",
        "Oct 11 25:14:15",
        "Feb 29 2023 12:00:00",
        "2026-13-45T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "0000-01-01T00:00:00",
        "2026-01-01T00:00:00+99:00",
        "9999 Oct 1 00:00:00",
        "Oct 11 9999 22:14:15",
    ],
)
def test_what_names_no_time_is_consumed_and_bad(text: str) -> None:
    assert reader().read(text + " host", 0) == Stamp(None, len(text))


@pytest.mark.parametrize("text", ["Aug 21 17:46:12 XYZ: %SYS-5", "Aug 21 17:46:12 XYZ 2026 host"])
def test_unknown_zone_is_said_and_the_listeners_zone_assumed(text: str) -> None:
    stamp = reader(name="+02:00").read(text, 0)
    assert stamp is not None
    assert stamp.unknown_zone
    assert stamp.time == ns("2026-08-21 15:46:12")


@pytest.mark.parametrize(
    "word", ["CRON: text", "ABC app: text", "host 1999 x", "Web: text", "1234x"]
)
def test_a_word_that_may_be_something_else_is_no_zone(word: str) -> None:
    assert reader().read(f"Aug 21 17:46:12 {word}", 0) == Stamp(ns("2026-08-21 17:46:12"), 15)


def test_the_listeners_zone_follows_the_season() -> None:
    stamps = reader(name="Europe/Vienna")
    for text, time in [
        ("Aug 21 17:46:12", ns("2026-08-21 15:46:12")),
        ("Jan 21 17:46:12", ns("2026-01-21 16:46:12")),
        ("2025-01-21T17:46:12.5", ns("2025-01-21 16:46:12", 500000000)),
    ]:
        assert stamps.read(text, 0) == Stamp(time, len(text))


def test_what_is_remembered_is_forgotten_when_the_year_changes() -> None:
    stamps = reader("2025-12-28 23:59:59")
    text = "Jan  5 00:00:00 host"
    assert stamps.read(text, 0) == Stamp(ns("2025-01-05"), 15)
    assert stamps.recent == {"Jan  5 00:00:00 ": ns("2025-01-05")}
    stamps.at(ns("2025-12-29 00:00:00"))
    assert stamps.recent == {}
    assert stamps.read(text, 0) == Stamp(ns("2026-01-05"), 15)
    stamps.at(ns("2025-12-28 23:00:00"))  # a clock that was put back
    assert stamps.read(text, 0) == Stamp(ns("2025-01-05"), 15)


def test_an_hour_that_comes_twice_is_not_remembered() -> None:
    stamps = reader("2026-10-25 00:30:05", "Europe/Vienna")
    assert stamps.read("Oct 25 02:30:00 host", 0) == Stamp(ns("2026-10-25 00:30:00"), 15)
    stamps.at(ns("2026-10-25 01:30:05"))
    assert stamps.read("Oct 25 02:30:00 host", 0) == Stamp(ns("2026-10-25 01:30:00"), 15)


def test_parts_that_were_read_are_put_together_again() -> None:
    stamps = reader()
    assert stamps.iso("2026-08-22T12:00:00.123456+02:00") is None
    stamps.read("2026-08-22T12:00:00.123456+02:00", 0)
    stamps.read("2026-08-22T12:00:01.999Z", 0)
    assert stamps.iso("2026-08-22T12:00:01.001456+02:00") == ns("2026-08-22 10:00:01", 1456000)
    assert stamps.iso("2026-08-22T12:00:00.000Z") == ns("2026-08-22 12:00:00")


@pytest.mark.parametrize(
    "text", ["2026-08-22T12:00:00.123", "2026-08-22T12:00:00", "2026-08-22T12:00:00.-12Z", ""]
)
def test_parts_are_not_put_together_for_other_forms(text: str) -> None:
    stamps = reader()
    stamps.read("2026-08-22T12:00:00.123Z", 0)
    stamps.read("2026-08-22T12:00:00Z", 0)
    stamps.read("2026-08-22T12:00:00", 0)
    stamps.read("2026-08-22T12:00:00.123", 0)
    assert stamps.iso(text) is None


def test_merakis_epoch() -> None:
    text = "1563249630.774247467 devicename"
    assert reader().epoch(text, 0) == Stamp(1563249630774247467, 20)
    assert reader().epoch("1563249630 x", 0) == Stamp(1563249630 * 10**9, 10)
    assert reader().epoch("15632.5 x", 0) is None
