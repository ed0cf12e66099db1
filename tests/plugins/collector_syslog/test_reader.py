"""What the receiver's options are checked for, and that bad input is kept, flagged and counted."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from twisted.trial.unittest import SynchronousTestCase

from collector.api import FLAGS, FLAGS_KEY, Frames, Resource
from collector.testing import context
from collector_syslog.options import SyslogConfig
from collector_syslog.receiver import SyslogReceiver
from tests.plugins.collector_syslog.messages import had_back, messages

NOW = 1_791_763_200_000_000_000
SENT = st.sampled_from([message.frame for message in messages()])
FORMATS = ("none", "auto", "cef", "leef", "cee", "json", "key_value")


class Peer:
    def __init__(self, ip: str) -> None:
        self.resource = Resource({"net.peer.ip": ip})

    def write(self, data: bytes) -> None:
        """Nothing answers syslog."""


def config(**options: Any) -> SyslogConfig:
    return SyslogConfig.model_validate({"udp": {"endpoint": "127.0.0.1:0"}, **options})


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A frame of the corpus with bytes put in, taken out or written over."""
    frame = draw(SENT)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(frame)))
        frame = frame[:at] + draw(st.binary(max_size=3)) + frame[at + draw(st.integers(0, 4)) :]
    return frame or b"x"


class ReaderTests(SynchronousTestCase):
    @given(
        st.lists(mutated(), min_size=1, max_size=5),
        st.sampled_from(FORMATS),
        st.sampled_from(["dynatrace", "otel"]),
        st.sampled_from([None, "cp1252", "gb18030"]),
        st.sampled_from(["auto", "rfc3164", "rfc5424"]),
    )
    def test_mutated_frames_give_an_event_each_and_their_bytes_back(
        self, sent: list[bytes], body: str, names: str, encoding: str | None, protocol: str
    ) -> None:
        options = config(
            parse_body=body, attributes=names, encoding=encoding, protocol=protocol, keep_raw=True,
            sources=[{"network": "10.0.0.0/8", "timezone": "Asia/Tokyo"}],
        )  # fmt: skip
        receiver = SyslogReceiver(options, context("receiver", "syslog"))
        frames = Frames([(Peer("10.0.0.1"), sent[:1]), (Peer("192.0.2.1"), sent[1:])])
        events = receiver.parse(frames)
        frames.attach(events)
        self.assertEqual([had_back(event) for event in events], sent)
        for event in events:
            self.assertLessEqual(set(event.attributes.get(FLAGS_KEY, [])), set(FLAGS))
            str(event.attributes).encode()

    def test_what_is_flagged_is_counted_by_flag_and_by_source(self) -> None:
        about = context("receiver", "syslog")
        receiver = SyslogReceiver(config(parse_body="auto"), about)
        sent = [b"no pri", b"<13>fine: text", b'<13>{"broken']
        receiver.parse(Frames([(Peer("192.0.2.9"), sent)]))
        count = about.metrics.get
        self.assertEqual(count("receiver_flagged_log_records", flag="missing_pri"), 1)
        self.assertEqual(count("receiver_flagged_log_records", flag="bad_body"), 1)
        self.assertEqual(count("receiver_malformed_log_records", source="192.0.2.9"), 2)

    def test_options_that_cannot_be_are_refused(self) -> None:
        for wrong in (
            {"timezone": "Europe/Atlantis"}, {"encoding": "utf-16"}, {"encoding": "cp037"},
            {"encoding": "nonsense"}, {"zone_words": {"IST": "two"}}, {"parse_body": "xml"},
            {"sources": [{"network": "10.0.0.1/8"}]}, {"sources": [{"network": "host"}]},
        ):  # fmt: skip
            self.assertRaises(ValidationError, config, **wrong)
