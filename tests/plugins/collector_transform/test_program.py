"""Programs: any text is one or a clear error, and no event makes one raise."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Misread
from collector_transform.ottl.converters.every import CONVERTERS
from collector_transform.ottl.editors import EDITORS
from collector_transform.program import Group, program
from tests.plugins.collector_transform.running import event

_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
    max_leaves=8,
)
_ATOMS = [
    "log.body", 'log.attributes["a"]', 'log.attributes["a"]["b"]', "log.attributes", "log.time",
    "log.severity_number", "resource.attributes", "scope.name", "log.trace_id", "log.cache",
    '"text"', "1", "-2.5", "nil", "true", "0x00ff", '{"k": log.body}', "[1, log.body]",
    'Duration("1h")', '"%s %d"', '"{"', "Unix(9223372036854775807)",
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


def _can_be_sent(value: Any) -> bool:
    """Whether it is of JSON's types and bytes, in UTF-8 and of 64 bits."""
    match value:
        case dict():
            return all(map(_can_be_sent, (*value, *value.values())))
        case list():
            return all(map(_can_be_sent, value))
        case str():
            return value == value.encode("utf-8", "replace").decode()
        case bool() | float() | bytes() | None:
            return True
    return type(value) is int and -(1 << 63) <= value < 1 << 63


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
        statements += [
            f'set(log.attributes["l"][0], {call})',
            f"set(resource.attributes.x, {call})",
        ]
        statements += [f"{editor}(log.attributes{f', {call}' * size})"]
        for text in statements:
            try:
                made = program([Group((((), text),), "statement")])
            except Misread:
                continue
            on = event(body, a={"b": 1})
            on.attributes |= attributes
            resource, before = on.resource, repr(on.resource)
            errors: list[Exception] = []
            failed = partial(_noted, errors)
            self.assertEqual(made.run([on], failed, []), [on])
            for error in errors:
                self.assertEqual(type(error).__name__, "Failed", (text, error))
            self.assertEqual(repr(resource), before, text)
            if all(map(_can_be_sent, (body, attributes))):
                found = (on.body, on.attributes, on.resource.attributes)
                self.assertTrue(all(map(_can_be_sent, found)), (text, found))
