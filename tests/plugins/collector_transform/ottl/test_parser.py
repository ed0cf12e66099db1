"""Statements that cannot be read: what is said, and of which part."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector_transform.ottl.cursor import MAX_DEPTH, MAX_ITEMS
from collector_transform.ottl.lexer import MAX_TEXT
from tests.plugins.collector_transform.running import changed, wrong


class RefusalTests(SynchronousTestCase):
    def test_says_what_is_wrong_and_where(self) -> None:
        for text, message, part in (
            ("sett(log.body, 1)", "did you mean set?", "sett"),
            ("set(log.boby, 1)", "did you mean body?", "log.boby"),
            ("set(body, 1)", "say whose body: log.body", "body"),
            ("set(log.body, Concatt([], 1))", "did you mean Concat?", "Concatt"),
            (
                "set(log.body, SEVERITY_NUMBER_EROR)",
                "SEVERITY_NUMBER_ERROR",
                "SEVERITY_NUMBER_EROR",
            ),
            ('set(log.body, "x) where 1 == 1', "has no end", '"x) where 1 == 1'),
            (r'set(log.body, "\d")', "written twice", r"\d"),
            ('set(log.body, 1) where log.body = "x"', "compare", "="),
            ("set(log.body)", "needs a value", "set(log.body)"),
            ('set(log.body, IsMatch("a", "("))', "not a regex of RE2", '"("'),
            ('set(log.body, IsMatch("a", "(?=b)"))', "not a regex of RE2", '"(?=b)"'),
            ('set(log.body, HasPrefix(1, "a"))', "needs a string", "1"),
            ("set(log.body, Any([], (log.body, v) => true))", "lambdas are not", ","),
            ('set(log.body, When(() => true, "a", "b"))', "lambdas are not", ")"),
            ("set(log.body, UserAgent(log.body))", "UserAgent is not supported", "UserAgent"),
            ("scale_metric(2)", "it is for metrics", "scale_metric"),
            ('set(log.severity_number, "WARN")', "holds an int, not a string", '"WARN"'),
            ("set(log.time, 1)", "log.time holds a time, not an int", "1"),
            ("set(log.body, 1) when true", "expected where", "when"),
            ('log.body == "x"', "expected an editor", "log"),
            ('set(log.body, 1) where log.body contains "x"', "an operator", "contains"),
            ('set(log.body, isMatch(log.body, "x"))', "begin with a capital", "isMatch"),
            (
                "merge_maps(log.attributes, log.cache)",
                "one of insert, update, upsert",
                "merge_maps(log.attributes, log.cache)",
            ),
            ('replace_pattern(log.body, "a", "b", SHA25)', "did you mean SHA256?", "SHA25"),
            ('replace_pattern(log.body, "a", "b", Now)', "from a string to a string", "Now"),
            ('replace_pattern(log.body, "a", "b", FNV)', "from a string to a string", "FNV"),
            ('replace_pattern(log.body, "a", "b", "x")', "from a string to a string", '"x"'),
            ('replace_pattern(log.body, "a", "b", SHA256, "%d")', "one %s", '"%d"'),
            ('set(log.body, Sort([], "up"))', "expected one of asc, desc", '"up"'),
            ("set(span.name, 1)", "another signal", "span.name"),
            ("set(log.severity_text.x, 1)", "has no x", "log.severity_text.x"),
        ):
            said, where = wrong(text)
            self.assertIn(message, said, text)
            self.assertEqual(where, part, text)

    def test_the_size_of_a_statement_is_bounded(self) -> None:
        self.assertIn("characters", wrong(f'set(log.body, "{"x" * MAX_TEXT}")')[0])
        deep = "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)
        self.assertIn("nested", wrong(f"set(log.body, {deep})")[0])
        self.assertIn("nested", wrong(f"set(log.body, 1{' + 1' * MAX_DEPTH})")[0])
        self.assertIn("more than", wrong(f"set(log.body, [{'1,' * MAX_ITEMS}1])")[0])
        self.assertIn("64 bits", wrong("set(log.body, 9223372036854775808)")[0])

    def test_names_of_python_are_names_like_any(self) -> None:
        self.assertIn("has no", wrong("set(log.__class__, 1)")[0])
        self.assertIsNone(changed('set(log.body, log.attributes["__class__"])').attributes.get("x"))
        self.assertIn("no converter", wrong('set(log.body, Eval("1"))')[0])
