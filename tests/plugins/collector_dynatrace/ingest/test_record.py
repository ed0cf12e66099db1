"""From one JSON object to one record: data models, key lookup, levels, limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, ClassVar

from twisted.trial.unittest import SynchronousTestCase

from collector_dynatrace.ingest.model import MAX_NESTING, Room
from collector_dynatrace.ingest.record import PROFILES, Profile, Record, Shaper
from collector_dynatrace.ingest.refusal import Refused
from collector_dynatrace.ingest.timestamp import SECOND
from collector_dynatrace.limits import CLASSIC, CONTENT_KEYS, GRAIL, LEVEL_KEYS, TIMESTAMP_KEYS

NOW = 1_795_428_900 * SECOND  # 2026-11-23T10:15:00Z
RAW, FLAT = PROFILES["grail-raw"], PROFILES["grail-flattened"]


def shaper(profile: Profile = RAW, **parameters: Any) -> Shaper:
    return Shaper(profile, profile.model, parameters, NOW, Room(1_000_000))


def shape(event: dict[str, Any], profile: Profile = RAW, **parameters: Any) -> Record:
    return shaper(profile, **parameters).shape(dict(event), 0)


def merged(record: Record) -> dict[str, Any]:
    return {"content": record.content, **record.attributes}


class PageExampleTests(SynchronousTestCase):
    """The worked examples of "Ingest JSON and TXT logs"."""

    transaction: ClassVar[dict[str, Any]] = {
        "content": "ok",
        "transaction": {"id": "T1", "amount": 250.75},
        "auditTrail": ["Created", "Approved", 3],
    }

    def test_objects_and_arrays(self) -> None:
        self.assertEqual(
            merged(shape(self.transaction)),
            {
                "content": "ok",
                "transaction": '{"id": "T1", "amount": 250.75}',
                "auditTrail": ["Created", "Approved", "3"],
            },
        )
        self.assertEqual(
            merged(shape(self.transaction, FLAT)),
            {
                "content": "ok",
                "transaction.id": "T1",
                "transaction.amount": 250.75,
                "auditTrail": ["Created", "Approved", "3"],
            },
        )

    def test_an_object_as_content(self) -> None:
        event = {"message": {"id": "T1"}, "payload": "Transaction", "_raw": "Operation"}
        self.assertEqual(
            merged(shape(event)),
            {"content": '{"id": "T1"}', "payload": "Transaction", "_raw": "Operation"},
        )
        self.assertEqual(
            merged(shape(event, FLAT)),
            {"content": "Transaction", "message.id": "T1", "_raw": "Operation"},
        )

    def test_a_clash_when_flattened(self) -> None:
        record = shape({"host.name": "abc", "host": {"name": "xyz"}}, FLAT)
        self.assertEqual(record.attributes, {"host.name": "abc", "overwritten1.host.name": "xyz"})

    def test_parameters_win(self) -> None:
        record = shape({"content": "x", "team": "backend"}, env=["prod", "blue"], team="payments")
        self.assertEqual(
            merged(record),
            {
                "content": "x",
                "env": ["prod", "blue"],
                "team": "payments",
                "overwritten1.team": "backend",
            },
        )


class ModelTests(SynchronousTestCase):
    def test_types_of_arrays(self) -> None:
        cases: list[tuple[list[Any], list[Any]]] = [
            ([1, 2.5, None], [1, 2.5, None]),
            ([True, False], [True, False]),
            ([True, 1], ["true", "1"]),
            (["a", None, 1.5, True, [1], {"b": 2}], ["a", None, "1.5", "true", "[1]", '{"b": 2}']),
            ([], []),
        ]
        for profile in (RAW, FLAT):
            for given, kept in cases:
                self.assertEqual(shape({"a": given}, profile).attributes["a"], kept)

    def test_types_are_kept_and_nulls_left_out(self) -> None:
        record = shape({"a": 1, "b": 1.5, "c": True, "d": None, "E": "x"})
        self.assertEqual(record.attributes, {"a": 1, "b": 1.5, "c": True, "E": "x"})

    def test_classic_has_lower_keys_and_text(self) -> None:
        record = shape({"A": 1, "b": {"C": True}, "d": [1, 2]}, PROFILES["classic"])
        self.assertEqual(record.attributes, {"a": "1", "b.c": "true", "d": ["1", "2"]})

    def test_flattening_ends_at_five_keys(self) -> None:
        makes = shaper(FLAT)
        record = makes.shape({"a": {"b": {"c": {"d": {"e": 1, "f": {"g": 2}}}}}}, 7)
        self.assertEqual(record.attributes, {"a.b.c.d.e": 1})
        self.assertEqual(makes.too_nested, [7])

    def test_clashes_are_numbered(self) -> None:
        event = {"a.b": 1, "overwritten1.a.b": 2, "a": {"b": 3}}
        self.assertEqual(shape(event, FLAT, **{"a.b": "q"}).attributes, {
            "a.b": "q", "overwritten1.a.b": 2, "overwritten2.a.b": 3, "overwritten3.a.b": 1,
        })  # fmt: skip

    def test_content_without_a_key(self) -> None:
        self.assertEqual(shape({"msg": "x"}).content, "")
        self.assertEqual(shape({"msg": "x"}, FLAT).content, '{"msg":"x"}')

    def test_long_keys_around_many_do_not_fill_the_memory(self) -> None:
        event = {"k" * 10_000: {str(n): n for n in range(10_000)}}
        with self.assertRaises(Refused) as caught:
            shape(event, FLAT)
        self.assertEqual(caught.exception.status, 413)

    def test_absurd_nesting_is_refused(self) -> None:
        deep: Any = 1
        for _ in range(MAX_NESTING // 2):
            deep = {"a": [deep]}
        self.assertIn("x", shape({"x": deep}).attributes)
        with self.assertRaises(Refused) as caught:
            shape({"x": {"a": deep}})
        self.assertEqual(caught.exception.status, 400)


class LookupTests(SynchronousTestCase):
    def test_first_key_wins_in_any_case_and_the_rest_stay(self) -> None:
        cases: list[tuple[Sequence[str], Any, Callable[[Record], Any]]] = [
            (CONTENT_KEYS, "text", lambda r: r.content),
            (LEVEL_KEYS[:1] + LEVEL_KEYS[2:], "warn", lambda r: r.level.lower()),
            (TIMESTAMP_KEYS, NOW // SECOND - 5, lambda r: r.time // SECOND),
        ]
        for keys, value, pick in cases:
            for first, second in pairwise(keys):
                for spelled in (first, first.upper(), first.title()):
                    record = shape({second: "other", spelled: value})
                    self.assertEqual((spelled, pick(record)), (spelled, value))
                    self.assertEqual(record.attributes, {second: "other"})

    def test_raw_text_is_content_in_the_raw_model_only(self) -> None:
        self.assertEqual(shape({"_raw": "x"}).content, "x")
        self.assertEqual(shape({"_raw": "x"}, FLAT).attributes, {"_raw": "x"})

    def test_null_is_as_good_as_absent(self) -> None:
        record = shape({"content": None, "message": "m", "loglevel": None, "level": "e"})
        self.assertEqual((record.content, record.level), ("m", "ERROR"))

    def test_numbers_as_content(self) -> None:
        self.assertEqual(shape({"content": 5}).content, "5")
        self.assertEqual(shape({"content": [1, "a"]}).content, '["1", "a"]')

    def test_unreadable_level_is_corrected(self) -> None:
        record = shape({"content": "GET /", "status": 200})
        self.assertEqual((record.level, record.attributes), ("NONE", {}))
        self.assertEqual(record.warnings, ("common_attr_corrected",))
        self.assertEqual(shape({"level": "none"}).warnings, ())

    def test_status_and_event_type_are_ours(self) -> None:
        right = {"loglevel": "ERROR", "status": "ERROR", "event.type": "LOG"}
        self.assertEqual(shape(right).warnings, ())
        wrong = shape({"loglevel": "ERROR", "status": "INFO", "event.type": "x"})
        self.assertEqual(wrong.attributes, {"event.type": "LOG"})
        self.assertEqual(wrong.warnings, ("common_attr_corrected",))


class TimeTests(SynchronousTestCase):
    def test_missing_is_now(self) -> None:
        self.assertEqual(shape({}).time, NOW)

    def test_unreadable_is_now_and_kept(self) -> None:
        for said, kept in (("soon", "soon"), (10**18, str(10**18))):
            record = shape({"time": said})
            self.assertEqual((record.time, record.attributes), (NOW, {"unparsed_timestamp": kept}))

    def test_future_is_corrected_after_ten_minutes(self) -> None:
        self.assertEqual(shape({"ts": NOW // SECOND + 600}).warnings, ())
        late = shape({"ts": NOW // SECOND + 601})
        self.assertEqual((late.time, late.warnings), (NOW, ("timestamp_corrected",)))


class LimitTests(SynchronousTestCase):
    def test_each_trim_has_its_warning(self) -> None:
        e = "\u00e9"
        cases: list[tuple[dict[str, Any], str, Any]] = [
            ({"content": e * 4097}, "content_trimmed", e * 4096),
            ({"content": "x" + e * 4096}, "content_trimmed", "x" + e * 4095),
            ({"a": e * 126}, "attr_val_size_trimmed", {"a": e * 125}),
            ({"a": ["x" * 251, "y"]}, "attr_val_size_trimmed", {"a": ["x" * 250, "y"]}),
            ({"a": ["1"] * 33}, "attr_val_count_trimmed", {"a": ["1"] * 32}),
            ({"k" * 101: "1"}, "attr_key_trimmed", {"k" * 100: "1"}),
            (
                {f"a{n}": "1" for n in range(51)},
                "attr_count_trimmed",
                {f"a{n}": "1" for n in range(50)},
            ),
        ]
        for event, warning, kept in cases:
            record = shape({"content": "", **event}, PROFILES["classic"])
            self.assertEqual(record.warnings, (warning,))
            self.assertEqual(record.content if "content" in event else record.attributes, kept)

    def test_exactly_the_limit_is_left_alone(self) -> None:
        event: dict[str, Any] = {f"a{n}": "x" * 250 for n in range(48)}
        event |= {"k" * 100: "y" * 250, "v": ["z" * 250] * 32, "content": "c" * 8192}
        record = shape(event, PROFILES["classic"])
        self.assertEqual(record.warnings, ())
        self.assertEqual(merged(record), event)

    def test_of_two_keys_cut_to_one_the_first_stays(self) -> None:
        record = shape({"k" * 101: 1, "k" * 102: 2})
        self.assertEqual(record.attributes, {"k" * 100: 1})

    def test_keys_that_differ_by_case(self) -> None:
        record = shape({"a": 1, "A": 2})
        self.assertEqual(record.attributes, {"a": 1, "A": 2})
        self.assertEqual(record.warnings, ("attr_key_case_mismatch",))
        classic = shape({"a": 1, "A": 2}, PROFILES["classic"])
        self.assertEqual(classic.attributes, {"a": "1", "overwritten1.a": "2"})

    def test_profiles(self) -> None:
        self.assertEqual((RAW.limits, PROFILES["classic"].limits), (GRAIL, CLASSIC))
        strict = replace(RAW, limits=replace(GRAIL, attributes=1))
        self.assertEqual(shape({"a": 1, "b": 2}, strict).attributes, {"a": 1})
