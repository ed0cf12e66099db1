"""The year rule and the changes of zones: the tables of spec section 4."""

from datetime import UTC, datetime, tzinfo

import pytest

from collector_syslog.clock import Civil, in_year, local, newest, utc
from collector_syslog.zone import zone

WEEK = 7 * 86400.0


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def civil(text: str) -> Civil:
    return Civil(*datetime.fromisoformat(text).timetuple()[:6])


@pytest.mark.parametrize(
    ("now", "month", "day", "clock", "year"),
    [
        ("2026-01-01 00:00:05", 12, 31, (23, 59, 59), 2025),
        ("2025-12-31 23:59:58", 1, 1, (0, 0, 1), 2026),
        ("2026-03-01", 2, 29, (12, 0, 0), 2024),
        ("2028-02-28 23:59", 2, 29, (0, 0, 0), 2028),
        ("2026-08-22 12:00", 8, 23, (1, 0, 0), 2026),
        ("2026-08-22", 9, 1, (0, 0, 0), 2025),
        ("2025-12-30", 1, 5, (0, 0, 0), 2026),
        ("2025-12-30", 1, 8, (0, 0, 0), 2025),
        ("2102-03-01", 2, 29, (0, 0, 0), 2096),  # 2100 is no leap year
    ],
)
def test_year_is_the_newest_that_is_not_too_far_ahead(
    now: str, month: int, day: int, clock: tuple[int, int, int], year: int
) -> None:
    moment = Civil(0, month, day, *clock)
    reading = newest(moment, UTC, seconds(now), WEEK)
    assert reading.seconds == utc(moment._replace(year=year))
    assert reading.since <= seconds(now) < reading.until


def test_a_reading_holds_from_since_until_before_until() -> None:
    moment = Civil(0, 1, 5, 0, 0, 0)
    reading = newest(moment, UTC, seconds("2025-12-30"), WEEK)
    assert (reading.since, reading.until) == (seconds("2025-12-29"), seconds("2026-12-29"))
    assert newest(moment, UTC, reading.since, WEEK).seconds == reading.seconds
    assert newest(moment, UTC, reading.until - 1, WEEK).seconds == reading.seconds
    assert newest(moment, UTC, reading.until, WEEK).seconds == seconds("2027-01-05")
    assert newest(moment, UTC, reading.since - 1, WEEK).seconds == seconds("2025-01-05")


def test_the_year_is_that_of_the_zone() -> None:
    reading = newest(Civil(0, 12, 31, 23, 0, 0), -5 * 3600, seconds("2026-01-01 04:00:00"), 0.0)
    assert reading.seconds == seconds("2026-01-01 04:00:00")


def test_a_date_that_never_was_has_no_year() -> None:
    with pytest.raises(ValueError, match="no such date"):
        newest(Civil(0, 2, 30, 0, 0, 0), UTC, seconds("2026-01-01"), WEEK)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-10-25 00:30:00", "2026-10-25 00:30:00"),
        ("2026-10-25 01:30:10", "2026-10-25 01:30:00"),
    ],
)
def test_an_hour_that_comes_twice_is_the_one_nearer_to_now(now: str, expected: str) -> None:
    found = local(civil("2026-10-25 02:30:00"), zone("Europe/Vienna"), seconds(now))
    assert found == (seconds(expected), True)


def test_a_choice_holds_for_no_other_now() -> None:
    now = seconds("2026-10-25 01:30:10")
    reading = newest(Civil(0, 10, 25, 2, 30, 0), zone("Europe/Vienna"), now, WEEK)
    assert (reading.since, reading.until) == (now, now)


def test_an_hour_that_is_left_out_is_shifted_forward() -> None:
    found = local(civil("2026-03-29 02:30:00"), zone("Europe/Vienna"), 0.0)
    assert found == (seconds("2026-03-29 01:30:00"), False)  # 03:30 in summer time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-01 12:00:00", "2026-07-01 10:00:00"),
        ("2026-01-01 12:00:00", "2026-01-01 11:00:00"),
    ],
)
def test_summer_and_winter(text: str, expected: str) -> None:
    assert local(civil(text), zone("Europe/Vienna"), 0.0)[0] == seconds(expected)


@pytest.mark.parametrize(
    "moment",
    [
        Civil(2026, 2, 29, 0, 0, 0),
        Civil(2026, 13, 1, 0, 0, 0),
        Civil(2026, 1, 0, 0, 0, 0),
        Civil(2026, 1, 1, 24, 0, 0),
        Civil(2026, 1, 1, 0, 60, 0),
        Civil(2026, 1, 1, 0, 0, 61),
        Civil(1969, 12, 31, 23, 59, 59),
        Civil(2262, 1, 1, 0, 0, 0),
        Civil(1, 1, 1, 0, 0, 0),  # Go's zero time
    ],
)
def test_what_is_no_time_raises_valueerror(moment: Civil) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  datetime's own texts are among them
        utc(moment)
    with pytest.raises(ValueError):  # noqa: PT011
        local(moment, zone("Europe/Vienna"), 0.0)


def test_a_leap_second_is_the_next_minutes_first() -> None:
    assert utc(Civil(2016, 12, 31, 23, 59, 60)) == seconds("2017-01-01")
    assert local(Civil(2016, 12, 31, 23, 59, 60), zone("+01:00"), 0.0)[0] == seconds(
        "2016-12-31 23:00:00"
    )


YEAR_END = seconds("2026-12-31 23:30:00")


@pytest.mark.parametrize(
    ("where", "now", "expected"),
    [
        (UTC, YEAR_END, "2026-06-01 12:00:00"),
        (3600, YEAR_END, "2027-06-01 11:00:00"),
        (zone("Europe/Vienna"), YEAR_END, "2027-06-01 10:00:00"),
        (zone("America/New_York"), YEAR_END + 3600, "2026-06-01 16:00:00"),
    ],
)
def test_the_year_of_receipt_is_that_of_the_zone(
    where: tzinfo | int, now: float, expected: str
) -> None:
    assert in_year(Civil(0, 6, 1, 12, 0, 0), where, now, None).seconds == seconds(expected)


def test_the_year_of_receipt_holds_until_it_ends() -> None:
    reading = in_year(Civil(0, 6, 1, 12, 0, 0), UTC, YEAR_END, None)
    assert reading.since == seconds("2026-01-01 00:00:00")
    assert reading.until == seconds("2027-01-01 00:00:00")


def test_a_year_that_is_said_holds_for_ever_but_where_there_is_a_choice() -> None:
    reading = in_year(Civil(0, 6, 1, 12, 0, 0), UTC, YEAR_END, 1999)
    assert reading.seconds == seconds("1999-06-01 12:00:00")
    assert (reading.since, reading.until) == (float("-inf"), float("inf"))
    twice = in_year(Civil(0, 10, 25, 2, 30, 0), zone("Europe/Vienna"), YEAR_END, 2026)
    assert twice.since == twice.until == YEAR_END


def test_a_date_that_the_year_has_not_raises_valueerror() -> None:
    with pytest.raises(ValueError, match="day"):
        in_year(Civil(0, 2, 29, 12, 0, 0), UTC, YEAR_END, None)
