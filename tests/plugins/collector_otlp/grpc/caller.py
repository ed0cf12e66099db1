"""A client of HTTP/2 that says whatever it is told to, also what no client should."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hpack import Decoder, Encoder

from collector_otlp.grpc import frames
from collector_otlp.grpc.frames import Frame
from collector_otlp.grpc.service import EXPORT

END, END_HEADERS = frames.END_STREAM, frames.END_HEADERS


def message(body: bytes = b"", *, compressed: bool = False) -> bytes:
    """With its prefix."""
    return bytes([compressed]) + len(body).to_bytes(4, "big") + body


class Caller:
    """Bytes to write, and what the answers say."""

    def __init__(self) -> None:
        self._encoder, self._decoder, self._cutter = Encoder(), Decoder(), frames.Cutter()
        self._last = -1

    def hello(self, **settings: int) -> bytes:
        """The preface."""
        values = {getattr(frames, name): value for name, value in settings.items()}
        return frames.PREFACE + frames.settings(values)

    def number(self) -> int:
        """Of the next call."""
        self._last += 2
        return self._last

    def block(self, path: str = EXPORT, **more: Any) -> bytes:
        """The headers of a call."""
        said = {":method": "POST", ":scheme": "http", ":path": path, "te": "trailers"}
        said |= {"content-type": "application/grpc"}
        said |= {name.replace("_", "-"): value for name, value in more.items()}
        return bytes(self._encoder.encode(list(said.items())))

    def headers(self, number: int, flags: int = END_HEADERS, **more: Any) -> bytes:
        """The frame of them."""
        return frames.frame(frames.HEADERS, flags, number, self.block(**more))

    def data(self, number: int, data: bytes, flags: int = END) -> bytes:
        """A frame."""
        return frames.frame(frames.DATA, flags, number, data)

    def call(self, body: bytes = b"", **more: Any) -> bytes:
        """All of one."""
        number = self.number()
        return self.headers(number, **more) + self.data(number, message(body))

    def frames(self, data: bytes) -> Iterator[Frame]:
        """What the server has written; headers as text in `payload`."""
        for frame in self._cutter.feed(data):
            if frame.kind == frames.HEADERS:
                said = dict(self._decoder.decode(frame.payload))
                yield frame._replace(payload=said)  # type: ignore[arg-type]
            else:
                yield frame

    def answers(self, data: bytes) -> dict[int, dict[str, Any]]:
        """By call: its headers and trailers, `message`, and `reset` with the code of a reset."""
        found: dict[int, dict[str, Any]] = {}
        for frame in self.frames(data):
            answer = found.setdefault(frame.stream, {})
            if frame.kind == frames.HEADERS:
                answer |= frame.payload  # type: ignore[arg-type]
            elif frame.kind == frames.DATA:
                answer["message"] = frame.payload[5:]
            elif frame.kind == frames.RST_STREAM:
                answer["reset"] = int.from_bytes(frame.payload, "big")
            elif frame.kind == frames.GOAWAY:
                answer["goaway"] = int.from_bytes(frame.payload[4:8], "big")
                answer["why"] = frame.payload[8:].decode()
        return found
