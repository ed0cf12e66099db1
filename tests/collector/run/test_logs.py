"""The process's own log: lines, levels, limits, and what must never be in them."""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import os
import sys
import warnings
from itertools import product
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import LogBeginner, Logger, LogLevel, LogPublisher, globalLogPublisher
from twisted.python import log as legacy
from twisted.trial.unittest import SynchronousTestCase

from collector.component import Config, Receiver
from collector.faults import LONGEST
from collector.run.log_stream import LogStream
from collector.run.logs import LINES, MAX_KINDS, MINUTE, Format, Level, Logging, start_logging
from collector.run.redactor import Redactor
from collector.testing import context

CANARY = "dt0c01.CANARYCANARYCANARYCANARY." + "CANARYSECRETSECR" * 4


class Raising(Receiver[Config]):
    def pause(self) -> None:
        raise ValueError("no")

    def resume(self) -> None:
        raise NotImplementedError


class LogTests(SynchronousTestCase):
    """Each test logs to a publisher of its own and reads `lines`."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.stream = io.StringIO()
        self.publisher = LogPublisher()
        self.log = Logger("collector.receiver", "syslog/edge", self.publisher)

    def begin(
        self, level: Level = "info", form: Format = "text", stream: Any = None, **more: Any
    ) -> Logging:
        beginner = LogBeginner(self.publisher, io.StringIO(), sys, warnings)
        self.addCleanup(setattr, warnings, "showwarning", warnings.showwarning)
        started = start_logging(
            level, form, stream or self.stream, clock=self.clock, beginner=beginner, **more
        )
        self.addCleanup(started.stop)
        return started

    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()

    def line(self) -> str:
        """The only one, without its time."""
        (line,) = self.lines()
        return line[25:]

    def say_failure(self, text: str) -> None:
        try:
            raise ValueError(text)
        except ValueError:
            self.log.failure("{id}: send raised", id="syslog/edge")


class TextTests(LogTests):
    def test_line_has_time_level_component_and_message(self) -> None:
        self.begin()
        self.log.warn("{id}: {ip} speaks TLS", id="syslog/edge", ip="10.0.0.1", log_time=1795435200)
        self.assertRegex(self.lines()[0], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")
        self.assertEqual(self.line(), "WARN  syslog/edge: 10.0.0.1 speaks TLS")

    def test_time_is_utc_in_milliseconds(self) -> None:
        self.begin()
        self.publisher({"log_format": "x", "log_time": 1795435200.1237, "log_level": None})
        self.assertEqual(self.lines(), ["2026-11-23T12:00:00.123Z INFO  x"])

    def test_component_is_the_loggers_source_where_the_message_names_none(self) -> None:
        self.begin()
        self.log.error("no room")
        self.assertEqual(self.line(), "ERROR syslog/edge: no room")

    def test_what_nobody_handled_is_the_component_s_whose_method_it_was(self) -> None:
        self.begin()
        receiver = Raising(Config(), context("receiver", "syslog/edge", self.clock))
        others = Logger("twisted.internet.base", observer=self.publisher)
        try:
            receiver.pause()
        except ValueError:
            others.failure("while handling timed call")
        self.assertTrue(self.line().startswith("ERROR syslog/edge: while handling timed call: "))
        self.assertIn("no (test_logs.py:", receiver.context.faults.reason(0))

    def test_what_a_component_says_itself_is_no_fault(self) -> None:
        self.begin()
        receiver = Raising(Config(), context("receiver", "syslog/edge", self.clock))
        try:
            receiver.pause()
        except ValueError:
            self.log.failure("the peer is odd")
        self.assertEqual(receiver.context.faults.reason(0), "")

    def test_process_itself_has_no_component(self) -> None:
        self.begin()
        Logger("collector", observer=self.publisher).info("started, pid {pid}", pid=7)
        self.assertEqual(self.line(), "INFO  started, pid 7")

    def test_control_characters_of_devices_are_escaped(self) -> None:
        self.begin()
        self.log.warn(
            "said {text}", text="\x1b[31mred\x07\nfaked line\x9b\u202e\u2028 gr\u00fc\u00df"
        )
        self.assertEqual(
            self.line(),
            r"WARN  syslog/edge: said \x1b[31mred\x07\nfaked line\x9b\u202e\u2028 grüß",
        )

    def test_half_a_surrogate_pair_is_escaped(self) -> None:
        self.begin()
        self.log.warn("said {text}", text="\udc80")
        self.assertIn(r"said \udc80", self.line())

    def test_long_message_is_cut(self) -> None:
        self.begin()
        self.log.warn("{text}", text="a" * 10 * LONGEST)
        self.assertIn("a… (20,000 characters)", self.line())
        self.assertLess(len(self.line()), LONGEST + 100)

    def test_lower_levels_are_left_out(self) -> None:
        self.begin("warn")
        self.log.info("one")
        self.log.debug("two")
        self.log.error("three")
        self.assertEqual(self.line(), "ERROR syslog/edge: three")

    def test_what_was_logged_before_the_beginning_is_written(self) -> None:
        beginner = LogBeginner(self.publisher, io.StringIO(), sys, warnings)
        self.addCleanup(setattr, warnings, "showwarning", warnings.showwarning)
        self.log.info("early")
        started = start_logging("info", "text", self.stream, clock=self.clock, beginner=beginner)
        started.stop()
        self.assertEqual(self.line(), "INFO  syslog/edge: early")

    def test_event_that_cannot_be_formatted_is_a_line_all_the_same(self) -> None:
        self.begin()
        self.log.warn("{missing}")
        self.assertEqual(len(self.lines()), 1)


class NoiseTests(LogTests):
    def say_twisteds(self) -> None:
        Logger("collector.inputs.web", observer=self.publisher).info(
            "Starting factory {factory!r}", factory=self
        )
        Logger("twisted.internet.protocol", observer=self.publisher).info("something started")
        Logger("log_legacy", observer=self.publisher).info("(UNIX Port Closed)")

    def test_twisteds_own_is_left_out(self) -> None:
        self.begin()
        self.say_twisteds()
        self.assertEqual(self.lines(), [])

    def test_twisteds_own_is_there_for_developers(self) -> None:
        self.begin("debug")
        self.say_twisteds()
        self.assertEqual(len(self.lines()), 3)
        self.assertIn("DEBUG twisted.internet.protocol: something started", self.lines()[1])

    def test_twisteds_errors_are_shown(self) -> None:
        self.begin()
        Logger("twisted.internet.tcp", observer=self.publisher).error("oh")
        self.assertEqual(self.line(), "ERROR twisted.internet.tcp: oh")


class FailureTests(LogTests):
    def test_failure_is_one_line_with_type_message_and_last_frame(self) -> None:
        self.begin()
        self.say_failure("not\na number")
        self.assertRegex(
            self.line(),
            r"^ERROR syslog/edge: send raised: ValueError: not\\na number "
            r"\(test_logs\.py:\d+ in say_failure\)$",
        )

    def test_traceback_is_there_at_debug_level_and_indented(self) -> None:
        self.begin("debug")
        self.say_failure("2026-11-23T12:00:00.123Z INFO  all is well\nfaked")
        first, *rest = self.lines()
        self.assertIn("ERROR syslog/edge: send raised: ValueError", first)
        self.assertTrue(any("raise ValueError(text)" in line for line in rest))
        self.assertTrue(all(line.startswith("    ") for line in rest))

    def test_exception_without_a_message_is_its_type(self) -> None:
        self.begin()
        self.say_failure("")
        self.assertIn("send raised: ValueError (test_logs.py", self.line())

    def test_forgotten_error_of_a_deferred_is_shown_without_its_traceback(self) -> None:
        observer = self.begin().observer
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        deferred: Deferred[None] = Deferred()
        with contextlib.suppress(ZeroDivisionError):
            deferred.addCallback(lambda _: 1 / 0)
            deferred.callback(None)
        del deferred
        gc.collect()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertRegex(self.line(), r"^ERROR twisted\.\S+: an error that nobody handled: ")
        self.assertIn("ZeroDivisionError: division by zero (test_logs.py", self.line())

    def test_old_style_error_is_one_line(self) -> None:
        observer = self.begin().observer
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        try:
            raise KeyError(CANARY)
        except KeyError:
            legacy.err(None, "while reading")  # type: ignore[no-untyped-call]
        self.flushLoggedErrors(KeyError)
        self.assertEqual(len(self.lines()), 1)
        self.assertIn("ERROR while reading: KeyError: ", self.line())
        self.assertNotIn("Traceback", self.line())


class JsonTests(LogTests):
    def test_event_is_an_object_on_one_line(self) -> None:
        self.begin("info", "json")
        self.log.warn("{id}: {ip} is\nodd", id="syslog/edge", ip="10.0.0.1", port=5, huge=1 << 70)
        said = orjson.loads(self.lines()[0])
        self.assertRegex(said.pop("time"), r"^\d{4}-.*\.\d{3}Z$")
        self.assertEqual(
            said,
            {
                "level": "WARN",
                "component": "syslog/edge",
                "message": "10.0.0.1 is\\nodd",
                "fields": {"ip": "10.0.0.1", "port": 5},
            },
        )

    def test_failure_and_traceback_have_keys_of_their_own(self) -> None:
        self.begin("debug", "json", redactor=Redactor([CANARY]))
        self.say_failure(f"token {CANARY}\x1b[0m")
        said = orjson.loads(self.lines()[0])
        self.assertEqual(said["message"], "send raised")
        self.assertIn(r"ValueError: token ***\x1b[0m (test_logs.py:", said["error"])
        self.assertIn("raise ValueError(text)", said["traceback"])
        self.assertNotIn("CANARY", self.stream.getvalue())


class LogfmtTests(LogTests):
    def test_event_is_pairs_on_one_line(self) -> None:
        self.begin("info", "logfmt")
        facts = {"ip": "10.0.0.1", "port": 5, "component": "x=y"}
        self.log.warn('{id}: {ip} is\n"odd"', id="syslog/edge", **facts)
        time, said = self.lines()[0].split(" ", 1)
        self.assertRegex(time, r"^time=\d{4}-\S*\.\d{3}Z$")
        self.assertEqual(
            said,
            r'level=WARN component=syslog/edge message="10.0.0.1 is\\n\"odd\"" '
            'ip=10.0.0.1 port=5 fields.component="x=y"',
        )

    def test_a_traceback_is_one_value(self) -> None:
        self.begin("debug", "logfmt")
        self.say_failure("a b")
        self.assertEqual(len(self.lines()), 1)
        self.assertIn(r"\n", self.lines()[0].partition('traceback="')[2])


class SecretTests(LogTests):
    def say_it_everywhere(self, secret: str) -> None:
        self.say_failure(f"Authorization: Api-Token {secret}")
        self.say_failure(repr({"token": secret}))
        self.log.warn("{url}", url=f"https://x/?api-token={secret}")
        self.log.warn("{thing!r}", thing=[secret])
        self.log.warn("{id}: x", id=secret)
        self.log.warn("a field only", token=secret)
        logging.getLogger("library").error("logged %s", secret)

    def test_secret_is_in_no_line_of_any_format_and_level(self) -> None:
        secrets = (CANARY, "p\u00e4ssCANARY'w\\rd\n/+?", "-----BEGIN-----\nCANARYCANARYCANARY\nabc")
        forms: tuple[Format, ...] = ("text", "json", "logfmt")
        levels: tuple[Level, ...] = ("debug", "info")
        ways = list(product(levels, forms))
        for secret in secrets:
            for level, form in ways:
                self.setUp()
                started = self.begin(level, form, redactor=Redactor([secret, ""]))
                globalLogPublisher.addObserver(started.observer)
                self.say_it_everywhere(secret)
                globalLogPublisher.removeObserver(started.observer)
                started.stop()
                self.assertGreater(len(self.lines()), 6)
                self.assertNotIn("CANARY", self.stream.getvalue())
                self.assertIn("***", self.stream.getvalue())

    def test_canary_is_not_in_the_sum_of_a_minute(self) -> None:
        self.begin(redactor=Redactor([CANARY]))
        for _ in range(LINES + 2):
            self.log.warn("{text}", text=CANARY)
        self.clock.advance(MINUTE)
        self.assertNotIn("CANARY", self.stream.getvalue())
        self.assertIn("*** … and 2 more like it", self.lines()[-1])


class LimitTests(LogTests):
    def test_lines_of_one_kind_are_limited_and_the_rest_is_counted(self) -> None:
        self.begin()
        for port in range(LINES + 1234):
            self.log.warn("{id}: {port} is odd", id="syslog", port=port)
        self.assertEqual(len(self.lines()), LINES)
        self.clock.advance(MINUTE)
        self.assertEqual(len(self.lines()), LINES + 1)
        self.assertIn("WARN  syslog: 9 is odd … and 1,234 more like it", self.lines()[-1])

    def test_next_minute_begins_anew(self) -> None:
        self.begin()
        for _ in range(3):
            for _ in range(LINES):
                self.log.error("{id}: no room", id="file")
            self.clock.advance(MINUTE)
        self.assertEqual(len(self.lines()), 3 * LINES)

    def test_other_components_messages_and_levels_are_not_held_back(self) -> None:
        self.begin()
        for _ in range(LINES + 1):
            self.log.warn("{id}: odd", id="a")
        self.log.warn("{id}: odd", id="b")
        self.log.warn("{id}: even", id="a")
        self.log.error("{id}: odd", id="a")
        self.assertEqual(len(self.lines()), LINES + 3)

    def test_number_of_kinds_is_bounded(self) -> None:
        started = self.begin()
        for number in range(MAX_KINDS + 500):
            self.publisher({"log_format": str(number), "log_level": LogLevel.warn})
        self.assertEqual(len(self.lines()), MAX_KINDS + LINES)
        self.log.error("an error is not held back by warnings")
        self.assertEqual(len(self.lines()), MAX_KINDS + LINES + 1)
        self.assertEqual(len(started.observer._kinds), MAX_KINDS + 2)

    def test_end_of_the_process_says_what_was_kept_back(self) -> None:
        started = self.begin()
        for _ in range(LINES + 5):
            self.log.warn("odd")
        started.stop()
        self.assertIn("… and 5 more like it", self.lines()[-1])
        self.assertEqual(self.clock.getDelayedCalls(), [])


class OtherSourcesTests(LogTests):
    def global_begin(self, level: Level = "info") -> None:
        observer = self.begin(level).observer
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def test_python_logging_comes_in(self) -> None:
        self.global_begin()
        logging.getLogger("asyncio").warning("slow: %d ms\n", 300)
        self.assertEqual(self.line(), "WARN  logging.asyncio: slow: 300 ms")

    def test_python_logging_with_an_exception_is_one_line(self) -> None:
        self.global_begin()
        try:
            raise ValueError("x")
        except ValueError:
            logging.getLogger("asyncio").exception("Task exception was never retrieved")
        self.flushLoggedErrors(ValueError)
        self.assertIn("never retrieved: ValueError: x (test_logs.py:", self.line())

    def test_broken_call_of_a_library_does_no_harm(self) -> None:
        self.global_begin()
        handler = logging.root.handlers[-1]
        handler.handle(logging.LogRecord("x", 40, "x.py", 1, "%d", ("one",), None))
        self.assertEqual(self.line(), "ERROR logging.x: %d")

    def test_information_of_libraries_is_for_developers(self) -> None:
        self.global_begin()
        logging.getLogger("x").info("hello")
        self.assertEqual(self.lines(), [])

    def test_warnings_come_in(self) -> None:
        self.begin()
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("old", UserWarning, stacklevel=1)
        self.assertIn("WARN", self.line())
        self.assertIn("UserWarning: old", self.line())


class BrokenStream:
    """Raises whatever it is told to."""

    def __init__(self, error: Exception) -> None:
        self.error: Exception | None = error
        self.text = ""

    def write(self, text: str) -> None:
        if self.error:
            raise self.error
        self.text += text

    def flush(self) -> None:
        pass

    def fileno(self) -> int:
        raise io.UnsupportedOperation


class StreamTests(LogTests):
    def test_broken_stream_raises_nothing_and_what_was_lost_is_said(self) -> None:
        for error in (BrokenPipeError(), BlockingIOError(), ValueError("closed"), OSError(28, "")):
            stream = BrokenStream(error)
            started = self.begin(stream=stream)
            self.log.warn("one")
            self.log.warn("two")
            stream.error = None
            self.log.warn("three")
            lines = stream.text.splitlines()
            self.assertIn("WARN  2 lines of this log were lost", lines[0])
            self.assertIn("three", lines[1])
            self.publisher.removeObserver(started.observer)

    def pipe(self) -> tuple[int, LogStream]:
        read, write = os.pipe()
        file = os.fdopen(write, "w")
        self.addCleanup(file.close)
        self.addCleanup(lambda: self.closed(read))
        return read, LogStream(file)

    def closed(self, fd: int) -> None:
        with contextlib.suppress(OSError):
            os.close(fd)

    def test_line_goes_through_a_pipe(self) -> None:
        read, stream = self.pipe()
        self.assertTrue(stream.write("grüß"))
        self.assertEqual(os.read(read, 100), "grüß\n".encode())

    def test_pipe_that_nobody_reads_blocks_nobody(self) -> None:
        read, stream = self.pipe()
        written = sum(stream.write("x" * 999) for _ in range(200))
        self.assertLess(written, 100)
        self.assertGreater(written, 50)
        os.read(read, 1 << 20)
        self.assertTrue(stream.write("again"))

    def test_line_that_was_torn_does_not_swallow_the_next(self) -> None:
        read, stream = self.pipe()
        while stream.write("x" * 9999):
            pass
        os.read(read, 1 << 20)
        self.assertTrue(stream.write("whole"))
        self.assertTrue(os.read(read, 1 << 20).endswith(b"\nwhole\n"))

    def test_closed_pipe_raises_nothing(self) -> None:
        read, stream = self.pipe()
        os.close(read)
        self.assertFalse(stream.write("x"))

    def test_process_without_standard_error_has_no_log(self) -> None:
        self.assertFalse(LogStream(None).write("x"))
