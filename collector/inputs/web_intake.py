"""The HTTP server of a receiver: requests in, batches out, and their outcomes back as answers.

The requests that one look at all connections completes become one batch: a batch and a delivery
for each would be half of what a request of one event costs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..component import Output
from ..context import Context
from ..delivery import Outcome
from ..event import Batch, Event
from ..fields import shown_endpoint
from .compression import ENCODINGS, Damaged, TooLong, UnknownEncoding, decoded
from .frames import Frames
from .stream import StreamListener
from .stream_options import StreamOptions
from .tokens import Tokens
from .web_door import Door
from .web_exchange import Dialect, Exchange
from .web_messages import WebRequest, WebResponse, later
from .web_options import HttpServerOptions
from .web_session import Session

HTTP = Dialect("http", Session)


@dataclass(frozen=True)
class Taken:
    """What a request brought, and what it is answered once that is safe."""

    events: list[Event]
    answer: WebResponse = field(default_factory=lambda: WebResponse(204))


class Application(Protocol):
    """The author's part; `WebReceiver` says what each does."""

    def admit(self, request: WebRequest, /) -> WebResponse | None: ...
    def take(self, request: WebRequest, /) -> Taken | WebResponse: ...
    def refuse(self, status: int, text: str, /) -> WebResponse: ...


class WebIntake:
    """Started once, stopped once."""

    def __init__(
        self,
        context: Context,
        options: HttpServerOptions,
        application: Application,
        output: Output,
        dialect: Dialect = HTTP,
    ) -> None:
        """Raises ListenError when a file of tokens cannot be read."""
        self._context, self._options, self._dialect = context, options, dialect
        self._application, self._output = application, output
        tokens = Tokens(options, context)
        admit, refuse = application.admit, application.refuse
        self._door = Door(context, options, tokens, admit, refuse, dialect)
        stream = StreamOptions(
            endpoint=options.endpoint,
            max_connections=options.max_connections,
            max_connections_per_source=0,  # the door counts them, and answers
            trusted_proxies=options.trusted_proxies,
            tls=options.tls,
        )
        visit, gathered = self._door.visit, self._gathered
        self._listener = StreamListener(
            context, stream, visit, gathered, {}, pause=0.0, alpn=dialect.alpn
        )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, once it has started."""
        return self._listener.address

    @property
    def full(self) -> bool:
        """Whether requests are refused, for the queues are full."""
        return self._door.full

    @full.setter
    def full(self, full: bool) -> None:
        self._door.full = full

    async def start(self) -> None:
        """Listen. Raises ListenError."""
        await self._listener.start()
        self._context.log.info(
            "{id}: listening on {address} ({transport})",
            id=self._context.id,
            address=shown_endpoint(*self.address),
            transport=self._dialect.name + ("s" if self._options.tls else ""),
        )

    async def quiesce(self) -> None:
        """Take nothing new in; answers under way are still written."""
        self._door.quiescing = True
        await self._listener.quiesce()
        self._door.close()

    async def stop(self) -> None:
        """Close every connection, also when it had not started."""
        await self._listener.stop()

    def _gathered(self, _bodies: Frames) -> None:
        """A look has ended: the requests that it made complete."""
        exchanges = self._door.complete[:]
        self._door.complete.clear()
        events: list[Event] = []
        size = 0
        answers: list[tuple[Exchange, WebResponse]] = []
        waiting: list[tuple[Exchange, WebResponse]] = []
        for exchange in exchanges:
            taken = self._taken(exchange.request)
            if isinstance(taken, WebResponse):
                answers.append((exchange, taken))
            else:
                events += taken.events
                size += len(exchange.request.body)
                waiting.append((exchange, taken.answer))
        self._answer(answers)
        if events:
            outcome = self._output.send(Batch(events, size), ack=True)
            outcome.addCallback(self._settled, waiting)
        else:
            self._settled(Outcome.DELIVERED, waiting)

    def _taken(self, request: WebRequest) -> Taken | WebResponse:
        encoding = request.headers.get("content-encoding")
        try:
            if encoding is not None:
                request.body = decoded(request.body, encoding, self._options.max_decompressed_size)
            return self._application.take(request)
        except UnknownEncoding:
            answer = self._refusal("encoding", 415, "This Content-Encoding is not supported.")
            return answer.having({"Accept-Encoding": ENCODINGS})
        except Damaged as e:
            return self._refusal("compression", 400, f"The body cannot be decompressed: {e}.")
        except TooLong:
            return self._refusal("too_large", 413, "The decompressed body is too large.")
        except Exception:  # noqa: BLE001 the author's bug must not cost the other requests
            self._context.raised("{id}: a request could not be read")
            return self._refusal("failed", 500, "An unexpected error.")

    def _refusal(self, reason: str, status: int, text: str) -> WebResponse:
        self._door.refused(reason)
        return self._application.refuse(status, text)

    def _settled(self, outcome: Outcome, waiting: Sequence[tuple[Exchange, WebResponse]]) -> None:
        if outcome is not Outcome.DELIVERED:
            waiting = [(exchange, self._not_delivered(outcome)) for exchange, _ in waiting]
        self._answer(waiting)

    def _not_delivered(self, outcome: Outcome) -> WebResponse:
        if outcome is Outcome.RETRY:
            return later(self._refusal("not_stored", 503, "The events could not be stored."))
        return self._refusal("rejected", 400, "No destination takes these events.")

    def _answer(self, answers: Sequence[tuple[Exchange, WebResponse]]) -> None:
        statuses = Counter([response.status for _, response in answers])
        for status, times in statuses.items():
            self._context.count("requests", times, status=str(status))
        for exchange, response in answers:
            exchange.answer(response)
