"""The redaction processor beyond the cases of `test_pasted`."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector.api import Event, Resource, Scope
from collector_transform.redaction.processor import RedactionProcessor
from tests.plugins.collector_transform.rigs import Rig, found

_CARD = "4111111111111111"
_BLOCKED: dict[str, Any] = {"allow_all_keys": True, "blocked_values": ["41{15}"]}


def _left(event: Event, **config: Any) -> Event:
    rig = Rig(RedactionProcessor, **config)
    rig.put(event)
    (after,) = rig.sink.events
    return after


class RedactionTests(SynchronousTestCase):
    def test_the_resource_and_its_scope_are_cleaned_and_not_changed_in_place(self) -> None:
        resource = Resource({"a": _CARD, "n": 1}, Scope("lib", "", {"b": _CARD}), "url")
        after = _left(Event(1, "", {}, resource=resource), **_BLOCKED).resource
        self.assertEqual(after.attributes, {"a": "****", "n": 1})
        self.assertEqual(after.schema_url, "url")
        scope = after.scope or Scope()
        self.assertEqual((scope.name, scope.attributes), ("lib", {"b": "****"}))
        self.assertEqual(resource.attributes, {"a": _CARD, "n": 1})

    def test_events_of_a_resource_keep_one(self) -> None:
        rig = Rig(RedactionProcessor, **_BLOCKED)
        resource = Resource({"a": _CARD})
        rig.put(*(Event(n, "", {}, resource=resource) for n in range(2)))
        first, second = rig.sink.events
        self.assertIs(first.resource, second.resource)

    def test_a_second_one_adds_to_the_account_of_the_first(self) -> None:
        event = Event(1, "", {"a": _CARD, "b": "x"})
        for pattern in ("41{15}", "^x$"):
            event = _left(event, **_BLOCKED | {"blocked_values": [pattern], "summary": "debug"})
        self.assertEqual(event.attributes["redaction.masked.keys"], "a,b")
        self.assertEqual(event.attributes["redaction.masked.count"], 2)

    def test_digests_with_a_key(self) -> None:
        key = "k" * 64
        config = _BLOCKED | {"hash_function": "hmac-sha512", "hmac_key": key}
        expected = hmac.digest(key.encode(), _CARD.encode(), hashlib.sha512).hex()
        self.assertEqual(_left(Event(1, _CARD, {}), **config).body, expected)

    def test_what_no_regex_can_look_at_is_masked(self) -> None:
        deep: Any = _CARD
        for _ in range(100):
            deep = [deep]
        body = {"long": "4" * ((1 << 20) + 1), "odd": "4\ud800", "deep": deep}
        after = _left(Event(1, body, {}), **_BLOCKED).body
        self.assertEqual((after["long"], after["odd"]), ("****", "****"))
        self.assertNotIn(_CARD, repr(after))

    def test_nothing_that_is_allowed_is_lost(self) -> None:
        body = {"a": [1, None, True, {"b": 2.5}]}
        after = _left(Event(1, body, {"x": None, "y": b"z"}), **_BLOCKED)
        self.assertEqual((after.body, after.attributes), (body, {"x": None, "y": b"z"}))

    def test_the_account_of_an_event_is_bounded(self) -> None:
        body = {"k" * 1000: ["x"] * 5000}
        config = _BLOCKED | {"blocked_values": ["x"], "summary": "debug"}
        event = Event(1, body, {"redaction.body.masked.count": (1 << 63) - 1})
        found = _left(event, **config).attributes
        self.assertLess(len(found["redaction.body.masked.keys"]), 60_000)
        self.assertEqual(found["redaction.body.masked.count"], -(1 << 63) + 4999)

    def test_mistakes_are_shown_with_their_place(self) -> None:
        for block, place, said in (
            ("blocked_values: ['(']\nallow_all_keys: true", (5, 23), "RE2"),
            ("allow_all_keys: true\ndb_sanitizer: {sql: {enabled: true}}", (6, 19), "is not here"),
            ("allow_all_keys: true\nhash_function: hmac-sha256", (4, 3), "needs hmac_key"),
            ("allowed_keys: []", (4, 3), "removes every attribute"),
            ("allow_all_keys: true\nhash_function: sha256", (6, 20), "expected md5"),
        ):
            ((line, column, message),) = found("redaction", block, Path(self.mktemp()))
            self.assertEqual((line, column), place, message)
            self.assertIn(said, message)

    def test_the_key_is_in_no_message(self) -> None:
        block = "allow_all_keys: true\nhash_function: hmac-sha256\nhmac_key: canary-canary"
        self.assertNotIn("canary", repr(found("redaction", block, Path(self.mktemp()))))
