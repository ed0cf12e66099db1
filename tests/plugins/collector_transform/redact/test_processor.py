"""The redact processor on events: where it looks, what it does, what it counts."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Batch, Event, Resource
from collector.config.load import check
from collector.testing import ProcessorRig, context, events
from collector_transform.ottl.regex import MAX_TEXT
from collector_transform.redact.options import RedactConfig
from collector_transform.redact.processor import RedactProcessor
from collector_transform.redact.redaction import MAX_VALUES, Redaction

_CARD = "4111111111111111"
_CANARY = "canary-5c1f"


def redact(**config: Any) -> RedactProcessor:
    made = RedactConfig.model_validate(config)
    return RedactProcessor(made, context("processor", "redact", Clock()))


class RedactTests(SynchronousTestCase):
    def after(self, event: Event, **config: Any) -> Event:
        self.rig = ProcessorRig(redact(**config))
        self.rig.send(Batch([event]))
        self.assertEqual(self.rig.count("failures"), 0)
        (found,) = self.rig.sink.events
        return found

    def counted(self) -> dict[str, int]:
        """Finds by detector."""
        return {
            dict(labels)["detector"]: n
            for (name, labels), n in self.rig.metrics.counts.items()
            if name == "processor_redacted_values"
        }

    def test_bodies_and_attributes_are_masked_and_counted_by_detector(self) -> None:
        found = self.after(Event(1, f"a {_CARD} me@x.org b", {"k": f"{_CARD}", "n": "plain"}))
        self.assertEqual(found.body, "a **** **** b")
        self.assertEqual(found.attributes, {"k": "****", "n": "plain"})
        self.assertEqual(self.counted(), {"card": 2, "email": 1})

    def test_each_action_does_its_own(self) -> None:
        plain = hashlib.sha256(_CARD.encode()).hexdigest()
        keyed = hmac.new(b"key", _CARD.encode(), "sha256").hexdigest()
        for config, wanted in (
            ({"mask": "[card]"}, "x [card]!"),
            ({"action": "remove"}, "x !"),
            ({"action": "hash"}, f"x {plain}!"),
            ({"action": "hash", "hash_key": "key"}, f"x {keyed}!"),
            ({"detectors": [{"name": "card", "action": "remove"}]}, "x !"),
        ):
            self.assertEqual(self.after(Event(1, f"x {_CARD}!", {}), **config).body, wanted)

    def test_own_patterns_have_names_and_actions(self) -> None:
        pattern = {"name": "employee", "pattern": r"\bE-\d{3}\b", "action": "remove"}
        found = self.after(Event(1, f"E-123 {_CARD}", {}), patterns=[pattern])
        self.assertEqual(found.body, " ****")
        self.assertEqual(self.counted(), {"employee": 1, "card": 1})

    def test_a_find_that_is_allowed_stays(self) -> None:
        allowed = ["@example[.]org$", "^10[.]"]
        found = self.after(
            Event(1, "a@example.org b@example.com 10.0.0.1 11.0.0.1", {}),
            detectors=["email", "ipv4"],
            allowed_values=allowed,
        )
        self.assertEqual(found.body, "a@example.org **** 10.0.0.1 ****")
        self.assertEqual(self.counted(), {"email": 1, "ipv4": 1})
        url = Event(1, "amqp://me:pw@example.org", {})  # where an address seems to be, too
        self.assertEqual(self.after(url, allowed_values=allowed).body, "amqp://me:****@example.org")

    def test_nested_values_and_integers_are_looked_at_and_never_changed_in_place(self) -> None:
        inner = {"deep": [f"x{_CARD}", "plain"], "n": int(_CARD), "other": [1]}
        before = repr(inner)
        event = Event(1, {"a": inner}, {"m": inner, "n": int(_CARD), "small": 5})
        found = self.after(event)
        clean = {"deep": ["x****", "plain"], "n": "****", "other": [1]}
        self.assertEqual(found.body, {"a": clean})
        self.assertEqual(found.attributes, {"m": clean, "n": "****", "small": 5})
        self.assertEqual(repr(inner), before)
        self.assertIs(found.attributes["m"]["other"], inner["other"])

    def test_fields_say_where_it_looks(self) -> None:
        resource = Resource({"card": _CARD, "a": "b"})
        for fields, body, attribute in ((["body"], "****", _CARD), (["attributes"], _CARD, "****")):
            found = self.after(Event(1, _CARD, {"a": _CARD}, resource=resource), fields=fields)
            self.assertEqual((found.body, found.attributes["a"]), (body, attribute))
            self.assertIs(found.resource, resource)
        found = self.after(Event(1, _CARD, {}, resource=resource), fields=["resource"])
        self.assertEqual(found.resource.attributes, {"card": "****", "a": "b"})
        self.assertEqual((found.body, resource.attributes["card"]), (_CARD, _CARD))
        clean = Resource({"a": "b"})
        self.assertIs(
            self.after(Event(1, "", {}, resource=clean), fields=["resource"]).resource, clean
        )

    def test_keys_and_ignored_keys_say_which_attributes(self) -> None:
        event = Event(1, "", {"a": _CARD, "b": {"c": _CARD, "a": _CARD}})
        found = self.after(Event(1, "", dict(event.attributes)), ignored_keys=["a"])
        self.assertEqual(found.attributes, {"a": _CARD, "b": {"c": "****", "a": _CARD}})
        found = self.after(Event(1, "", dict(event.attributes)), keys=["a"])
        self.assertEqual(found.attributes, {"a": "****", "b": {"c": _CARD, "a": _CARD}})

    def test_a_blocked_key_hides_whatever_it_holds(self) -> None:
        given = {"db.password": "x", "m": {"passwd": {"a": 1}, "z": 1}, "ok": "y"}
        for action, wanted in (
            ("mask", {"db.password": "****", "m": {"passwd": "****", "z": 1}, "ok": "y"}),
            ("remove", {"m": {"z": 1}, "ok": "y"}),
        ):
            blocks = {"blocked_key_patterns": ["passw", "^never$"], "action": action}
            self.assertEqual(self.after(Event(1, "", dict(given)), **blocks).attributes, wanted)
            self.assertEqual(self.counted(), {"blocked_key": 2})
        found = self.after(
            Event(1, "", {"passwd": [1]}), blocked_key_patterns=["passw"], action="hash"
        )
        self.assertEqual(found.attributes["passwd"], hashlib.sha256(b"[1]").hexdigest())

    def test_what_cannot_be_looked_at_is_hidden_whole(self) -> None:
        deep: Any = "x"
        for _ in range(100):
            deep = [deep]
        very_deep: Any = "x"
        for _ in range(900):
            very_deep = {"a": very_deep}
        for value in (
            "x" * (MAX_TEXT + 1),
            "1.1.1.1 " * 1000,
            deep,
            very_deep,
            ["x"] * (MAX_VALUES + 1),
            "a\ud800b",
            ["a\ud800b"],
        ):
            found = self.after(Event(1, value, {"k": value}), detectors=["card", "ipv4"])
            hidden = ["****"] if value == ["a\ud800b"] else "****"
            self.assertEqual((found.body, found.attributes["k"]), (hidden, hidden))
            self.assertEqual(self.counted(), {"unread": 2})
        long = {"x" * (MAX_TEXT + 1): "v"}
        found = self.after(Event(1, "", long), blocked_key_patterns=["[ab]c"])
        self.assertEqual(list(found.attributes.values()), ["****"])

    def test_what_only_looks_suspect_stays(self) -> None:
        text = "bearer of bad news: basic training"
        found = self.after(Event(1, text, {"a": text, "m": {"a": text}}))
        self.assertEqual((found.body, found.attributes), (text, {"a": text, "m": {"a": text}}))
        self.assertEqual(self.counted(), {})

    def test_a_blocked_value_that_has_no_text_is_hidden_too(self) -> None:
        found = self.after(Event(1, "", {"a": None}), blocked_key_patterns=["a"], action="hash")
        self.assertEqual(found.attributes, {"a": "****"})

    def test_the_memory_of_clean_texts_is_bounded(self) -> None:
        redaction = Redaction(RedactConfig())
        for n in range(20_000):
            redaction.remember(f"host{n}")
        redaction.remember("x" * 1000)
        self.assertLessEqual(len(redaction.clean), redaction.remembered)
        self.assertNotIn("x" * 1000, redaction.clean)

    def test_a_text_that_was_clean_and_one_that_was_not_stay_so(self) -> None:
        rig = ProcessorRig(redact())
        for _ in range(3):
            rig.send(Batch(events("x", host="h1", card=_CARD)))
        self.assertEqual(
            [e.attributes for e in rig.sink.events], [{"host": "h1", "card": "****"}] * 3
        )


class ConfigTests(SynchronousTestCase):
    def test_a_hash_without_a_key_is_warned_about(self) -> None:
        cases: list[tuple[dict[str, Any], bool]] = [
            ({}, False),
            ({"action": "hash"}, True),
            ({"action": "hash", "hash_key": "k"}, False),
            ({"detectors": [{"name": "email", "action": "hash"}]}, True),
            ({"detectors": [], "blocked_key_patterns": ["a"], "action": "hash"}, True),
        ]
        for config, warned in cases:
            made = RedactConfig.model_validate(config)
            self.assertEqual(bool(list(RedactProcessor.config_warnings(made))), warned, config)

    def test_what_makes_no_sense_is_refused(self) -> None:
        refused: list[dict[str, Any]] = [
            {"detectors": []},
            {"detectors": ["card", "card"]},
            {"patterns": [{"name": "card", "pattern": "a"}]},
            {"patterns": [{"name": "a", "pattern": "a"}, {"name": "a", "pattern": "b"}]},
            {"patterns": [{"name": "unread", "pattern": "a"}]},
            {"patterns": [{"name": f"p{n}", "pattern": "a"} for n in range(101)]},
            {"patterns": [{"name": "a", "pattern": "a*"}]},
            {"hash_key": ""},
            {"mask": "*" * 65},
        ]
        for config in refused:
            self.assertRaises(ValidationError, RedactConfig.model_validate, config)

    def test_errors_have_their_place_and_none_shows_the_key(self) -> None:
        text = f"""\
receivers: {{generate: }}
processors:
  redact:
    hash_key: {_CANARY}
    detectors: [card, emial, {{name: ibn, action: hash}}]
  redact/b:
    hash_key: {_CANARY}
    patterns: [{{name: a, pattern: '(x'}}]
    blocked_key_patterns: ['(y']
    allowed_values: ['a', '(z']
exporters: {{stdout: }}
service:
  pipelines:
    logs: {{receivers: [generate], processors: [redact, redact/b], exporters: [stdout]}}
"""
        path = Path(self.mktemp())
        path.write_text(text)
        problems = check(path)
        found = [text.splitlines()[p.line - 1][p.column - 1 :][:4] for p in problems]
        self.assertEqual(found, ["emia", "ibn,", "(x'}", "(y']", "(z']"], problems)
        self.assertIn("did you mean email?", problems[0].message)
        self.assertNotIn(_CANARY, "\n".join(map(str, problems)))
        processor = redact(action="hash", hash_key=_CANARY)
        self.assertNotIn(_CANARY, repr(processor.config) + repr(vars(processor)))
