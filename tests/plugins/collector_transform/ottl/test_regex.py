"""Regexes mean RE2's, and globs Go's."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector_transform.ottl.regex import Pattern
from tests.plugins.collector_transform.running import changed, event, holds, wrong


class RegexTests(SynchronousTestCase):
    def test_regexes_are_those_of_re2(self) -> None:
        for body, pattern, expected in (
            ("a\n", "a$", False),
            ("٣", r"\\d", False),
            ("TimeOut", "(?i)timeout", True),
            ("a.b", r"a\\.b", True),
            ("axb", r"a\\.b", False),
            (17, "7", True),
            (None, ".*", False),
            ("ac", "ab?c", True),
            ("b", "a|b", True),
            ("b", "^a|b", True),
            ("xab", "^ab+", False),
            ("ab", "^ab{0}$", False),
            ("a", "^ab*$", True),
            ("AB", "(?i)ab+", True),
            ("\nab", "(?m)^ab+", True),
        ):
            found = holds(f'IsMatch(log.body, "{pattern}")', event(body))
            self.assertEqual(found, expected, pattern)

    def test_a_hostile_text_takes_no_longer_than_its_length(self) -> None:
        on = event(" " * 200_000 + "x")
        self.assertFalse(holds(r'IsMatch(log.body, "\\s+$")', on))
        self.assertFalse(holds('IsMatch(log.body, "(x+x+)+y")', event("x" * 200_000)))

    def test_globs_match_whole_texts(self) -> None:
        for body, pattern, matches in (
            ("/user/1/list/2", "/user/*/list/[0-9]", True),
            ("/user/1/2/list/3", "/user/*/list/[0-9]", True),
            ("/user/1/list/23", "/user/*/list/[0-9]", False),
            ("a-b", "a[!0-9]b", True),
            ("a1b", "a[!0-9]b", False),
            ("GET /", "{GET,POST} *", True),
            ("PUT /", "{GET,POST} *", False),
            ("a,b", "a,?", True),
            ("{}", r"\\{\\}", True),
        ):
            found = changed(f'replace_match(log.body, "{pattern}", "-")', on=event(body))
            self.assertEqual(found.body == "-", matches, pattern)
        for pattern in ("{a", "a}", "}{"):
            self.assertIn("brace", wrong(f'replace_match(log.body, "{pattern}", "")')[0])
        found = changed(
            'replace_all_matches(log.attributes, "a.?", "-")', on=event(a="a.b", b="ab")
        )
        self.assertEqual(found.attributes, {"a": "-", "b": "ab"})
        self.assertIn("RE2", wrong('replace_match(log.body, "[z-a]", "")')[0])

    def test_answers_about_keys_are_remembered_within_bounds(self) -> None:
        pattern = Pattern("^k[0-4]+$")
        for _ in range(2):
            for n in range(5000):
                self.assertEqual(pattern.keys[f"k{n}"], set(str(n)) <= set("01234"))
        self.assertTrue(pattern.keys["k" + "1" * 10_000])
        self.assertLessEqual(len(pattern.keys), 1024)
        self.assertLessEqual(max(map(len, pattern.keys)), 256)
