"""Posts events as lines of JSON: an exporter.

exporters:
  hook: {type: 'webhook:WebhookExporter', url: 'https://hooks.example.com/logs'}
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from collector.api import (
    Batch,
    Context,
    Exporter,
    Hold,
    HttpClient,
    HttpClientOptions,
    HttpSender,
    Poison,
    Request,
    Retry,
    Row,
    TooLarge,
    as_json,
    as_record,
    retry_after,
)


class WebhookConfig(HttpClientOptions):
    """Beside `proxy`, and the keys of TLS."""

    #: Where events are posted, such as `https://example.com/hook`.
    url: str


class WebhookExporter(Exporter[WebhookConfig]):
    """A row is an event's JSON; a request is rows that end with LF."""

    counters = HttpSender.counters

    def __init__(self, config: WebhookConfig, context: Context) -> None:
        super().__init__(config, context)
        http = HttpClient(context.reactor, tls=config, proxy=config.proxy)
        self._http = HttpSender(http, context)

    def encode(self, batches: Sequence[Batch]) -> list[Request]:
        """See `Exporter`."""
        return [self.pack([as_json(as_record(e)) for batch in batches for e in batch.events])]

    def pack(self, rows: Sequence[Row]) -> Request:
        """See `Exporter`."""
        return Request(body=b"".join(row + b"\n" for row in rows), events=len(rows))

    def unpack(self, request: Request) -> list[Row]:
        """See `Exporter`."""
        return request.body.split(b"\n")[:-1]

    async def send(self, request: Request) -> None:
        """See `Exporter`."""
        headers = [("Content-Type", "application/x-ndjson")]
        if request.encoding:
            headers.append(("Content-Encoding", request.encoding))
        answer = await self._http.post(self.config.url, headers, request.body, "webhook")
        match answer.status:
            case 400:
                raise Poison("the webhook answered 400")
            case 413:
                raise TooLarge
            case 401 | 403 | 404:
                raise Hold(f"the webhook answered {answer.status}")
            case status if status >= 300:
                after = retry_after(answer.headers, time.time())
                raise Retry(f"the webhook answered {status}", after)

    async def stop(self) -> None:
        """See `Component`."""
        await self._http.close()
