"""Receivers that speak HTTP: the author reads a request into events, the core does the rest.

Listening, TLS, tokens, limits, decompression and the answers' time are the core's. The requests
that one look at all connections completes become one batch, and each gets its answer when that
is safe: a batch and a delivery for each would be half of what a request of one event costs.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from ..component import C, Context, Receiver
from ..delivery import Outcome
from ..event import Batch, Event
from ..fields import shown_endpoint
from .compression import ENCODINGS, Damaged, TooLong, UnknownEncoding, decoded
from .frames import Frames
from .stream import StreamListener, StreamOptions
from .tokens import Tokens
from .web_door import Door
from .web_messages import WebRequest, WebResponse, later, plain
from .web_options import HttpServerOptions
from .web_session import Exchange


@dataclass(frozen=True)
class Taken:
    """What a request brought, and what it is answered once that is safe."""

    events: list[Event]
    answer: WebResponse = field(default_factory=lambda: WebResponse(204))


class WebReceiver(Receiver[C]):
    """Requests in, events out."""

    counters: ClassVar = {
        "requests": "Requests by the status of their answer.",
        "requests_refused": "Requests refused before they were read, and connections, by reason.",
    }

    def __init__(self, config: C, context: Context) -> None:
        super().__init__(config, context)
        self._listener: StreamListener | None = None
        self._door: Door
        self._options: HttpServerOptions

    # --- for authors ---

    def http(self) -> HttpServerOptions | None:
        """The server's options; None: there is none. The configuration itself, as it is."""
        return self.config if isinstance(self.config, HttpServerOptions) else None

    def admit(self, request: WebRequest) -> WebResponse | None:
        """An answer to a request whose body has not come, or None. Its client may send."""
        return None

    @abstractmethod
    def take(self, request: WebRequest) -> Taken | WebResponse:
        """The events of a request whose body is complete and decompressed, or an answer.

        Called for each, in the order of their ends. If it raises, that is a 500.
        """

    def refuse(self, status: int, text: str) -> WebResponse:
        """The answer to what the core refuses, with this status and a sentence that says why."""
        return plain(status, text)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, once it has started."""
        return self._listener.address if self._listener else ("", 0)

    # --- the core's ---

    async def start(self) -> None:
        """Listen, where there is something to. Raises ListenError."""
        options = self.http()
        if options is None:
            return
        self._options = options
        tokens = Tokens(options, self.context)
        door = self._door = Door(self.context, options, tokens, self.admit, self.refuse)
        stream = StreamOptions(
            endpoint=options.endpoint, max_connections=options.max_connections, tls=options.tls
        )
        listener = StreamListener(self.context, stream, door.visit, self._gathered, {}, pause=0.0)
        self._listener = listener
        await listener.start()
        self.context.log.info(
            "{id}: listening on {address} ({transport})",
            id=self.context.id,
            address=shown_endpoint(*listener.address),
            transport="https" if options.tls else "http",
        )

    def pause(self) -> None:
        """The queues are full: requests are refused, before their bodies are read."""
        if self._listener is not None:
            self._door.full = True

    def resume(self) -> None:
        """See `Receiver`."""
        if self._listener is not None:
            self._door.full = False

    async def quiesce(self) -> None:
        """See `Receiver`."""
        if self._listener is not None:
            self._door.quiesce()
            await self._listener.quiesce()
            self._door.close()

    async def stop(self) -> None:
        """Close every connection, also when it had not started."""
        if self._listener is not None:
            await self._listener.stop()

    def _gathered(self, _bodies: Frames) -> None:
        """A look has ended: the requests that it made complete."""
        exchanges = self._door.complete[:]
        self._door.complete.clear()
        events: list[Event] = []
        size = 0
        waiting: list[tuple[Exchange, WebResponse]] = []
        for exchange in exchanges:
            taken = self._taken(exchange.request)
            if isinstance(taken, WebResponse):
                self._answer(exchange, taken)
                continue
            events += taken.events
            size += len(exchange.request.body)
            waiting.append((exchange, taken.answer))
        if events:
            outcome = self.output.send(Batch(events, size), ack=True)
            outcome.addCallback(self._settled, waiting)
        elif waiting:
            self._settled(Outcome.DELIVERED, waiting)

    def _taken(self, request: WebRequest) -> Taken | WebResponse:
        encoding = request.headers.get("content-encoding")
        try:
            if encoding is not None:
                request.body = decoded(request.body, encoding, self._options.max_decompressed_size)
            return self.take(request)
        except UnknownEncoding:
            answer = self._refusal("encoding", 415, "This Content-Encoding is not supported.")
            return answer.having({"Accept-Encoding": ENCODINGS})
        except Damaged as e:
            return self._refusal("compression", 400, f"The body cannot be decompressed: {e}.")
        except TooLong:
            return self._refusal("too_large", 413, "The decompressed body is too large.")
        except Exception:  # noqa: BLE001 the author's bug must not cost the other requests
            self.context.log.failure("{id}: a request could not be read", id=self.context.id)
            return self._refusal("failed", 500, "An unexpected error.")

    def _refusal(self, reason: str, status: int, text: str) -> WebResponse:
        self._door.refused(reason)
        return self.refuse(status, text)

    def _settled(self, outcome: Outcome, waiting: Sequence[tuple[Exchange, WebResponse]]) -> None:
        for exchange, answer in waiting:
            if outcome is Outcome.DELIVERED:
                self._answer(exchange, answer)
            elif outcome is Outcome.RETRY:
                text = "The events could not be stored."
                self._answer(exchange, later(self._refusal("not_stored", 503, text)))
            else:
                text = "No destination takes these events."
                self._answer(exchange, self._refusal("rejected", 400, text))

    def _answer(self, exchange: Exchange, response: WebResponse) -> None:
        self.context.count("requests", status=str(response.status))
        exchange.answer(response)
