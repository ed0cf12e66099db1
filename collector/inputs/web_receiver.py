"""Receivers that speak HTTP: the author reads a request into events, the core does the rest.

Listening, TLS, tokens, limits, decompression and the time of the answers are the core's.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from ..component import C, Receiver
from ..context import Context
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
        #: Its servers, once started.
        self.intakes: Sequence[WebIntake] = ()

    @property
    def intake(self) -> WebIntake | None:
        """The first of its servers."""
        return self.intakes[0] if self.intakes else None

    def servers(self) -> Sequence[WebIntake]:
        """Its servers, made by `start`: one, where `http` has options. Raises ListenError."""
        options = self.http()
        return [WebIntake(self.context, options, self, self.output)] if options else []

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
        self.intakes = self.servers()
        for intake in self.intakes:
            await intake.start()

    def pause(self) -> None:
        """The queues are full: requests are refused, before their bodies are read."""
        for intake in self.intakes:
            intake.full = True

    def resume(self) -> None:
        """See `Receiver`."""
        for intake in self.intakes:
            intake.full = False

    async def leave(self) -> None:
        """See `Receiver`."""
        await asyncio.gather(*(intake.leave() for intake in self.intakes))

    async def quiesce(self) -> None:
        """See `Receiver`."""
        for intake in self.intakes:
            await intake.quiesce()

    async def stop(self) -> None:
        """Close every connection, also when it had not started."""
        for intake in self.intakes:
            await intake.stop()
