"""The time and the severity that fields say."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector.api import FLAGS_KEY
from collector_transform.facts import Facts
from tests.plugins.collector_transform.running import event

_NOW = 1_795_680_000_000_000_000  # 2026-11-26T08:00:00Z
_SECOND = 10**9


class FactTests(SynchronousTestCase):
    def noted(self, fields: dict[str, Any], timezone: str = "UTC") -> Any:
        facts = Facts("time", "level", timezone)
        facts.at(_NOW)
        on = event()
        facts.note(on, fields)
        return on

    def test_a_time_is_text_or_a_number_in_the_unit_that_it_fits(self) -> None:
        for said, expected in (
            ("2026-11-26T08:00:00Z", _NOW),
            ("2026-11-26T09:00:00.5+01:00", _NOW + _SECOND // 2),
            ("Nov 26 08:00:00", _NOW),
            ("1795680000", _NOW),
            ("1795680000.25", _NOW + _SECOND // 4),
            ("1795680000250", _NOW + _SECOND // 4),
            (1795680000, _NOW),
            (1795680000.25, _NOW + _SECOND // 4),
            (1795680000250, _NOW + _SECOND // 4),
            (1795680000250000, _NOW + _SECOND // 4),
            (_NOW, _NOW),
        ):
            self.assertEqual(self.noted({"time": said}).time, expected, said)

    def test_a_time_that_was_read_before_is_the_same_again(self) -> None:
        facts = Facts("time", None, "UTC")
        facts.at(_NOW)
        for _ in range(2):
            on = event()
            facts.note(on, {"time": "2026-11-26T08:00:00.125Z"})
            self.assertEqual(on.time, _NOW + _SECOND // 8)

    def test_a_zone_is_for_times_that_do_not_say_theirs(self) -> None:
        found = self.noted({"time": "2026-11-26T09:00:00"}, "Europe/Vienna")
        self.assertEqual(found.time, _NOW)

    def test_a_time_that_cannot_be_read_is_flagged_and_changes_nothing(self) -> None:
        before = event().time
        odd: list[Any] = [
            "", "soon", "2026-11-26T08:00:00Z x", "2026-13-26T08:00:00Z", 0, -1, 1 << 63, True,
            float("nan"), float("inf"), [], "9" * 5000,
        ]  # fmt: skip
        for said in odd:
            found = self.noted({"time": said})
            self.assertEqual(found.time, before, said)
            self.assertEqual(found.attributes[FLAGS_KEY], ["bad_timestamp"], said)

    def test_a_severity_is_a_word_in_any_case(self) -> None:
        for said, number in (("WARN", 13), ("Error", 17), ("emerg", 21), ("trace", 1)):
            found = self.noted({"level": said})
            self.assertEqual((found.severity_number, found.severity_text), (number, said))

    def test_a_severity_that_nobody_knows_changes_nothing(self) -> None:
        for said in ("loud", 30, None, ["warn"]):
            found = self.noted({"level": said})
            self.assertEqual((found.severity_number, found.attributes), (17, {}))

    def test_fields_that_are_not_there_change_nothing(self) -> None:
        found = self.noted({"other": 1})
        self.assertEqual((found.time, found.attributes), (event().time, {}))
