"""Values and conditions of OTTL for each event, and what is wrong with a list of them."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector.api import Event, Misread
from collector.testing import context, events
from collector_transform.expressions import MAX_EXPRESSIONS, Expressions, Look, conditions, values


def looked(expressions: Expressions, given: list[Event]) -> tuple[list[object], int]:
    """What each has, and how many failed."""
    made = context("processor")
    found = Look(expressions, made).at(given)
    return found, made.metrics.get("processor_statement_errors")


class ExpressionTests(SynchronousTestCase):
    def test_values_come_as_a_tuple_for_each_event(self) -> None:
        made = values("keys", ("log.attributes.a", "Len(log.body)"))
        self.assertEqual(looked(made, events("x", 5, a=1)), ([(1, 1), (1, None)], 1))
        self.assertEqual(looked(values("keys", ()), events("x")), ([()], 0))

    def test_one_condition_is_enough_and_one_that_fails_is_false(self) -> None:
        made = conditions("conditions", ("Len(body) == 2", 'log.attributes["a"] == 1'))
        self.assertEqual(looked(made, events(5, "xx", a=1)), ([True, True], 1))
        self.assertEqual(looked(made, events(5, "xx")), ([False, True], 1))

    def test_everything_that_is_wrong_is_said_at_once(self) -> None:
        with self.assertRaises(Misread) as caught:
            values("keys", ("log.bod", "log.body", "5 +"))
        found = [(slip.way, slip.start, slip.end) for slip in caught.exception.slips]
        self.assertEqual(found, [(("keys", 0), 0, 7), (("keys", 2), 3, 4)])

    def test_a_list_is_bounded(self) -> None:
        for read, text in ((values, "log.body"), (conditions, "body == 1")):
            read("k", (text,) * MAX_EXPRESSIONS)
            with self.assertRaises(Misread) as caught:
                read("k", (text,) * (MAX_EXPRESSIONS + 1))
            self.assertEqual(caught.exception.slips[0].way, ("k",))
