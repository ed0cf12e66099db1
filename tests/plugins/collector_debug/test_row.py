"""Rows of the debug plugins: one line of JSON for any event."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Batch, Event
from collector_debug.row import lines, packed, unpacked

odd: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.binary(max_size=8)
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["\ud800", "a\nb", "\x1b[2J"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.integers() | st.none(), inner, max_size=3)
        | st.tuples(inner, inner)
    ),
    max_leaves=8,
)


class RowTests(SynchronousTestCase):
    @given(st.lists(st.tuples(odd, st.dictionaries(st.text(max_size=3), odd, max_size=3))))
    def test_any_events_are_as_many_lines(self, drawn: list[tuple[Any, dict[str, Any]]]) -> None:
        rows = lines([Batch([Event(0, body, attributes) for body, attributes in drawn])])
        request = packed(rows)
        self.assertEqual(unpacked(request), rows)
        self.assertEqual((request.events, request.body.count(b"\n")), (len(drawn), len(drawn)))
        for line in rows:
            orjson.loads(line)
