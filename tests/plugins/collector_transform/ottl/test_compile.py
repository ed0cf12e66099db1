"""The code that is made: what it leaves out is not missed."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector.api import Event, Resource
from collector_transform.ottl import paths
from collector_transform.program import Group, program
from tests.plugins.collector_transform.running import changed, event


class ResourceTests(SynchronousTestCase):
    """Statements about resources alone run once for each of a batch."""

    def ran(self, *statements: str, resources: int = 2) -> tuple[list[Event], list[Exception]]:
        """Eight events, and what failed."""
        known = [Resource({"n": n}) for n in range(resources)]
        batch = [Event(n, f"b{n}", {}, resource=known[n % resources]) for n in range(8)]
        texts = tuple(((n,), text) for n, text in enumerate(statements))
        errors: list[Exception] = []
        self.replaced = 0
        replace = paths.replace_resource

        def counting(*arguments: Any) -> None:
            self.replaced += 1
            replace(*arguments)

        self.patch(paths, "replace_resource", counting)
        run = program([Group(texts, "statement")]).run
        return run(batch, lambda _, error: errors.append(error), []), errors

    def test_a_change_is_made_once_a_resource(self) -> None:
        events, errors = self.ran(
            'set(resource.attributes["env"], "prod") where resource.attributes["n"] == 1',
            'set(scope.name, "lib")',
            'delete_key(resource.attributes, "n")',
        )
        self.assertEqual((self.replaced, errors), (5, []))
        for n, found in enumerate(events):
            self.assertEqual(found.resource.attributes, {"env": "prod"} if n % 2 else {})
            self.assertIs(found.resource, events[n % 2].resource)

    def test_a_change_by_the_event_is_made_for_each(self) -> None:
        for text in (
            'set(resource.attributes["b"], log.body)',
            'set(resource.attributes["b"], "x") where log.body == "b1" or log.body == "b7"',
            'set(resource.attributes["b"], UUID())',
        ):
            events, _ = self.ran(text)
            found = [each.resource.attributes.get("b") for each in events]
            self.assertNotEqual(found[1], found[3], text)

    def test_a_batch_does_not_see_the_one_before(self) -> None:
        resource = Resource({})
        run = program([Group(((("a",), 'set(resource.schema_url, "u")'),), "statement")]).run
        first, second = (run([Event(0, "", {}, resource=resource)], print, [])[0] for _ in "12")
        self.assertIsNot(first.resource, second.resource)

    def test_an_error_is_told_for_each_event(self) -> None:
        _, errors = self.ran('set(resource.attributes["n"]["x"], 1)')
        self.assertEqual(len(errors), 8)

    def test_drop_ends_each_event(self) -> None:
        events, _ = self.ran('drop() where resource.attributes["n"] == 1')
        self.assertEqual([each.body for each in events], ["b0", "b2", "b4", "b6"])


class ReplacementTests(SynchronousTestCase):
    def test_only_texts_that_may_match_are_searched(self) -> None:
        for pattern, body, expected in (
            ("b+", "abc", "a-c"),
            ("^b", "abc", "abc"),
            ("^ab", "abc", "-c"),
            ("x|b", "abc", "a-c"),
            ("bc?d?", "abc", "a-"),
            ("b", 17, 17),
            ("b", {"b": 1}, {"b": 1}),
            ("b", None, None),
        ):
            found = changed(f'replace_pattern(log.body, "{pattern}", "-")', on=event(body))
            self.assertEqual(found.body, expected, (pattern, body))
