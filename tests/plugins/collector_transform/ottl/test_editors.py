"""Editors: what a path holds after each."""

from __future__ import annotations

import hashlib

from twisted.trial.unittest import SynchronousTestCase

from tests.plugins.collector_transform.running import changed, event, ran


class EditorTests(SynchronousTestCase):
    def test_maps(self) -> None:
        for text, expected in {
            'delete_key(log.attributes, "a")': {"b": {"c": [1, 2]}, "ab": "xyz"},
            'delete_keys(log.attributes, ["a", "ab"])': {"b": {"c": [1, 2]}},
            'delete_matching_keys(log.attributes, "^a")': {"b": {"c": [1, 2]}},
            'keep_keys(log.attributes, ["a", "none"])': {"a": 1},
            'keep_matching_keys(log.attributes, "^a.")': {"ab": "xyz"},
            'limit(log.attributes, 1, ["ab"])': {"ab": "xyz"},
            "truncate_all(log.attributes, 2)": {"a": 1, "b": {"c": [1, 2]}, "ab": "xy"},
            'flatten(log.attributes, "p")': {"p.a": 1, "p.b.c.0": 1, "p.b.c.1": 2, "p.ab": "xyz"},
            'merge_maps(log.attributes, {"a": 2, "n": 3}, "update")': {
                "a": 2,
                "b": {"c": [1, 2]},
                "ab": "xyz",
            },
            'replace_all_patterns(log.attributes, "key", "^a(b)", "$1$$")': {
                "a": 1,
                "b": {"c": [1, 2]},
                "b$": "xyz",
            },
        }.items():
            on = event(a=1, b={"c": [1, 2]}, ab="xyz")
            self.assertEqual(changed(text, on=on).attributes, expected, text)

    def test_a_long_key_does_not_stand_before_many_items(self) -> None:
        on = event(**{"k" * 10_000: [1] * 1000})
        (found,), (error,) = ran("flatten(log.attributes)", on=on)
        self.assertIn("keys of more than", error)
        self.assertEqual(len(found.attributes), 1)

    def test_texts_and_lists(self) -> None:
        found = changed(
            r'replace_pattern(log.body, "pass=(\\S+)", "pass=<$1>")', on=event("a pass=b c pass=d")
        )
        self.assertEqual(found.body, "a pass=<b> c pass=<d>")
        found = changed('append(log.attributes["t"], "x", values=["y"])', on=event(t="a"))
        self.assertEqual(found.attributes["t"], ["a", "x", "y"])

    def test_lists_and_all_values(self) -> None:
        on = event(t=[1, 2, 3], n=None)
        self.assertEqual(
            changed('delete_index(log.attributes["t"], 1)', on=on).attributes["t"], [1, 3]
        )
        found = changed("stringify_all(log.attributes)", on=event(t=[1], n=None, b=True))
        self.assertEqual(found.attributes, {"t": "[1]", "n": "", "b": "true"})

    def test_nil_sets_nothing_and_drop_ends_an_event(self) -> None:
        self.assertEqual(changed('set(log.body, log.attributes["none"])').body, "a line")
        self.assertEqual(ran('drop() where log.body == "a line"'), ([], []))

    def test_a_replacement_may_be_what_a_converter_makes_of_it(self) -> None:
        digest = hashlib.sha256(b"joe").hexdigest()
        for text, body in (
            ('replace_pattern(log.body, "u=([a-z]+)", "$1", SHA256, "u=<%s>")', f"u=<{digest}> x"),
            ('replace_pattern(log.body, "[a-z]", "$0", ToUpperCase)', "U=JOE X"),
            ('replace_match(log.body, "u=*", "joe", SHA256)', digest),
            (
                'replace_match(log.body, "u=*", "joe", function=SHA256, replacementFormat="%s!")',
                f"{digest}!",
            ),
            ('replace_match(log.body, "v=*", "joe", SHA256)', "u=joe x"),
        ):
            self.assertEqual(changed(text, on=event("u=joe x")).body, body, text)
        for text, expected in (
            (
                'replace_all_patterns(log.attributes, "value", "joe", "$0", SHA256)',
                {"a": digest, "n": 1},
            ),
            (
                'replace_all_patterns(log.attributes, "key", "^a", "$0", ToUpperCase, "x.%s")',
                {"x.A": "joe", "n": 1},
            ),
            ('replace_all_matches(log.attributes, "j*", "joe", SHA256)', {"a": digest, "n": 1}),
        ):
            found = changed(text, on=event(a="joe", n=1)).attributes
            self.assertEqual(found, expected, text)

    def test_a_converter_that_fails_on_a_match_is_an_error_of_the_event(self) -> None:
        (found,), errors = ran('replace_pattern(log.body, "line", "!", Base64Decode)')
        self.assertEqual((found.body, len(errors)), ("a line", 1))

    def test_what_is_cut_may_say_so(self) -> None:
        for text, expected in (
            ('truncate_all(log.attributes, 4, truncation_marker="~")', {"a": "hé~", "b": "abcd"}),
            ("truncate_all(log.attributes, 2, false)", {"a": "h", "b": "ab"}),
        ):
            found = changed(text, on=event(a="héllo", b="abcd"))
            self.assertEqual(found.attributes, expected, text)
        _, errors = ran('truncate_all(log.attributes, 1, true, "...")', on=event(a="x"))
        self.assertEqual(len(errors), 1)

    def test_attributes_that_stay_as_they_are_are_not_copied(self) -> None:
        for text in (
            'delete_key(log.attributes, "x")',
            'delete_keys(log.attributes, ["x", "y"])',
            'delete_matching_keys(log.attributes, "^x")',
            'keep_matching_keys(log.attributes, "^a")',
        ):
            on = event(a=1, ab=2)
            before = on.attributes
            self.assertIs(changed(text, on=on).attributes, before, text)
