"""Frames: what a parser is given, and what its events are told."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.event import FLAGS_KEY, ORIGINAL_SIZE_KEY, Event, Resource
from collector.inputs.frames import Frames, as_they_are, foreign
from collector.inputs.framing import Cut, Marked


class Peer:
    """A source that keeps what is written to it."""

    def __init__(self, name: str = "a") -> None:
        self.resource = Resource({"name": name})
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)


LINE = st.binary(max_size=6).map(lambda line: line.replace(b"\n", b"")) | st.text(
    st.characters(exclude_characters="\n", codec="utf-8"), max_size=6
).map(str.encode)
RUN = st.lists(LINE, min_size=1).map(lambda lines: b"".join(line + b"\n" for line in lines))
MARKED = LINE.map(lambda line: Marked.make(line, "truncated", size=9))
#: A read of a connection that gave frames; those that gave none are not handed on.
PART = RUN | st.lists(LINE | st.binary(max_size=6) | MARKED, min_size=1)


def shown(frame: bytes) -> str:
    """As text, or byte for byte what is none."""
    try:
        return frame.decode()
    except UnicodeDecodeError:
        return foreign(frame, "")[0]


class FramesTests(SynchronousTestCase):
    def frames(self, *cuts: Cut) -> Frames:
        self.peers = [Peer(str(n)) for n in range(len(cuts))]
        return Frames(list(zip(self.peers, cuts, strict=True)), 100)

    def test_shares_say_who_sent_how_many(self) -> None:
        frames = self.frames(b"a\nb\n", [], [b"c", b"d", b"e"])
        one, _, two = self.peers
        self.assertEqual(frames.shares(), [(one, 0, 2), (two, 2, 3)])
        self.assertEqual([share.framing for share in frames.shares()], ["", ""])

    @given(st.lists(PART, max_size=5))
    def test_runs_and_lists_are_the_same_to_a_parser(self, cuts: list[Any]) -> None:
        wanted = [
            frame
            for cut in cuts
            for frame in (cut.split(b"\n")[:-1] if isinstance(cut, bytes) else cut)
        ]
        owners = [
            n
            for n, cut in enumerate(cuts)
            for _ in (cut.split(b"\n")[:-1] if isinstance(cut, bytes) else cut)
        ]
        texts = [shown(frame) for frame in wanted]
        frames = self.frames(*cuts)
        self.assertEqual(frames.lines(), texts)
        self.assertEqual(list(frames), wanted)
        self.assertEqual(list(self.frames(*cuts)), wanted)
        self.assertEqual((len(frames), len(self.frames(*cuts))), (len(wanted), len(wanted)))
        found = [frames.resource(n).attributes["name"] for n in range(len(wanted))]
        self.assertEqual(found, [str(n) for n in owners])
        events = [Event(0, text, {}) for text in texts]
        frames.attach(events)
        self.assertEqual([e.resource.attributes["name"] for e in events], [str(n) for n in owners])
        for event, frame in zip(events, wanted, strict=True):
            odd = isinstance(frame, Marked) or event.body.encode() != frame
            self.assertEqual(FLAGS_KEY in event.attributes, odd)

    def test_a_sequence(self) -> None:
        frames = self.frames(b"a\nb\n", [b"c"])
        self.assertEqual((frames[1], frames[-1], frames[1:]), (b"b", b"c", [b"b", b"c"]))
        self.assertRaises(IndexError, frames.source, 3)

    def test_the_source_of_each_of_many_parts(self) -> None:
        cuts: list[Cut] = [b"a\nb\n", [b"c"]]
        frames = self.frames(*(cuts * 500))
        found = [frames.source(n) for n in range(1500)]
        self.assertEqual(
            found, [peer for n, peer in enumerate(self.peers) for _ in range(2 - n % 2)]
        )
        self.assertRaises(IndexError, frames.source, 1500)

    def test_replies_go_to_the_source_of_the_frame(self) -> None:
        frames = self.frames(b"a\nb\n", [b"c"])
        frames.reply(2, b"ok")
        self.assertEqual([peer.written for peer in self.peers], [[], [b"ok"]])

    def test_bytes_that_are_no_text_are_shown_and_flagged(self) -> None:
        frames = self.frames(b"a\xff\nb\n")
        events = [Event(0, line, {}) for line in frames.lines()]
        self.assertEqual([event.body for event in events], ["a\\xff", "b"])
        self.assertEqual(frames.attach(events), {"invalid_utf8": 1})
        self.assertEqual(
            [event.attributes for event in events], [{FLAGS_KEY: ["invalid_utf8"]}, {}]
        )

    def test_they_are_flagged_beside_a_frame_of_many_lines_too(self) -> None:
        frames = self.frames(b"a\xff\n", [b"b\nc"])
        events = [Event(0, line, {}) for line in frames.lines()]
        self.assertEqual([event.body for event in events], ["a\\xff", "b\nc"])
        self.assertEqual(frames.attach(events), {"invalid_utf8": 1})

    def test_marks_become_flags_and_the_original_size(self) -> None:
        frames = self.frames([Marked.make(b"ab", "truncated", size=99), b"c"])
        events = [Event(0, line, {}) for line in frames.lines()]
        self.assertEqual(frames.attach(events), {"truncated": 1})
        said = {FLAGS_KEY: ["truncated"], ORIGINAL_SIZE_KEY: 99}
        self.assertEqual([event.attributes for event in events], [said, {}])

    def test_marks_reach_events_of_a_parser_that_looks_at_bytes(self) -> None:
        """And it is not told that its bytes are no text."""
        frames = self.frames([Marked.make(b"\xff", "truncated", size=99), b"\xfe"])
        events = [Event(0, len(frame), {}) for frame in frames]
        self.assertEqual(frames.attach(events), {"truncated": 1})
        self.assertEqual(events[1].attributes, {})

    def test_an_event_with_a_resource_keeps_it(self) -> None:
        own = Resource({"mine": 1})
        events = [Event(0, "a", {}, resource=own), Event(0, "b", {})]
        self.frames(b"a\nb\n").attach(events)
        self.assertIs(events[0].resource, own)
        self.assertIs(events[1].resource, self.peers[0].resource)

    def test_as_they_are_is_an_event_a_frame(self) -> None:
        events = as_they_are(self.frames(b"a\n", [b"b\nc"]), 7)
        self.assertEqual([(event.body, event.time) for event in events], [("a", 7), ("b\nc", 7)])
        self.assertEqual(events[0].attributes, {FLAGS_KEY: ["parser_failed"]})


class ForeignTests(SynchronousTestCase):
    """Frames that are not UTF-8."""

    @given(
        st.binary()
        | st.lists(st.sampled_from([b"\\", b"x", b"5c", b"ff", b"\xff", b"a"])).map(b"".join)
    )
    def test_bytes_can_be_had_back(self, frame: bytes) -> None:
        text, encoding = foreign(frame, "")
        self.assertEqual((back(text), encoding), (frame, ""))

    @given(
        st.binary(max_size=20), st.sampled_from(["cp1252", "latin-1", "cp932", "gb18030", "koi8-r"])
    )
    def test_an_encoding_is_one_that_gives_the_bytes_back(self, frame: bytes, name: str) -> None:
        text, encoding = foreign(frame, name)
        self.assertEqual(text.encode(encoding) if encoding else back(text), frame)

    def test_each_source_has_its_own_encoding(self) -> None:
        cuts = [b"Gr\xfc\xdfe\n", b"Gr\xfc\xdfe\n", "Grüße\n".encode()]
        peers = [Peer(name) for name in ("cp1252", "", "cp1252")]
        frames = Frames(list(zip(peers, cuts, strict=True)), 9)
        lines = frames.lines(lambda resource: str(resource.attributes["name"]))
        self.assertEqual(lines, ["Grüße", "Gr\\xfc\\xdfe", "Grüße"])
        self.assertEqual(frames.encodings, {0: "cp1252", 1: ""})
        events = [Event(1, line, {}) for line in lines]
        self.assertEqual(frames.attach(events), {"invalid_utf8": 1})
        self.assertEqual([FLAGS_KEY in event.attributes for event in events], [False, True, False])


def back(text: str) -> bytes:
    """The bytes of a frame that was shown."""
    plain = re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(0xDC00 + int(found[1], 16)), text)
    return b"".join(
        bytes([ord(c) - 0xDC00]) if 0xDC00 <= ord(c) < 0xDD00 else c.encode() for c in plain
    )
