"""Formats of times: what they read, and what they write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from twisted.trial.unittest import SynchronousTestCase

from collector_transform.ottl.converters.layouts import Layout
from collector_transform.ottl.fault import Failed
from collector_transform.ottl.values import Moment

_NEW_YORK = ZoneInfo("America/New_York")


def _read(text: str, layout: str, zone: ZoneInfo | None = None) -> tuple[str, int]:
    at = Layout(layout).read(text, zone)
    return at.date().replace(microsecond=0).isoformat(), at.ns % 10**9


class ReadTests(SynchronousTestCase):
    def test_dates_and_hours(self) -> None:
        for text, layout, expected in (
            ("2023-05-26 07:04:06", "%Y-%m-%d %H:%M:%S", "2023-05-26T07:04:06+00:00"),
            ("02/04/23 7:04", "%m/%d/%y %H:%M", "2023-02-04T07:04:00+00:00"),
            ("01/02/69", "%m/%d/%y", "1969-01-02T00:00:00+00:00"),
            ("tuesday february 14 2023", "%A %B %d %Y", "2023-02-14T00:00:00+00:00"),
            ("Feb  4,  2023", "%b %e, %Y", "2023-02-04T00:00:00+00:00"),
            ("2.4.2023", "%g.%q.%Y", "2023-04-02T00:00:00+00:00"),
            ("12:05:06 am 01/02/2006", "%r %D", "2006-01-02T00:05:06+00:00"),
            ("1 PM 2006-01-02", "%l %p %F", "2006-01-02T13:00:00+00:00"),
            ("Mon Jan 02 15:04:05 2006", "%c", "2006-01-02T15:04:05+00:00"),
            ("2006-01-02\t15:04%", "%F%t%R%%", "2006-01-02T15:04:00+00:00"),
        ):
            self.assertEqual(_read(text, layout), (expected, 0), layout)

    def test_fractions_may_be_of_any_length_missing_or_there_unasked(self) -> None:
        for text, layout, expected in (
            ("2023-05-26 12:34:56,789", "%F %T,%L", 789_000_000),
            ("2023-05-26 12:34:56.123456789", "%F %T.%f", 123_456_789),
            ("2023-05-26 12:34:56.1234567891", "%F %T.%s", 123_456_789),
            ("2023-05-26 12:34:56", "%F %T.%f", 0),
            ("2023-05-26 12:34:56.5", "%F %T", 500_000_000),
        ):
            self.assertEqual(_read(text, layout), ("2023-05-26T12:34:56+00:00", expected), layout)

    def test_zones_are_numbers_or_those_of_the_location(self) -> None:
        for zone, expected in (
            ("Z", "+00:00"), ("+02", "+02:00"), ("-0730", "-07:30"), ("+01:00:30", "+01:00:30"),
        ):  # fmt: skip
            found = _read(f"2023-05-26T12:34:56{zone}", "%FT%T%z")
            self.assertEqual(found, (f"2023-05-26T12:34:56{expected}", 0))
        for zone, expected in (("EST", "-05:00"), ("UTC", "+00:00"), ("HST", "+00:00")):
            found = _read(f"2023-01-26 12:34:56 {zone}", "%F %T %Z", _NEW_YORK)
            self.assertEqual(found, (f"2023-01-26T12:34:56{expected}", 0))
        self.assertEqual(_read("2023-05-26", "%F", _NEW_YORK), ("2023-05-26T00:00:00-04:00", 0))

    def test_a_time_without_a_year_is_of_this_one_or_the_last(self) -> None:
        now = datetime.now(UTC)
        for days in (-300, -1, 0, 6, 8):
            date = now + timedelta(days=days)
            if (date.month, date.day) == (2, 29):
                continue
            found = Layout("%b %e %H:%M").read(f"{date:%b} {date.day:2} 12:00", None).date()
            self.assertEqual((found.month, found.day), (date.month, date.day))
            self.assertLess(found - now, timedelta(days=7.1))
            self.assertGreater(found - now, timedelta(days=-367))

    def test_what_is_no_such_time_fails(self) -> None:
        for text, layout in (
            ("x", "%Y"), ("2023-02-30", "%F"), ("24:00:00", "%T"), ("2023-1-1", "%F"),
            ("13 pm", "%I %P"), ("9999-12-31 23:00 -0200", "%F %R %z"), ("٢٠٢٣", "%Y"),
        ):  # fmt: skip
            try:
                Layout(layout).read(text, None).date()
            except Failed:
                continue
            self.fail(text)


class WriteTests(SynchronousTestCase):
    def test_every_directive(self) -> None:
        at = Moment(1_699_999_203_004_056_789, _NEW_YORK)
        for layout, expected in (
            ("%Y %y %m %o %q %b %h %B", "2023 23 11 11 11 Nov Nov November"),
            ("%d %e %g %a %A", "14 14 14 Tue Tuesday"),
            ("%H %I %l %p %P %M %S", "17 05 5 PM pm 00 03"),
            ("%L %f %s", "004 004056 004056789"),
            ("%z %Z %i %j %k %w", "-0500 EST -05 -05:00 -05:00:00 -050000"),
            ("%D %F %T %R %r%n%%", "11/14/2023 2023-11-14 17:00:03 17:00 05:00:03 pm\n%"),
        ):
            self.assertEqual(Layout(layout).write(at), expected)

    def test_a_wrong_format_is_refused(self) -> None:
        for text in ("%Q", "%Y-%", "2006", 7):
            self.assertRaises(ValueError, Layout, text)
