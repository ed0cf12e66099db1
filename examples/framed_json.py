"""JSON with its length before it, over TCP or TLS, each answered once it is stored.

receivers:
  json: {type: 'framed_json:JsonReceiver', endpoint: '[::]:7000'}
"""

from __future__ import annotations

from collector.api import (
    Event,
    Frames,
    Framing,
    LengthPrefixed,
    NoEvent,
    Outcome,
    StreamOptions,
    StreamReceiver,
    flag,
    read_event,
)


class JsonReceiver(StreamReceiver[StreamOptions]):
    """A frame is four bytes of length and a JSON object; the answer is a byte, `+` or `-`."""

    acknowledged = True

    def framing(self) -> Framing:
        """See `FrameReceiver`."""
        return LengthPrefixed(4, max_size=self.config.max_frame_size)

    def parse(self, frames: Frames) -> list[Event]:
        """See `FrameReceiver`."""
        return [event(frame) for frame in frames]

    def settled(self, frames: Frames, outcome: Outcome) -> None:
        """See `FrameReceiver`."""
        answer = b"+" if outcome is Outcome.DELIVERED else b"-"
        for index in range(len(frames)):
            frames.reply(index, answer)


def event(frame: bytes) -> Event:
    """What the object says; of what is none, its text, flagged."""
    try:
        return read_event(frame)
    except NoEvent:
        odd = Event(0, frame.decode("utf-8", "backslashreplace"), {})
        flag(odd, "parse_error")
        return odd
