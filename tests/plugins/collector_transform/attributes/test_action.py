"""What each action does to attributes, and which configurations are refused."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

from pydantic import ValidationError
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Misread
from collector_transform.attributes.action import Action
from collector_transform.ottl.fault import Failed
from collector_transform.ottl.regex import MAX_TEXT


class ActionTests(SynchronousTestCase):
    def changed(self, attributes: dict[str, Any], **action: Any) -> dict[str, Any]:
        failures: list[Exception] = []
        Action(**action).change()([attributes], failures.append)
        self.assertEqual(failures, [])
        return attributes

    def test_insert_update_and_upsert_differ_by_what_is_there(self) -> None:
        for action, new, old in (
            ("insert", {"k": 1}, {"k": 0}),
            ("update", {}, {"k": 1}),
            ("UPSERT", {"k": 1}, {"k": 1}),
        ):
            self.assertEqual(self.changed({}, key="k", action=action, value=1), new)
            self.assertEqual(self.changed({"k": 0}, key="k", action=action, value=1), old)

    def test_from_attribute_copies_what_is_there_else_the_default_else_nothing(self) -> None:
        copy = {"key": "k", "action": "insert", "from_attribute": "a"}
        self.assertEqual(self.changed({"a": 1}, **copy), {"a": 1, "k": 1})
        self.assertEqual(self.changed({}, **copy), {})
        self.assertEqual(self.changed({}, **copy, default_value="d"), {"k": "d"})
        self.assertEqual(self.changed({}, key="k", action="insert", default_value=0), {"k": 0})

    def test_events_do_not_share_a_map_that_a_statement_may_change(self) -> None:
        value = {"a": 1}
        one = self.changed({}, key="k", action="insert", value=value)
        other = self.changed(one, key="n", action="insert", from_attribute="k")
        one["k"]["a"] = 2
        self.assertEqual((value, other["n"]), ({"a": 1}, {"a": 1}))

    def test_delete_takes_a_key_and_all_that_match_the_pattern(self) -> None:
        left = self.changed({"k": 1, "x.a": 2, "y": 3}, action="delete", key="k", pattern="^x")
        self.assertEqual(left, {"y": 3})
        self.assertEqual(self.changed({"a": 1}, action="delete", key="k"), {"a": 1})

    def test_hash_is_sha_256_of_the_bytes_that_opentelemetry_takes(self) -> None:
        for value, data in (
            ("é", "é".encode()),
            (True, b"\1"),
            (-2, struct.pack("<q", -2)),
            (1.5, struct.pack("<d", 1.5)),
            ([1], b"[1]"),
            (b"\0", b"\0"),
        ):
            found = self.changed({"k": value}, action="hash", key="k")["k"]
            self.assertEqual(found, hashlib.sha256(data).hexdigest())
        self.assertEqual(
            self.changed({"k": "", "n": None}, action="hash", pattern="."), {"k": "", "n": ""}
        )

    def test_extract_puts_each_named_group_over_what_is_there(self) -> None:
        pattern = r"(?P<user>\w+)@(?:[a-z.]+)(?P<port>:\d+)?"
        found = self.changed(
            {"a": "me@x.org", "user": "?"}, action="extract", key="a", pattern=pattern
        )
        self.assertEqual(found, {"a": "me@x.org", "user": "me", "port": ""})
        for there in ({"a": "none"}, {"a": 5}, {}):
            self.assertEqual(
                self.changed(dict(there), action="extract", key="a", pattern=pattern), there
            )

    def test_convert_leaves_what_is_no_such_value(self) -> None:
        for kind, value, wanted in (
            ("int", "12", 12), ("int", " 12", " 12"), ("int", "1_2", "1_2"), ("int", 1.9, 1),
            ("int", float("inf"), float("inf")), ("int", [1], [1]), ("int", "9" * 5000, "9" * 5000),
            ("double", "1.5", 1.5), ("double", True, 1.0), ("double", "x", "x"),
            ("string", 5, "5"), ("string", {"a": 1}, '{"a":1}'), ("string", None, ""),
        ):  # fmt: skip
            found = self.changed({"k": value}, action="convert", key="k", converted_type=kind)["k"]
            self.assertEqual((found, type(found)), (wanted, type(wanted)))

    def test_what_fails_on_one_event_is_told_and_the_next_goes_on(self) -> None:
        failures: list[Exception] = []
        long = "x" * (MAX_TEXT + 1)
        those: list[dict[str, Any]] = [{"k": long}, {"k": "ab"}]
        Action(action="extract", key="k", pattern="(?P<a>a)").change()(those, failures.append)
        self.assertEqual(those[1], {"k": "ab", "a": "a"})
        Action(action="delete", pattern="[jk].*b").change()([{long: 1}, {"k": 1}], failures.append)
        deep: Any = "end"
        for _ in range(2000):
            deep = [deep]
        Action(key="k", action="hash").change()([{"k": deep}], failures.append)
        to_text = Action(key="k", action="convert", converted_type="string")
        to_text.change()([{"k": deep}], failures.append)
        self.assertEqual([type(e) for e in failures], [Failed] * 4)
        self.assertNotIn("xxx", repr(failures))

    def test_the_memory_of_matching_keys_is_bounded(self) -> None:
        change = Action(action="delete", pattern="^drop").change()
        one = {f"k{n}": 1 for n in range(10_000)} | {"drop": 1, "k" * 300: 1}
        change([one], self.fail)
        matching = next(
            c.cell_contents for c in change.__closure__ or () if isinstance(c.cell_contents, dict)
        )
        self.assertLessEqual(len(matching), 4096)
        self.assertEqual(len(one), 10_001)

    def test_what_makes_no_sense_is_refused_with_a_sentence(self) -> None:
        for action, said in (
            ({"action": "insert", "key": "k"}, "needs a value"),
            ({"action": "insert", "value": 1}, "needs a key"),
            ({"action": "delete"}, "needs a key"),
            ({"action": "extract", "key": "k"}, "needs a pattern"),
            ({"action": "extract", "key": "k", "pattern": "a"}, "needs a name"),
            ({"action": "extract", "key": "k", "pattern": "(?P<a>a)(b)"}, "needs a name"),
            ({"action": "extract", "key": "k", "pattern": "(?=a)"}, "RE2"),
            ({"action": "convert", "key": "k"}, "converted_type"),
            ({"action": "hash", "key": "k", "value": 1}, "does not use value"),
            ({"action": "insert", "key": "k", "value": 1, "pattern": "a"}, "does not use pattern"),
            ({"action": "insert", "key": "k", "value": 1, "from_attribute": "a"}, "exclude"),
            ({"action": "insert", "key": "k", "from_context": "metadata.x"}, "is not here"),
        ):  # fmt: skip
            with self.assertRaises(ValidationError) as caught:
                Action.model_validate(action)
            error = caught.exception.errors()[0]
            raised = error.get("ctx", {}).get("error")
            shown = raised.slips[0].message if isinstance(raised, Misread) else error["msg"]
            self.assertIn(said, shown)
