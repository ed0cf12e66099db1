"""Types: what a value is, and what it is as another."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.plugins.collector_transform.running import value


class TypesTests(SynchronousTestCase):
    def test_gives_what_upstream_documents(self) -> None:
        for text, expected in {
            'Int("12")': 12,
            "Int(-2.9)": -2,
            'Double("2.5")': 2.5,
            "String([1, 2])": "[1,2]",
            'Bool("t")': True,
            'Len("é")': 2,
            'Coalesce([log.attributes["x"], "d"])': "d",
        }.items():
            self.assertEqual(value(text), expected, text)
