"""Receivers that speak HTTP: the author reads a request into events, the core does the rest.

Listening, TLS, tokens, limits, decompression and the time of the answers are the core's.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from ..component import C, Context, Receiver
from .web_intake import Taken, WebIntake
from .web_messages import WebRequest, WebResponse, plain
from .web_options import HttpServerOptions


class WebReceiver(Receiver[C]):
    """Requests in, events out."""

    counters: ClassVar = {
        "requests": "Requests that were read, by the status of their answer.",
        "requests_refused": "Requests and connections that were refused, by reason.",
    }

    def __init__(self, config: C, context: Context) -> None:
        super().__init__(config, context)
        #: The server, once started, where there is one.
        self.intake: WebIntake | None = None

    def http(self) -> HttpServerOptions | None:
        """The server's options; None: there is none. The configuration itself, as it is."""
        return self.config if isinstance(self.config, HttpServerOptions) else None

    def admit(self, request: WebRequest) -> WebResponse | None:
        """An answer to a request whose body has not come, or None. Its client may send."""
        return None

    @abstractmethod
    def take(self, request: WebRequest) -> Taken | WebResponse:
        """The events of a request whose body is complete and decompressed, or an answer.

        Called once for each request, in the order in which they end. If it raises, that is a 500.
        """

    def refuse(self, status: int, text: str) -> WebResponse:
        """The answer to what the core refuses, with this status and a sentence that says why."""
        return plain(status, text)

    async def start(self) -> None:
        """Listen, where there is something to. Raises ListenError."""
        options = self.http()
        if options is not None:
            self.intake = WebIntake(self.context, options, self, self.output)
            await self.intake.start()

    def pause(self) -> None:
        """The queues are full: requests are refused, before their bodies are read."""
        if self.intake is not None:
            self.intake.full = True

    def resume(self) -> None:
        """See `Receiver`."""
        if self.intake is not None:
            self.intake.full = False

    async def quiesce(self) -> None:
        """See `Receiver`."""
        if self.intake is not None:
            await self.intake.quiesce()

    async def stop(self) -> None:
        """Close every connection, also when it had not started."""
        if self.intake is not None:
            await self.intake.stop()
