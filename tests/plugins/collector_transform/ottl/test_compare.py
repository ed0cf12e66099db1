"""Comparisons and calculations: OTTL's rules for types that differ."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.plugins.collector_transform.running import event, holds, ran


class CompareTests(SynchronousTestCase):
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

    def test_a_calculation_without_a_result_is_an_error_of_the_event(self) -> None:
        for text in ("1 / 0", "1 + 1.5", 'log.body + "x"'):
            (found,), errors = ran(f"set(log.body, {text})")
            self.assertEqual((found.body, len(errors)), ("a line", 1), text)
