"""OTTL: what statements mean, what is refused, and that nothing ever raises."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Event, Misread, Resource
from collector_transform.ottl.converters.every import CONVERTERS
from collector_transform.ottl.editors import EDITORS
from collector_transform.ottl.lexer import MAX_TEXT
from collector_transform.ottl.parser import MAX_DEPTH, MAX_ITEMS
from collector_transform.ottl.values import MAX_SIZE
from collector_transform.program import Group, program
from tests.plugins.collector_transform.running import changed, event, holds, ran, value, wrong


class PathTests(SynchronousTestCase):
    def test_every_field_is_read_and_set(self) -> None:
        found = changed(
            "set(log.severity_number, SEVERITY_NUMBER_WARN2)",
            'set(log.severity_text, "warn")',
            'set(log.event_name, "e")',
            "set(log.flags, 1)",
            "set(log.time_unix_nano, log.time_unix_nano + 1)",
            "set(log.observed_time, log.time)",
            'set(log.trace_id.string, "0102030405060708090a0b0c0d0e0f10")',
            "set(log.span_id, SpanID(0x0102030405060708))",
            'set(resource.attributes["host"], log.attributes["host"])',
            'set(resource.schema_url, "u")',
            'set(scope.name, "lib")',
            'set(instrumentation_scope.attributes["a"], 1)',
            'set(log.body["a"]["b"], log.span_id.string)',
            on=event({}, host="h"),
        )
        scope = found.resource.scope
        assert scope is not None
        self.assertEqual((found.severity_number, found.severity_text), (14, "warn"))
        self.assertEqual((found.event_name, found.flags), ("e", 1))
        self.assertEqual(found.observed_time, found.time)
        self.assertEqual(found.trace_id, bytes(range(1, 17)))
        self.assertEqual(found.resource.attributes, {"service.name": "shop", "host": "h"})
        self.assertEqual((found.resource.schema_url, scope.name), ("u", "lib"))
        self.assertEqual(scope.attributes, {"a": 1})
        self.assertEqual(found.body, {"a": {"b": "0102030405060708"}})

    def test_a_context_gives_paths_their_owner(self) -> None:
        self.assertEqual(changed("set(body, severity_text)", context="log").body, "ERROR")
        found = changed('set(attributes["a"], 1)', context="resource")
        self.assertEqual(found.resource.attributes["a"], 1)

    def test_a_dot_is_a_key_too(self) -> None:
        self.assertEqual(value("log.attributes.host", event(host="h")), "h")

    def test_keys_reach_into_maps_and_lists(self) -> None:
        on = event(a={"b": [1, {"c": 2}]}, key="a")
        self.assertEqual(value('log.attributes["a"]["b"][1]["c"]', on), 2)
        self.assertEqual(
            value('log.attributes[log.attributes["key"]]["b"][0]', event(**on.attributes)), 1
        )
        self.assertEqual(value('Split("a,b", ",")[1]'), "b")

    def test_what_is_below_attributes_is_never_changed_in_place(self) -> None:
        inner = {"b": 1}
        found = changed('set(log.attributes["a"]["b"], 2)', on=event(a=inner))
        self.assertEqual((inner, found.attributes), ({"b": 1}, {"a": {"b": 2}}))

    def test_attributes_in_the_body_are_a_copy(self) -> None:
        found = changed("set(log.body, log.attributes)", 'set(log.attributes["x"], 1)')
        self.assertEqual((found.body, found.attributes), ({}, {"x": 1}))

    def test_a_resource_is_replaced_and_shared_by_equal_changes(self) -> None:
        resource = Resource({"a": 1})
        events = [Event(0, f"b{n % 2}", {}, resource=resource) for n in range(4)]
        text = 'set(resource.attributes["b"], log.body)'
        program([Group((((), text),), "statement")]).run(events, print, [])
        self.assertEqual(resource.attributes, {"a": 1})
        self.assertEqual(events[1].resource.attributes, {"a": 1, "b": "b1"})
        self.assertIs(events[0].resource, events[2].resource)
        self.assertIsNot(events[0].resource, events[1].resource)

    def test_the_cache_lives_for_one_event(self) -> None:
        text = 'set(log.body, "again") where log.cache["seen"] == true'
        made = program([Group((((), text), ((), 'set(log.cache["seen"], true)')), "statement")])
        events = made.run([event("1"), event("2")], print, [])
        self.assertEqual([each.body for each in events], ["1", "2"])


class ConditionTests(SynchronousTestCase):
    def test_types_are_compared_by_the_rules(self) -> None:
        on = event(i=1, f=1.0, t=True, s="1", m={"a": 1}, l=[1])
        for text, expected in {
            'log.attributes["i"] == log.attributes["f"]': True,
            'log.attributes["t"] == 1': False,
            'log.attributes["t"] == true': True,
            'log.attributes["s"] == 1': False,
            'log.attributes["s"] != 1': True,
            'log.attributes["s"] < 2': False,
            'log.attributes["none"] == nil': True,
            'log.attributes["none"] < 1': False,
            'log.attributes["none"] != "x"': True,
            '"a" < "b"': True,
            "false < true": True,
            'log.attributes["m"] == {"a": 1.0}': True,
            'log.attributes["l"] == [true]': False,
            'log.attributes["i"] >= 1 and not log.attributes["i"] > 1': True,
            "1 == 2 or 2 == 2 and 1 == 1": True,
            "(1 == 1 or 1 == 1) and 1 == 2": False,
            "1 + 2 * 3 == 7": True,
            "-7 / 2 == -3": True,
            "(1 + 2) * 3 == 9": True,
            'log.time - Duration("1s") < log.time': True,
            'Duration("1m") == Duration("60s")': True,
            "log.trace_id == TraceID(0x00000000000000000000000000000000)": True,
        }.items():
            self.assertEqual(holds(text, on), expected, text)

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

    def test_texts_and_lists(self) -> None:
        found = changed(
            r'replace_pattern(log.body, "pass=(\\S+)", "pass=<$1>")', on=event("a pass=b c pass=d")
        )
        self.assertEqual(found.body, "a pass=<b> c pass=<d>")
        found = changed('append(log.attributes["t"], "x", values=["y"])', on=event(t="a"))
        self.assertEqual(found.attributes["t"], ["a", "x", "y"])

    def test_globs_match_whole_texts_and_stop_at_slashes(self) -> None:
        for body, expected in (("/user/1/list/2", "-"), ("/user/1/2/list/3", "/user/1/2/list/3")):
            found = changed('replace_match(log.body, "/user/*/list/[0-9]", "-")', on=event(body))
            self.assertEqual(found.body, expected)
        found = changed(
            'replace_all_matches(log.attributes, "a.?", "-")', on=event(a="a.b", b="ab")
        )
        self.assertEqual(found.attributes, {"a": "-", "b": "ab"})
        self.assertIn("RE2", wrong('replace_match(log.body, "[z-a]", "")')[0])

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


class ConverterTests(SynchronousTestCase):
    def test_values(self) -> None:
        for text, expected in {
            'Concat(["a", 1, 1.5, true, nil], "-")': "a-1-1.5-true-<nil>",
            'Substring("123456", 1, 3)': "234",
            'ToSnakeCase("myHTTPServer")': "my_http_server",
            'ToCamelCase("my_metric")': "MyMetric",
            'Trim("  a ")': "a",
            'Format("%s=%03d", ["a", 7])': "a=007",
            'Int("12")': 12,
            "Int(-2.9)": -2,
            'Double("2.5")': 2.5,
            "String([1, 2])": "[1,2]",
            'Bool("t")': True,
            'Len("é")': 2,
            'ParseJSON("{\\"a\\": [1]}")': {"a": [1]},
            'ParseKeyValue("a=1 b=\\"x y\\"")': {"a": "1", "b": "x y"},
            'ParseCSV("1,\\"x,y\\"", "a,b")': {"a": "1", "b": "x,y"},
            'ParseInt("ff", 16)': 255,
            'SHA256("")': "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            'ExtractPatterns("u=joe", "u=(?P<user>[a-z]+)")': {"user": "joe"},
            'UnixSeconds(Time("2023-05-26 12:34:56", "%F %T", "Europe/Vienna"))': 1685097296,
            'FormatTime(Unix(0), "%F %T")': "1970-01-01 00:00:00",
            'Seconds(Duration("1m1.5s"))': 61.5,
            'IsInCIDR("10.1.2.3", ["10.0.0.0/8"])': True,
            'IsValidLuhn("17893729974")': True,
            'Coalesce([log.attributes["x"], "d"])': "d",
            'Decode("aGVsbG8=", "base64")': "hello",
            'Keys({"a": 1})': ["a"],
            'Values({"a": 1})': [1],
            'ContainsValue([1, "a"], "a")': True,
            'Index("hello", "l")': 2,
            "Index([1, 2], 2.0)": 1,
            'ToKeyValueString({"a": 1, "b": "x y"})': 'a=1 b="x y"',
            'ParseSeverity(404, {"info": [{"range": "2xx"}], "warn": [{"range": "4xx"}]})': "warn",
            'ParseSeverity("inf", {"info": [{"equals": ["inf"]}]})': "info",
        }.items():
            self.assertEqual(value(text), expected, text)

    def test_what_has_no_answer_is_an_error_of_the_event(self) -> None:
        for text in (
            "ParseJSON(log.body)",
            "Substring(log.body, 0, 100)",
            'Time("x", "%Y")',
            "1 / 0",
            "1 + 1.5",
            'log.attributes["a"]["b"]',
            "log.time",
        ):
            (found,), errors = ran(f"set(log.body, {text})", on=event(a="s"))
            self.assertEqual((found.body, len(errors)), ("a line", 1), text)


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
            ("set(log.body, Any([], (k, v) => true))", "expected", ","),
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

    @pytest.mark.untraced
    def test_what_statements_make_is_bounded(self) -> None:
        twice = ['set(log.attributes["a"], Concat([log.attributes["a"], log.attributes["a"]], ""))']
        (found,), errors = ran(*twice * 40, on=event(a="x" * 1000))
        self.assertLessEqual(len(found.attributes["a"]), MAX_SIZE)
        self.assertTrue(errors)
        twice = ['set(log.attributes["a"], [log.attributes["a"], log.attributes["a"]])']
        (found,), errors = ran(*twice * 24, on=event(a="x"))
        self.assertTrue(errors)
        self.assertLess(len(json.dumps(found.attributes)), 8 * MAX_SIZE)

    def test_names_of_python_are_names_like_any(self) -> None:
        self.assertIn("has no", wrong("set(log.__class__, 1)")[0])
        self.assertIsNone(changed('set(log.body, log.attributes["__class__"])').attributes.get("x"))
        self.assertIn("no converter", wrong('set(log.body, Eval("1"))')[0])


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
    max_leaves=8,
)
_ATOMS = [
    "log.body", 'log.attributes["a"]', 'log.attributes["a"]["b"]', "log.attributes", "log.time",
    "log.severity_number", "resource.attributes", "scope.name", "log.trace_id", "log.cache",
    '"text"', "1", "-2.5", "nil", "true", "0x00ff", '{"k": log.body}', "[1, log.body]",
    'Duration("1h")', '"%s %d"', '"{"',
]  # fmt: skip
_WORDS = [
    *_ATOMS, *CONVERTERS, *EDITORS, "set", "(", ")", "[", "]", ",", " where ", " and ", " not ",
    "==", "<", "+", "/", "=>", "log", ".", '"', "\\", "SEVERITY_NUMBER_INFO", "\n", "{", ":",
]  # fmt: skip


@st.composite
def _calls(draw: st.DrawFn, depth: int = 2) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(_ATOMS))
    name = draw(st.sampled_from(sorted(CONVERTERS)))
    size = len(CONVERTERS[name].params)
    return f"{name}({', '.join(draw(_calls(depth - 1)) for _ in range(size))})"


def _noted(errors: list[Exception], _: int, error: Exception) -> None:
    errors.append(error)


class ArbitraryTests(SynchronousTestCase):
    @given(st.text() | st.lists(st.sampled_from(_WORDS)).map("".join))
    @settings(max_examples=100, deadline=None)
    @example("set(log.body, " + "(" * 5000)
    @example("set(log.body, \x00)")
    def test_any_text_is_a_program_or_a_clear_error(self, text: str) -> None:
        for kind in ("statement", "drop"):
            try:
                program([Group((((), text),), kind)])
            except Misread as e:
                for slip in e.slips:
                    self.assertLess(len(slip.message), 600)
                    self.assertGreaterEqual(slip.end, slip.start)

    @given(_calls(), st.sampled_from(sorted(EDITORS)), _JSON, st.dictionaries(st.text(), _JSON))
    @settings(max_examples=60, deadline=None)
    def test_no_event_makes_a_program_raise(
        self, call: str, editor: str, body: Any, attributes: dict[str, Any]
    ) -> None:
        size = len(EDITORS[editor].params)
        statements = [f"set(log.body, {call})", f'set(log.attributes["a"]["x"], {call})']
        statements += [f"{editor}(log.attributes{f', {call}' * size})"]
        for text in statements:
            try:
                made = program([Group((((), text),), "statement")])
            except Misread:
                continue
            on = event(body, a={"b": 1})
            on.attributes |= attributes
            errors: list[Exception] = []
            failed = partial(_noted, errors)
            self.assertEqual(made.run([on], failed, []), [on])
            for error in errors:
                self.assertEqual(type(error).__name__, "Failed", (text, error))
