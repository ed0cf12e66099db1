"""Limits, levels and tokens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector_dynatrace.limits import (
    CLASSIC,
    CLASSIC_CLIENT,
    GRAIL,
    GRAIL_CLIENT,
    LEVELS,
    cut,
    is_token,
    level_of,
    status_of,
    token_id,
)

PUBLIC = "dt0c01." + "A" * 24
TOKEN = f"{PUBLIC}.{'B' * 64}"


class LimitsTests(SynchronousTestCase):
    def test_the_documented_numbers(self) -> None:
        self.assertEqual((GRAIL.content, GRAIL.value, GRAIL.attributes), (10_000_000, 32_000, 500))
        self.assertEqual((CLASSIC.content, CLASSIC.value, CLASSIC.attributes), (8192, 250, 50))
        for limits in (GRAIL, CLASSIC):
            self.assertEqual((limits.key, limits.values, limits.depth), (100, 32, 5))
            self.assertEqual((limits.request, limits.records), (10_000_000, 50_000))

    def test_clients_stay_clear(self) -> None:
        for client in (GRAIL_CLIENT, CLASSIC_CLIENT):
            self.assertEqual((client.request, client.preprocessed), (9_500_000, 15_000_000))

    def test_binary_reading_is_never_less(self) -> None:
        self.assertEqual(GRAIL.binary().content, 10 << 20)
        self.assertEqual(CLASSIC.binary().content, 8192)
        self.assertEqual(CLASSIC.binary().request, 10 << 20)


class CutTests(SynchronousTestCase):
    @given(st.text(), st.integers(0, 40))
    def test_longest_beginning_within_the_limit(self, text: str, limit: int) -> None:
        short = cut(text, limit)
        self.assertTrue(text.startswith(short))
        self.assertLessEqual(len(short.encode()), limit)
        if short != text:
            self.assertGreater(len(text[: len(short) + 1].encode()), limit)


class LevelTests(SynchronousTestCase):
    def test_by_beginning(self) -> None:
        words = {
            "EMERGENCY": ("emerg", "Emergency", "fatal", "F"),
            "ERROR": ("error", "err", "e", "Eme"),
            "ALERT": ("alert",),
            "CRITICAL": ("crit", "Critical"),
            "SEVERE": ("severe",),
            "WARN": ("warning", "WARN"),
            "NOTICE": ("notice",),
            "INFO": ("info", "Informational"),
            "DEBUG": ("debug", "trace", "verbose"),
            "NONE": ("", "none", "NONE", "200", "x", "track", "verb"),
        }
        for level, spellings in words.items():
            for word in spellings:
                self.assertEqual((word, level_of(word)), (word, level))

    def test_every_level_has_a_status(self) -> None:
        self.assertEqual(
            {level: status_of(level) for level in LEVELS},
            {
                **dict.fromkeys(("ALERT", "CRITICAL", "EMERGENCY", "ERROR"), "ERROR"),
                **dict.fromkeys(("FATAL", "SEVERE"), "ERROR"),
                **dict.fromkeys(("DEBUG", "INFO", "NOTICE", "TRACE"), "INFO"),
                "NONE": "NONE",
                "WARN": "WARN",
            },
        )


class TokenTests(SynchronousTestCase):
    def test_form(self) -> None:
        self.assertTrue(is_token(TOKEN))
        for wrong in ("", PUBLIC, TOKEN[:-1], TOKEN + "B", "dt0s16" + TOKEN[6:], TOKEN + "\n"):
            self.assertFalse(is_token(wrong))

    def test_only_the_public_part_is_shown(self) -> None:
        self.assertEqual(token_id(TOKEN), PUBLIC)
        self.assertEqual(token_id("dt0s16.ABCDEFGH.SECRET"), "dt0s16.ABCDEFGH")
        for secret in ("", "hunter2", "eyJhbGciOi.abc.def", "dt0c01.SECRETONLY"):
            self.assertEqual(token_id(secret), "unknown")
