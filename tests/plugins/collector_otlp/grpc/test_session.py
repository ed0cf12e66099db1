"""The session by bytes: what comes, in which pieces ever, and what is answered."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Exchange, WebLimits, WebRequest, WebResponse, WrongProtocol
from collector_otlp.answer import Refusal
from collector_otlp.grpc import frames
from collector_otlp.grpc.calls import MOST
from collector_otlp.grpc.session import GrpcSession
from tests.plugins.collector_otlp.grpc.caller import END, END_HEADERS, Caller, message


class FakeServer:
    """And the line. Answers when it is told to."""

    def __init__(self, **limits: Any) -> None:
        self.reactor: Any = Clock()
        self.limits = WebLimits(**limits)
        self.buffered = 0
        self.quiescing = False
        self.early: WebResponse | None = None
        self.complete: list[Exchange] = []
        self.reasons: list[str] = []
        self.written = b""
        self.end_is: str | None = None

    def admit(self, request: WebRequest) -> WebResponse | None:
        return self.early

    def refuse(self, status: int, text: str) -> WebResponse:
        return Refusal(status, text=text)

    def refused(self, reason: str) -> None:
        self.reasons.append(reason)

    def received(self, exchange: Exchange) -> None:
        self.complete.append(exchange)

    def write(self, data: bytes) -> None:
        self.written += data

    def end(self) -> None:
        self.end_is = "end"

    def abort(self) -> None:
        self.end_is = "abort"

    @property
    def bodies(self) -> list[bytes]:
        return [exchange.request.body for exchange in self.complete]

    def settle(self, body: bytes = b"") -> None:
        for exchange in self.complete:
            exchange.answer(WebResponse(200, body))


class SessionTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.begin()

    def begin(self, hello: bool = True, **limits: Any) -> None:  # noqa: FBT001, FBT002
        self.server = FakeServer(**limits)
        self.session = GrpcSession(self.server, self.server, ("10.0.0.1", 5))
        self.caller = Caller()
        if hello:
            self.session.feed(self.caller.hello())

    def answers(self) -> dict[int, dict[str, Any]]:
        written, self.server.written = self.server.written, b""
        return self.caller.answers(written)

    def later(self, seconds: float) -> None:
        """As the server's sweep does."""
        self.server.reactor.advance(seconds)
        if self.session.deadline <= self.server.reactor.seconds():
            self.session.expire()


class CallTests(SessionTestCase):
    def test_a_call_is_answered_when_its_answer_is_known(self) -> None:
        self.session.feed(self.caller.call(b"abc"))
        self.assertEqual(self.server.bodies, [b"abc"])
        self.assertNotIn(1, self.answers())
        self.server.settle(b"so")
        said = self.answers()[1]
        self.assertEqual((said[":status"], said["content-type"]), ("200", "application/grpc"))
        self.assertEqual((said["message"], said["grpc-status"]), (b"so", "0"))
        self.assertEqual(self.server.buffered, 0)

    @given(st.lists(st.integers(1, 60), max_size=20))
    def test_it_may_come_in_any_pieces(self, sizes: list[int]) -> None:
        self.begin(hello=False)
        data = self.caller.hello() + self.caller.call(b"abc") + self.caller.call(b"d" * 40)
        for size in sizes:
            self.session.feed(data[:size])
            data = data[size:]
        self.session.feed(data)
        self.assertEqual(self.server.bodies, [b"abc", b"d" * 40])
        self.assertEqual(self.server.reasons, [])

    def test_answers_come_in_any_order(self) -> None:
        self.session.feed(self.caller.call(b"a") + self.caller.call(b"b"))
        first, second = self.server.complete
        second.answer(WebResponse(200))
        self.assertEqual([n for n in self.answers() if n], [3])
        first.answer(WebResponse(200))
        self.assertEqual([n for n in self.answers() if n], [1])

    def test_headers_that_are_the_same_are_understood_after_others(self) -> None:
        for token in ("a", "a", "a", "b", "a", "b"):
            self.session.feed(self.caller.call(authorization=token))
        said = [exchange.request.headers["authorization"] for exchange in self.server.complete]
        self.assertEqual(said, ["a", "a", "a", "b", "a", "b"])

    def test_headers_are_not_logged(self) -> None:
        """Hpack would say them at the level debug: a token that we do not know, too."""
        with self.assertNoLogs(level="DEBUG"):
            self.session.feed(self.caller.call(authorization="Bearer canary-0b1e44"))

    def test_headers_in_several_frames(self) -> None:
        block, number = self.caller.block(), self.caller.number()
        parts = frames.frame(frames.HEADERS, 0, number, block[:5])
        parts += frames.frame(frames.CONTINUATION, 0, number, block[5:9])
        parts += frames.frame(frames.CONTINUATION, END_HEADERS, number, block[9:])
        self.session.feed(parts + self.caller.data(number, message(b"x")))
        self.assertEqual(self.server.bodies, [b"x"])

    def test_padding_priority_and_trailers(self) -> None:
        block, number = self.caller.block(), self.caller.number()
        padded = b"\2" + b"\0\0\0\0\x10" + block + b"\0\0"
        parts = frames.frame(frames.HEADERS, END_HEADERS | 8 | 32, number, padded)
        parts += self.caller.data(number, b"\3" + message(b"x") + b"\0\0\0", 8)
        parts += frames.frame(frames.PRIORITY, 0, number, b"\0\0\0\0\1") + b"\0\0\1\x63\0\0\0\0\0?"
        parts += frames.frame(frames.HEADERS, END | END_HEADERS, number, b"")
        self.session.feed(parts)
        self.assertEqual((self.server.bodies, self.server.reasons), ([b"x"], []))

    def test_pings_and_settings_are_acknowledged(self) -> None:
        ping = frames.frame(frames.PING, 0, 0, b"12345678")
        self.session.feed(ping + frames.settings({}))
        kinds = [(f.kind, f.flags) for f in self.caller.frames(self.server.written)]
        self.assertEqual(kinds.count((frames.SETTINGS, frames.ACK)), 2)
        self.assertIn((frames.PING, frames.ACK), kinds)

    def test_a_call_that_is_taken_back_is_forgotten(self) -> None:
        number = self.caller.number()
        self.session.feed(self.caller.headers(number) + self.caller.data(number, b"abc", 0))
        self.assertEqual(self.server.buffered, 3)
        self.session.feed(frames.reset(number, 8) + self.caller.data(number, b"abc"))
        self.session.feed(self.caller.call(b"d"))
        self.session.feed(frames.reset(3, 8))
        self.server.settle()
        self.assertEqual((self.server.buffered, self.server.bodies), (0, [b"d"]))
        self.assertNotIn(3, self.answers())

    def test_a_client_is_given_room_again(self) -> None:
        given = 65535
        for _ in range(80):
            number = self.caller.number()
            self.session.feed(self.caller.headers(number))
            self.session.feed(self.caller.data(number, message(bytes((1 << 20) - 5))))
            given -= 1 << 20
            for frame in self.caller.frames(self.server.written):
                if frame.kind == frames.WINDOW_UPDATE:
                    given += frames.number_in(frame.payload)
            self.server.written = b""
            self.assertGreater(given, 1 << 24)
        self.assertEqual(len(self.server.bodies), 80)


class RoomTests(SessionTestCase):
    """Of the client for answers."""

    def test_an_answer_waits_for_it(self) -> None:
        self.begin(hello=False)
        self.session.feed(self.caller.hello(INITIAL_WINDOW_SIZE=4) + self.caller.call(b"a"))
        self.server.settle()
        self.assertNotIn(1, self.answers())
        self.session.feed(frames.window_update(1, 1))
        self.assertEqual(self.answers()[1]["grpc-status"], "0")

    def test_a_setting_changes_it_for_all(self) -> None:
        self.begin(hello=False)
        self.session.feed(self.caller.hello(INITIAL_WINDOW_SIZE=0) + self.caller.call(b"a"))
        self.server.settle()
        self.session.feed(frames.settings({frames.INITIAL_WINDOW_SIZE: 5}))
        self.assertEqual(self.answers()[1]["grpc-status"], "0")

    def test_who_gives_none_loses_the_answer(self) -> None:
        self.begin(hello=False)
        self.session.feed(self.caller.hello(INITIAL_WINDOW_SIZE=0) + self.caller.call(b"a"))
        self.server.settle()
        self.later(301)
        self.assertEqual(self.answers()[1]["reset"], frames.FLOW_CONTROL_ERROR)


class RefusalTests(SessionTestCase):
    def status(self, number: int = 1) -> tuple[str, str]:
        said = self.answers()[number]
        return said["grpc-status"], said["grpc-message"]

    def test_before_the_message_has_come(self) -> None:
        self.server.early = Refusal(401, text="A token, 100% valid, is needed: é")
        number = self.caller.number()
        self.session.feed(self.caller.headers(number))
        said = self.answers()[number]
        self.assertEqual((said["grpc-status"], said["reset"]), ("16", frames.NO_ERROR))
        self.assertEqual(said["grpc-message"], "A token, 100%25 valid, is needed: %C3%A9")
        self.session.feed(self.caller.data(number, message(b"late")))
        self.assertEqual((self.server.buffered, self.server.bodies), (0, []))

    def test_a_message_over_the_size(self) -> None:
        self.begin(max_body=10)
        self.session.feed(self.caller.call(b"x" * 10) + self.caller.call(b"x" * 11))
        self.assertEqual(len(self.server.bodies), 1)
        self.assertEqual(self.status(3)[0], "8")
        self.assertEqual(self.server.reasons, ["too_large"])

    def test_more_than_is_held_of_all(self) -> None:
        self.begin(max_buffered=20)
        self.session.feed(self.caller.call(b"x" * 10) + self.caller.call(b"x" * 10))
        self.assertEqual((self.status(3)[0], self.server.reasons), ("14", ["busy"]))

    def test_what_is_no_message(self) -> None:
        number = self.caller.number()
        for wrong in (b"", b"\0\0\0\0\2x", message() * 2, b"\2\0\0\0\0"):
            self.session.feed(self.caller.headers(number) + self.caller.data(number, wrong))
            self.assertEqual(self.status(number)[0], "3")
            number = self.caller.number()
        self.session.feed(self.caller.headers(number, END | END_HEADERS))
        self.assertEqual(self.status(number)[0], "3")
        self.assertEqual(self.server.reasons, ["malformed"] * 5)

    def test_what_is_no_call(self) -> None:
        self.session.feed(self.caller.call(content_type="text/plain"))
        self.assertEqual(self.answers()[1], {":status": "415"})
        self.assertEqual(self.server.reasons, ["content_type"])

    def test_too_many_at_once_are_told_to_come_again(self) -> None:
        for _ in range(MOST + 1):
            self.session.feed(self.caller.call(b"a"))
        self.assertEqual(self.answers()[2 * MOST + 1], {"reset": frames.REFUSED_STREAM})

    def test_a_slow_call(self) -> None:
        number = self.caller.number()
        self.session.feed(self.caller.headers(number) + self.caller.data(number, b"x" * 1000, 0))
        self.session.feed(self.caller.call(b"a"))
        self.later(21)
        self.assertNotIn(number, self.answers())
        self.later(2)
        self.assertEqual((self.status(number)[0], self.server.reasons), ("4", ["slow"]))
        self.server.settle()
        self.assertEqual(self.answers()[3]["grpc-status"], "0")


class BrokenTests(SessionTestCase):
    """What ends the connection."""

    def broken(self, data: bytes, code: int) -> None:
        self.session.feed(data)
        self.assertEqual(self.answers()[0]["goaway"], code)
        self.assertEqual((self.server.end_is, self.server.reasons), ("end", ["bad_request"]))
        self.session.feed(self.caller.call())
        self.assertEqual(self.server.bodies, [])
        self.begin()

    def test_frames_that_cannot_be(self) -> None:
        frame = frames.frame
        for wrong in (
            frame(frames.DATA, 0, 1, b"x"),
            frame(frames.DATA, 0, 0, b"x"),
            frame(frames.CONTINUATION, 4, 1),
            frame(frames.PUSH_PROMISE, 4, 1),
            frame(frames.HEADERS, 4, 2, b"\x83"),
            frame(frames.HEADERS, 0, 1, b"\x83") + frame(frames.PING, 0, 0, bytes(8)),
            frame(frames.HEADERS, 4 | 8, 1, b"\x09\x83"),
            frame(frames.HEADERS, 4 | 8, 1, b""),
        ):
            self.broken(wrong, frames.PROTOCOL_ERROR)
        for wrong in (
            frame(frames.PING, 0, 0, b"1"),
            frame(frames.SETTINGS, 0, 0, b"1"),
            b"\x20\0\0\0\0\0\0\0\1",
        ):
            self.broken(wrong, frames.FRAME_SIZE_ERROR)
        self.broken(frames.window_update(0, (1 << 31) - 1), frames.FLOW_CONTROL_ERROR)

    def test_headers_that_cannot_be_decoded(self) -> None:
        for block in (
            b"\xff\xff\xff\xff\xff\xff",
            b"\xfe",
            b"\x40\x05a",
            b"\x41\x82\xff\xff",
            b"?",
        ):
            self.broken(frames.frame(frames.HEADERS, 4, 1, block), frames.COMPRESSION_ERROR)

    def test_headers_without_an_end(self) -> None:
        parts = frames.frame(frames.HEADERS, 0, 1)
        parts += frames.frame(frames.CONTINUATION, 0, 1, bytes(1000)) * 20
        self.broken(parts, frames.ENHANCE_YOUR_CALM)
        parts = (
            frames.frame(frames.HEADERS, 0, 1) + frames.frame(frames.CONTINUATION, 0, 1) * 10_001
        )
        self.broken(parts, frames.ENHANCE_YOUR_CALM)

    def test_headers_that_grow(self) -> None:
        """A small block that names a large entry of the table again and again."""
        block = b"\x40\x01a\x7f\xa1\x1e" + b"x" * 4000 + b"\xbe" * 100
        self.broken(frames.frame(frames.HEADERS, 4, 1, block), frames.COMPRESSION_ERROR)

    def test_calls_that_are_taken_back_at_once(self) -> None:
        one = Caller()
        for _ in range(5001):
            number = one.number()
            self.session.feed(one.headers(number) + frames.reset(number, 8))
            if self.server.end_is:
                break
        self.assertEqual(self.answers()[0]["goaway"], frames.ENHANCE_YOUR_CALM)

    @given(st.binary(max_size=200))
    def test_anything_at_all_raises_nothing(self, data: bytes) -> None:
        self.begin()
        self.session.feed(data)
        self.session.closed()
        self.assertEqual(self.server.buffered, 0)


class EndTests(SessionTestCase):
    def test_other_protocols(self) -> None:
        self.begin(hello=False)
        self.session.feed(b"POST /v1/logs HTTP/1.1\r\n")
        self.assertIn(b"505 ", self.server.written)
        self.assertIn(b"takes OTLP over gRPC", self.server.written)
        self.assertEqual((self.server.end_is, self.server.reasons), ("end", ["bad_request"]))
        self.begin(hello=False)
        self.assertRaises(WrongProtocol, self.session.feed, b"\x16\x03\x01\x02\x00")

    def test_who_says_nothing(self) -> None:
        self.begin(hello=False, header_timeout=3)
        self.later(4)
        self.assertEqual((self.server.end_is, self.server.written), ("end", b""))
        self.later(301)
        self.assertEqual(self.server.end_is, "abort")

    def test_who_has_nothing_to_say(self) -> None:
        self.begin(idle_timeout=30)
        self.session.feed(self.caller.call())
        self.later(31)
        self.assertIsNone(self.server.end_is)
        self.server.settle()
        self.later(31)
        self.assertEqual((self.answers()[0]["goaway"], self.server.end_is), (0, "end"))

    def test_at_the_end_answers_are_still_given(self) -> None:
        self.session.feed(self.caller.call(b"whole"))
        half = self.caller.number()
        self.session.feed(self.caller.headers(half))
        self.session.quiesce()
        said = self.answers()
        self.assertEqual((said[0]["goaway"], said[half]), (0, {"reset": frames.REFUSED_STREAM}))
        self.assertIsNone(self.server.end_is)
        self.server.settle()
        self.assertEqual((self.answers()[1]["grpc-status"], self.server.end_is), ("0", "end"))

    def test_for_another_process_calls_go_on_and_the_idle_are_closed(self) -> None:
        self.begin(idle_timeout=100, parting_timeout=10)
        half = self.caller.number()
        self.session.feed(self.caller.headers(half))
        self.session.part()
        self.assertEqual(self.answers()[0]["goaway"], frames.NO_ERROR)
        self.session.feed(self.caller.data(half, message(b"rest"), END))
        self.server.settle()
        self.assertEqual(self.answers()[half]["grpc-status"], "0")
        self.later(9)
        self.session.feed(self.caller.call(b"begun before it was heard"))
        self.server.settle()
        self.later(9)
        self.assertIsNone(self.server.end_is)
        self.later(2)
        self.assertEqual((self.answers()[0]["goaway"], self.server.end_is), (0, "end"))

    def test_who_has_not_greeted_when_another_process_takes_over(self) -> None:
        self.begin(hello=False)
        self.session.part()
        self.session.feed(self.caller.hello())
        self.assertEqual(self.answers()[0]["goaway"], frames.NO_ERROR)
        self.assertIsNone(self.server.end_is)

    def test_who_is_turned_away(self) -> None:
        self.begin(hello=False)
        self.session.turn_away(WebResponse(429))
        self.assertEqual(self.answers()[0]["goaway"], frames.ENHANCE_YOUR_CALM)
        self.assertEqual(self.server.end_is, "end")

    def test_an_answer_to_nobody(self) -> None:
        self.session.feed(self.caller.call(b"a"))
        self.session.closed()
        self.server.written = b""
        self.server.settle()
        self.assertEqual((self.server.written, self.server.buffered), (b"", 0))
