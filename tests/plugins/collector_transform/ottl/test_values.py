"""Values: what a statement makes is bounded."""

from __future__ import annotations

import json

import pytest
from twisted.trial.unittest import SynchronousTestCase

from collector_transform.ottl.values import MAX_SIZE
from tests.plugins.collector_transform.running import event, ran


class ValueTests(SynchronousTestCase):
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

    def test_a_time_cannot_be_stored(self) -> None:
        (found,), errors = ran("set(log.body, log.time)")
        self.assertEqual((found.body, len(errors)), ("a line", 1))
