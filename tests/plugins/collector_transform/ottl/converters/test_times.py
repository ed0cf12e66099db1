"""Times and durations."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.plugins.collector_transform.running import ran, value


class TimesTests(SynchronousTestCase):
    def test_gives_what_upstream_documents(self) -> None:
        for text, expected in {
            'UnixSeconds(Time("2023-05-26 12:34:56", "%F %T", "Europe/Vienna"))': 1685097296,
            'FormatTime(Unix(0), "%F %T")': "1970-01-01 00:00:00",
            'Seconds(Duration("1m1.5s"))': 61.5,
        }.items():
            self.assertEqual(value(text), expected, text)

    def test_what_has_no_answer_is_an_error_of_the_event(self) -> None:
        for text in ('Time("x", "%Y")',):
            (found,), errors = ran(f"set(log.body, {text})")
            self.assertEqual((found.body, len(errors)), ("a line", 1), text)
