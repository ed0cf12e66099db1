"""Polls an HTTP API that gives entries in pages, and remembers where it was.

    receivers:
      audit:
        type: http_poll:PollReceiver
        url: https://api.example.com/audit
        token: ${file:token}

A page is `{"entries": [{"time": NS, "text": "..."}], "next": "cursor"}`.
"""

from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import quote

from collector.api import (
    Duration,
    Event,
    HttpClient,
    HttpClientOptions,
    Outcome,
    PullReceiver,
    Retry,
    SecretStr,
    retry_after,
)


class PollConfig(HttpClientOptions):
    """Beside `proxy`, and the keys of TLS."""

    #: Where pages are asked for, such as `https://api.example.com/audit`.
    url: str
    #: Shown to the API.
    token: SecretStr
    #: Seconds between two questions, when there is nothing new.
    interval: Duration = 10.0


class PollReceiver(PullReceiver[PollConfig]):
    """Asks for what came after the last page that is stored."""

    async def run(self) -> None:
        """See `PullReceiver`."""
        said = self.config
        headers = [("Authorization", f"Bearer {said.token.get_secret_value()}")]
        async with HttpClient(self.context.reactor, tls=said, proxy=said.proxy) as http:
            while True:
                after = quote(self.checkpoint or "")
                answer = await http.get(f"{said.url}?after={after}", headers)
                if answer.status != 200:
                    wait = retry_after(answer.headers, time.time())
                    raise Retry(f"the API answered {answer.status}", wait)
                page = json.loads(answer.body)
                events = [Event(entry["time"], entry["text"], {}) for entry in page["entries"]]
                outcome = await self.deliver(events, page["next"])
                if not events or outcome is Outcome.RETRY:
                    await asyncio.sleep(said.interval)
