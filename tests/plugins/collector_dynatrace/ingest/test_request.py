"""A whole request: negotiation, encodings, forms of body, ages, answers."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector_dynatrace.ingest import answer
from collector_dynatrace.ingest.body import LINES
from collector_dynatrace.ingest.record import PROFILES, Profile
from collector_dynatrace.ingest.refusal import Refused
from collector_dynatrace.ingest.request import Rules, Taken, ingest
from collector_dynatrace.ingest.timestamp import SECOND
from collector_dynatrace.limits import GRAIL

NOW = 1_795_428_900 * SECOND
JSON = {"content-type": "application/json; charset=utf-8"}
STALE = {"timestamp": NOW // SECOND - 86_401}
FRESH = {"timestamp": NOW // SECOND - 86_400}
Query = Sequence[tuple[str, str]]


def take(
    body: Any, headers: dict[str, str] | None = None, query: Query = (), **rules: Any
) -> Taken:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return ingest(JSON if headers is None else headers, query, data, Rules(**rules), NOW)


class IngestTests(SynchronousTestCase):
    def refused(self, body: Any, *args: Any, **rules: Any) -> Refused:
        with self.assertRaises(Refused) as caught:
            take(body, *args, **rules)
        refused: Refused = caught.exception
        said = orjson.loads(answer.refusal(refused))["error"]
        self.assertEqual((said["code"], said["message"]), (refused.status, refused.message))
        return refused

    def contents(self, *args: Any, **rules: Any) -> list[str]:
        return [record.content for record in take(*args, **rules).records]

    # --- what kind of body ---

    def test_object_and_array(self) -> None:
        self.assertEqual(self.contents({"content": "a"}), ["a"])
        self.assertEqual(self.contents(b'[{"content":"a"},{"content":"b"}]\n'), ["a", "b"])
        self.assertEqual(self.contents(b'\xef\xbb\xbf{"content":"a"}'), ["a"])

    def test_plain_text_is_one_event(self) -> None:
        plain = {"content-type": "Text/Plain; charset=utf-8"}
        taken = take("a\nb\u00e9\n".encode(), plain, [("env", "x")])
        record = taken.records[0]
        self.assertEqual(record.content, "a\nb\u00e9\n")
        self.assertEqual((record.time, record.level, record.warnings), (NOW, "NONE", ()))
        self.assertEqual((record.attributes, taken.format), ({"env": "x"}, "plaintext"))

    def test_json_lines(self) -> None:
        body = b'{"content":"a"}\r\n\n  \n{"content":"b"}'
        for kind in LINES:
            self.assertEqual(self.contents(body, {"content-type": kind}), ["a", "b"])

    def test_query_overrides_the_header_in_any_case(self) -> None:
        plain = {"content-type": "text/plain"}
        taken = take({"content": "a"}, plain, [("Content-Type", "application/json")])
        self.assertEqual(taken.records[0].content, "a")
        self.assertEqual(taken.records[0].attributes, {})

    def test_other_types_are_refused(self) -> None:
        for kind in ("application/x-www-form-urlencoded", "application/xml", ""):
            refused = self.refused({}, {"content-type": kind})
            self.assertEqual((refused.status, refused.violations[0].place), (400, "HEADER"))
        self.assertEqual(self.refused({}, {"content-type": "a/b"}, unsupported=415).status, 415)
        self.assertEqual(len(take({}, {}, lenient=True).records), 1)

    # --- broken ones ---

    def test_invalid_json_says_where(self) -> None:
        cases = (b'{"a"', b"[{},]", b"nonsense", b'{"a":\xff}', b"1", b'"x"', b"[1,null]", b"NaN")
        for body in cases:
            refused = self.refused(body)
            self.assertEqual((refused.status, refused.reason), (400, "invalid_json_format"))
        said = orjson.loads(answer.refusal(self.refused(b'{"a":1,\n "b"}')))["error"]
        self.assertEqual(said["constraintViolations"][0]["parameterLocation"], "PAYLOAD_BODY")
        self.assertIn("line 2 column", said["constraintViolations"][0]["location"])

    def test_text_that_is_not_utf_8(self) -> None:
        self.assertEqual(self.refused(b"ab\xff", {"content-type": "text/plain"}).status, 400)

    def test_empty(self) -> None:
        for body in (b"", b" \n", b"[]"):
            refused = self.refused(body)
            self.assertEqual((refused.status, refused.reason), (400, "empty_messages"))
        for kind in ("text/plain", "application/jsonl"):
            self.assertEqual(self.refused(b"", {"content-type": kind}).status, 400)

    def test_members_that_are_no_objects(self) -> None:
        taken = take([1, {"content": "a"}, "x", [], None])
        self.assertEqual((len(taken.records), taken.invalid), (1, 4))
        self.assertEqual(
            answer.taken(taken, answer.Style()),
            (200, answer.success("4 events were not ingested because of JSON parsing issues")),
        )
        lines = take(b'{"content":"a"}\n{bad\n5', {"content-type": "application/jsonl"})
        self.assertEqual((len(lines.records), lines.invalid), (1, 2))

    # --- encodings ---

    def test_gzip_and_deflate(self) -> None:
        body = orjson.dumps({"content": "a" * 1000})
        raw = zlib.compressobj(9, zlib.DEFLATED, -15)
        half = len(body) // 2
        for encoding, data in (
            ("gzip", gzip.compress(body)),
            ("GZIP", gzip.compress(body[:half]) + gzip.compress(body[half:])),
            ("x-gzip", gzip.compress(body)),
            ("deflate", zlib.compress(body)),
            ("deflate", raw.compress(body) + raw.flush()),
            ("identity", body),
        ):
            self.assertEqual(
                self.contents(data, {**JSON, "content-encoding": encoding}), ["a" * 1000]
            )

    def test_bad_compression(self) -> None:
        good = gzip.compress(b'{"content":"a"}')
        gzipped = {**JSON, "content-encoding": "gzip"}
        for body in (b"{}", good[:-3], good[:5], good + b"x", gzip.compress(good), b"\x1f\x8b"):
            self.assertEqual(self.refused(body, gzipped).status, 400)
        self.assertEqual(self.refused({}, {**JSON, "content-encoding": "br"}).status, 400)

    def test_bomb_is_stopped_at_the_limit(self) -> None:
        bomb = gzip.compress(b" " * 50_000_000)
        for encoding, body in (
            ("gzip", bomb),
            ("gzip", bomb * 3),
            ("deflate", zlib.compress(bytes(50_000_000))),
        ):
            refused = self.refused(body, {**JSON, "content-encoding": encoding})
            self.assertEqual((refused.status, refused.reason), (413, "payload_byte_size_limit"))

    # --- sizes ---

    def test_body_at_and_over_the_limit(self) -> None:
        head, tail = b'{"content":"', b'"}'
        for over in (0, 1):
            body = head + b"x" * (GRAIL.request - len(head) - len(tail) + over) + tail
            if over:
                self.assertEqual(self.refused(body).status, 413)
            else:
                self.assertEqual(len(take(body).records), 1)

    @pytest.mark.untraced
    def test_too_many_records(self) -> None:
        self.assertEqual(len(take(b"[" + b",".join([b"{}"] * 50_000) + b"]").records), 50_000)
        refused = self.refused(b"[" + b",".join([b"{}"] * 50_001) + b"]")
        self.assertEqual((refused.status, refused.reason), (413, "event_count_limit"))

    def test_too_large_after_preprocessing(self) -> None:
        body = [{"x": "y" * 900_000}] * 9
        message = "Message size limit exceeded after preprocessing on ingest endpoint"
        refused = self.refused(body, profile=PROFILES["grail-flattened"])
        self.assertEqual((refused.status, refused.message), (413, message))
        self.assertEqual(len(take(body).records), 9)
        many = b"[" + b",".join([b"{}"] * 40_000) + b"]"
        self.assertEqual(self.refused(many, JSON, [("a", "x" * 1000)]).status, 413)

    # --- parameters ---

    def test_structure(self) -> None:
        event = {"content": "x", "a": {"b": 1}}
        options = {**JSON, "x-dynatrace-options": "other=1&structure=flattened"}
        cases: list[tuple[dict[str, str], Query, dict[str, Any]]] = [
            (JSON, [], {"a": '{"b": 1}'}),
            (JSON, [("structure", "flattened")], {"a.b": 1}),
            (options, [], {"a.b": 1}),
            (options, [("Structure", "RAW")], {"a": '{"b": 1}'}),
        ]
        for headers, query, attributes in cases:
            self.assertEqual(take(event, headers, query).records[0].attributes, attributes)
        classic = take(event, JSON, [("structure", "raw")], profile=PROFILES["classic"])
        self.assertEqual(classic.records[0].attributes, {"a.b": "1"})
        self.assertEqual(self.refused(event, JSON, [("structure", "x")]).status, 400)

    def test_attributes_for_all_records(self) -> None:
        headers = {**JSON, "x-dynatrace-attr": "k=header&h=1&h=2&team=h"}
        query = [("k", "query"), ("api-token", "secret"), ("e", "")]
        taken = take([{"content": "a", "k": "body"}, {"content": "b"}], headers, query)
        first, second = (record.attributes for record in taken.records)
        both = {"k": "query", "h": ["1", "2"], "team": "h", "e": ""}
        self.assertEqual(first, {**both, "overwritten1.k": "body"})
        self.assertEqual(second, both)

    # --- ages ---

    def test_some_stale(self) -> None:
        taken = take([STALE, FRESH, STALE])
        self.assertEqual((len(taken.records), taken.stale), (1, 2))
        message = b"2 events were not ingested because of timestamp out of correct time range"
        self.assertEqual(
            answer.taken(taken, answer.Style(success_key="success")),
            (200, b'{"success":{"code":200,"message":"%b"}}' % message),
        )

    def test_all_stale(self) -> None:
        refused = self.refused([STALE])
        self.assertEqual(refused.message, "All logs are out of correct time range.")

    def test_stale_modes(self) -> None:
        refused = self.refused([STALE, FRESH], stale="any")
        self.assertEqual(refused.message, "One or all logs are out of correct time range.")
        self.assertEqual(len(take([STALE, FRESH], stale="take").records), 2)

    # --- answers ---

    def test_all_taken_has_no_body(self) -> None:
        self.assertEqual(answer.taken(take({"content": "a"}), answer.Style()), (204, b""))

    def test_trims_are_told_only_if_asked(self) -> None:
        taken = take({"content": "a", "x": "y" * 40_000})
        self.assertEqual(answer.taken(taken, answer.Style())[0], 204)
        status, body = answer.taken(taken, answer.Style(trim_status=200))
        self.assertEqual((status, b"limited" in body), (200, True))

    def test_several_reasons_have_one_number(self) -> None:
        deep: Any = {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}
        taken = take([STALE, 1, deep], profile=PROFILES["grail-flattened"])
        message = orjson.loads(answer.taken(taken, answer.Style())[1])["details"]["message"]
        self.assertTrue(message.startswith("2 events were not ingested because of timestamp"))
        self.assertIn("Event(s) have attributes that are too nested for records: 2", message)


def any_json() -> st.SearchStrategy[Any]:
    scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5)
    keys = st.sampled_from(["content", "Timestamp", "status", "a", "a.b", "b", "message"])
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys | st.text(), inner),
        max_leaves=20,
    )


class PropertyTests(SynchronousTestCase):
    def check(self, headers: dict[str, str], query: Query, body: bytes, profile: Profile) -> None:
        try:
            taken = ingest(headers, query, body, Rules(profile), NOW)
        except Refused as refused:
            self.assertIn(refused.status, (400, 413))
            return
        limits = profile.limits
        for record in taken.records:
            orjson.dumps(record.attributes)
            self.assertLessEqual(len(record.content.encode()), limits.content)
            self.assertLessEqual(len(record.attributes), limits.attributes)
            self.assertTrue(all(len(key.encode()) <= limits.key for key in record.attributes))
            self.assertFalse(any(isinstance(v, dict) for v in record.attributes.values()))

    @settings(max_examples=100, deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from(
                ["content-type", "content-encoding", "x-dynatrace-attr", "x-dynatrace-options"]
            ),
            st.sampled_from([*LINES, "text/plain", "application/json", "gzip", "deflate", "a=b&a"])
            | st.text(max_size=10),
        ),
        st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=3),
        st.binary(max_size=200),
        st.sampled_from(sorted(PROFILES)),
    )
    def test_any_bytes_are_taken_or_refused(
        self, headers: dict[str, str], query: Query, body: bytes, profile: str
    ) -> None:
        self.check(headers, query, body, PROFILES[profile])

    @settings(max_examples=100, deadline=None)
    @given(any_json(), st.sampled_from(sorted(PROFILES)))
    def test_any_json_is_taken_or_refused(self, value: Any, profile: str) -> None:
        small = replace(PROFILES[profile].limits, content=20, value=4, key=6, attributes=3)
        tight = replace(PROFILES[profile], limits=small)
        self.check(JSON, [("a", "q")], json.dumps(value).encode(), tight)
