"""Standard output: one safe line an event."""

from __future__ import annotations

import io
import re
import sys
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase, TestCase

from collector.api import Batch, Event, Hold, Request, Retry, spawn
from collector.testing import context, events
from collector_debug.stdout import StdoutConfig, StdoutExporter

CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")


def exporter(**config: Any) -> StdoutExporter:
    return StdoutExporter(StdoutConfig(**config), context("exporter"))


def encoded(event: Event, **config: Any) -> bytes:
    (request,) = exporter(**config).encode([Batch([event])])
    return request.body


class LineTests(SynchronousTestCase):
    def test_text_is_time_severity_body_attributes(self) -> None:
        event = Event(1_700_000_000_123_456_789, "hello", {"a": 1}, 9, "INFO")
        self.assertEqual(encoded(event), b'2023-11-14T22:13:20.123Z INFO hello {"a":1}\n')

    def test_what_is_not_said_is_a_dash(self) -> None:
        self.assertEqual(encoded(Event(0, "x", {})), b"- - x\n")

    def test_a_year_nobody_can_write_is_a_number(self) -> None:
        self.assertEqual(encoded(Event(1 << 70, "x", {})), b"%d - x\n" % (1 << 70))

    def test_control_characters_are_shown(self) -> None:
        body = "a\nb\t\x1b[31mred\x9b0m\x07\x7f\0"
        self.assertEqual(
            encoded(Event(0, body, {})), rb"- - a\nb\t\x1b[31mred\x9b0m\x07\x7f\x00" + b"\n"
        )

    def test_json_escapes_them_too(self) -> None:
        line = encoded(Event(0, "\x1b\x9b\x7f", {"é": "ü"}), format="json")
        self.assertEqual(CONTROL.findall(line), [])
        self.assertEqual(orjson.loads(line)["body"], "\x1b\x9b\x7f")

    @given(st.text(), st.dictionaries(st.text(), st.text() | st.binary()), st.text())
    def test_no_text_gets_a_control_character_through(
        self, body: str, attributes: dict[str, Any], severity: str
    ) -> None:
        for form in ("text", "json"):
            line = encoded(Event(0, body, attributes, 0, severity), format=form)
            self.assertEqual(CONTROL.findall(line), [])
            self.assertEqual(line.count(b"\n"), 1)


class SendTests(TestCase):
    def send(self, out: Any, request: Request | None = None) -> Deferred[Any]:
        self.patch(sys, "stdout", out)
        one = exporter()
        (encoded,) = one.encode([Batch(events("one", "two"))])
        return spawn(one.send(request or encoded))

    def test_writes_and_flushes(self) -> Deferred[None]:
        raw = io.BytesIO()
        done = self.send(io.TextIOWrapper(io.BufferedWriter(raw)))
        return done.addCallback(lambda _: self.assertEqual(raw.getvalue().count(b"\n"), 2))

    def test_nobody_reading_is_a_hold(self) -> Deferred[Any]:
        return self.assertFailure(self.send(Raising(BrokenPipeError())), Hold)

    def test_an_error_is_a_retry_that_says_why(self) -> Deferred[None]:
        failed = self.assertFailure(self.send(Raising(OSError(5, "Input/output error"))), Retry)
        return failed.addCallback(lambda e: self.assertIn("Input/output error", str(e)))

    def test_writes_what_the_core_compressed_as_it_was(self) -> Deferred[None]:
        from gzip import compress

        raw = io.BytesIO()
        request = Request(body=compress(b"plain\n"), events=1, encoding="gzip")
        done = self.send(io.TextIOWrapper(raw), request)
        return done.addCallback(lambda _: self.assertEqual(raw.getvalue(), b"plain\n"))


class Raising:
    """A standard output that cannot be written."""

    def __init__(self, error: OSError) -> None:
        self.buffer = self
        self.error = error

    def write(self, _: bytes) -> None:
        raise self.error
