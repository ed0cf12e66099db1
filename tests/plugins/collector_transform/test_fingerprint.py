"""What stands for a value: the same for the same, another for another."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Resource, Scope
from collector_transform.fingerprint import Sources, fingerprint, written

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class FingerprintTests(SynchronousTestCase):
    @given(_VALUES, _VALUES)
    def test_only_equal_values_of_equal_types_share_one(self, one: Any, two: Any) -> None:
        same = repr(one) == repr(two)
        if same or not isinstance(one, dict):  # whose order is not looked at
            self.assertEqual(fingerprint([one]) == fingerprint([two]), same)

    def test_the_order_of_keys_does_not_count_and_that_of_a_list_does(self) -> None:
        self.assertEqual(written({"a": 1, "b": [1]}), written({"b": [1], "a": 1}))
        self.assertNotEqual(written([1, 2]), written([2, 1]))

    def test_bytes_are_not_the_text_that_shows_them(self) -> None:
        self.assertNotEqual(written(b"a"), written("b'a'"))

    def test_equal_resources_have_the_same_number_and_scopes_count(self) -> None:
        number = Sources().number
        self.assertEqual(number(Resource({"a": 1})), number(Resource({"a": 1})))
        for other in (Resource({"a": 2}), Resource({"a": 1}, Scope("s", "1"))):
            self.assertNotEqual(number(Resource({"a": 1})), number(other))
