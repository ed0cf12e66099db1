"""The exporter `otlp_http`: to Dynatrace's OTLP endpoint, or to any that takes OTLP over HTTP.

What goes over the wire is in `encoding`, what is answered in `receipt`; queueing, compression,
retries and splitting are the core's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from itertools import chain
from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from collector.api import (
    Batch,
    Certificates,
    Config,
    Context,
    Duration,
    Exporter,
    Hold,
    HttpAnswer,
    HttpClient,
    HttpSender,
    Poison,
    ProxyOption,
    Receipt,
    Request,
    Retry,
    Row,
    TlsClientOptions,
    TooLarge,
    is_loopback,
    probe,
)

from .encoding import Encoder, Part, body_of, cut, parts_of
from .endpoint import Headers, Url
from .receipt import judged

#: The core never has more requests in flight, so a connection is never closed for another.
_CONNECTIONS = 64
#: Dynatrace's limit for a request, by one of its pages, is 2 MB; others take 4 MiB and more.
_MOST_BYTES = 2_000_000
_LOGS_PATH = "/v1/logs"
_HEADERS = (("Content-Type", "application/x-protobuf"),)
_PRODUCT = "twisted-log-collector"
#: Shorter words of headers turn up in other texts, too.
_SHORTEST_SECRET = 8


class OtlpHttpConfig(Config):
    """Options of the exporter `otlp_http`."""

    #: The base of the URL, such as `https://abc12345.live.dynatrace.com/api/v2/otlp`; `/v1/logs`
    #: is put behind it.
    endpoint: Url | None = None
    #: The whole URL, such as `https://collector.example.com/v1/logs`. One of the two is required,
    #: and this one is preferred.
    logs_endpoint: Url | None = Field(None, validate_default=True)
    #: Headers of every request, by name, such as `{Authorization: 'Bearer 1'}`. The values are
    #: never shown.
    headers: Headers = Field(default_factory=dict)
    #: Whom to trust, and as whom to show oneself.
    tls: TlsClientOptions = TlsClientOptions()
    #: The HTTP proxy on the way, such as `http://proxy.example.com:3128`. See the same key of the
    #: exporter `dynatrace`.
    proxy: ProxyOption = Field("environment", alias="proxy_url")
    #: Time for a request in all.
    timeout: Duration = 30.0
    #: Time for connecting, through a proxy and with TLS.
    connect_timeout: Duration = 5.0

    @field_validator("logs_endpoint")
    @classmethod
    def _one_of_them(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("endpoint", ...) is None:
            raise ValueError("endpoint or logs_endpoint is needed: where are logs to be sent?")
        return value

    @property
    def url(self) -> str:
        """Where requests go."""
        base = str(self.endpoint).removesuffix(_LOGS_PATH)
        return self.logs_endpoint or f"{base}{_LOGS_PATH}"


class OtlpHttpExporter(Exporter[OtlpHttpConfig]):
    """Sends ExportLogsServiceRequests as Protocol Buffers."""

    counters: ClassVar = HttpSender.counters

    def __init__(self, config: OtlpHttpConfig, context: Context) -> None:
        super().__init__(config, context)
        self._encoder = Encoder()
        self._certificates = Certificates(context)
        self._sender: HttpSender | None = None
        said = {name: value.get_secret_value() for name, value in config.headers.items()}
        self._headers = [("User-Agent", f"{_PRODUCT}/{version(_PRODUCT)}"), *said.items()]
        words = (word for value in said.values() for word in value.split())
        self._secrets = [word for word in words if len(word) >= _SHORTEST_SECRET]
        for secret in self._secrets:
            context.hide(secret)

    @classmethod
    def config_warnings(cls, config: OtlpHttpConfig) -> Iterator[str]:
        """Advice on a configuration that can run."""
        parts = urlsplit(config.url)
        if parts.scheme == "http":
            if config.headers and not is_loopback(parts.hostname or ""):
                yield "plain http shows the headers to the network: write https://"
            if config.tls.model_fields_set:
                yield "tls has no use with http"

    async def start(self) -> None:
        """See `Component`."""
        config = self.config
        client = HttpClient(
            self.context.reactor,
            connections=_CONNECTIONS,
            connect_timeout=config.connect_timeout,
            timeout=config.timeout,
            tls=config.tls,
            proxy=config.proxy,
            certificates=self._certificates,
        )
        self._sender = HttpSender(client, self.context)
        self.context.log.info(
            "{id}: sending {way} to {url}",
            id=self.context.id,
            way=client.route(config.url),
            url=config.url,
        )

    async def stop(self) -> None:
        """See `Component`."""
        sender, self._sender = self._sender, None
        if sender is not None:
            await sender.close()

    def encode(self, batches: Sequence[Batch]) -> Iterable[Request]:
        """See `Exporter`."""
        events = [event for batch in batches for event in batch.events]
        parts = list(map(self._encoder.part, events))
        oldest = min((event.time for event in events if event.time > 0), default=0)
        return [_request(piece, oldest) for piece in cut(parts, _MOST_BYTES)]

    def unpack(self, request: Request) -> list[Row]:
        """See `Exporter`."""
        return [body_of([part]) for part in parts_of(request.body)]

    def pack(self, rows: Sequence[Row]) -> Request:
        """See `Exporter`."""
        return _request(list(chain.from_iterable(map(parts_of, rows))), 0)

    async def send(self, request: Request) -> Receipt:
        """See `Exporter`."""
        sender = self._sender
        if sender is None:
            raise Retry("the exporter is not running")
        taken = judged(await self._answer(sender, request), self._secrets)
        return sender.receipt(request.events, taken.rejected, "other", taken.message, taken.wait)

    async def _answer(self, sender: HttpSender, request: Request) -> HttpAnswer:
        headers, url = [*self._headers, *request.headers], self.config.url
        if request.encoding:
            headers.append(("Content-Encoding", request.encoding))
        return await sender.post(url, headers, request.body, urlsplit(url).netloc)

    async def verify(self) -> str:
        """See `Exporter`."""
        sender, (request,) = self._sender, self.encode([probe()])
        assert sender is not None
        try:
            taken = judged(await self._answer(sender, request), self._secrets)
        except (TooLarge, Poison) as e:
            raise Hold(f"it refused the event with {e}") from None
        if taken.rejected != 0:
            raise Hold(f"it left the event out: {taken.message or 'it does not say why'}")
        return f"{self.config.url}: took one event"


def _request(parts: Sequence[Part], oldest: int) -> Request:
    body = body_of(parts)
    return Request(
        body=body, events=len(parts), oldest_ns=oldest, headers=_HEADERS, raw_size=len(body)
    )
