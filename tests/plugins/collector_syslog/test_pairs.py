"""Pairs: names and values of a text, whatever stands between them."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector_syslog.pairs import read, separated, spaced, starts


class ReadTests(SynchronousTestCase):
    def test_spaces_commas_semicolons_and_bars_separate(self) -> None:
        for text in (
            "a=1 b=2",
            "a=1,b=2",
            "a=1; b=2",
            "a=1, b=2",
            "a=1|b=2",
            "a=1\tb=2",
            " a=1  b=2 ",
        ):
            self.assertEqual(read(text), {"a": "1", "b": "2"}, text)

    def test_a_comma_that_no_key_follows_is_text(self) -> None:
        self.assertEqual(read("a=1,2;3, b=x, y"), {"a": "1,2;3", "b": "x,"})

    def test_quotes_hold_anything_and_their_escapes_are_undone(self) -> None:
        self.assertEqual(
            read(r'a="x y=1, z" b="say \"hi\" \\ \n" c=""'),
            {"a": "x y=1, z", "b": r'say "hi" \ \n', "c": ""},
        )

    def test_values_between_bars_hold_spaces(self) -> None:
        self.assertEqual(read("a=x y|b=1 2"), {"a": "x y", "b": "1 2"})

    def test_text_between_pairs_is_left_out(self) -> None:
        self.assertEqual(read("words a=1 more b=2"), {"a": "1", "b": "2"})

    def test_a_key_that_comes_again_makes_a_list(self) -> None:
        self.assertEqual(read("a=1 a=2 a=3"), {"a": ["1", "2", "3"]})

    def test_text_without_pairs_has_none(self) -> None:
        for text in ("", "words", "=1", "1=2", "a = 1", "http://h/?a=1"):
            self.assertEqual(read(text), {}, text)

    def test_starts_says_whether_a_key_comes_first(self) -> None:
        for text, expected in (("a=1", True), (" date=x", True), ("x a=1", False), ("", False)):
            self.assertEqual(starts(text), expected, text)


class SpacedTests(SynchronousTestCase):
    def test_a_value_goes_to_the_space_before_the_next_key(self) -> None:
        self.assertEqual(spaced("a=x y z b= c=1"), {"a": "x y z", "b": "", "c": "1"})

    def test_a_key_may_have_signs_but_no_equals(self) -> None:
        self.assertEqual(spaced("ad.x[0]=1 b=c=d"), {"ad.x[0]": "1", "b": "c=d"})

    def test_text_without_a_key_has_none(self) -> None:
        self.assertEqual(spaced("no pairs here"), {})


class SeparatedTests(SynchronousTestCase):
    def test_only_the_separator_separates(self) -> None:
        self.assertEqual(separated("a=x y^b=1|2", "^"), {"a": "x y", "b": "1|2"})

    def test_what_has_no_equals_belongs_to_the_value_before(self) -> None:
        self.assertEqual(separated("a=1^2^b=3", "^"), {"a": "1^2", "b": "3"})

    def test_what_has_no_equals_before_the_first_key_is_left_out(self) -> None:
        self.assertEqual(separated("x^a=1^", "^"), {"a": "1"})
