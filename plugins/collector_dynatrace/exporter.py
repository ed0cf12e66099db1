"""The exporter `dynatrace`: batches in, requests to the log ingest API out.

Mapping and limits are in `rows`, URL and token forms in `endpoint`, the token in use in
`credential`, which endpoint in `failover`, what an answer means in `answer`; queueing,
compression, retries and splitting are the core's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from collector.api import (
    Batch,
    Certificates,
    Context,
    Duration,
    Exporter,
    HttpClient,
    HttpClientOptions,
    HttpSender,
    Receipt,
    Request,
    Retry,
    Row,
    SecretStr,
    TlsClientOptions,
    probe,
)

from .aging import Aging, oldest_of, shortened
from .bodies import array, split
from .credential import Credential
from .endpoint import Auth, authorization, ingest_url, is_local, label, refuse_token
from .failover import Failover
from .limits import CLASSIC_CLIENT, GRAIL_CLIENT
from .rows import Rows
from .sender import Sender
from .verify import verified

#: The core never has more requests in flight, so a connection is never closed for another.
_CONNECTIONS = 64
_HEADERS = (("Content-Type", "application/json; charset=utf-8"),)


class DynatraceConfig(HttpClientOptions):
    """Options of the exporter `dynatrace`, beside TLS and proxy."""

    #: `https://ID.live.dynatrace.com`, `https://ACTIVEGATE:9999/e/ID`, or the full ingest URL; or
    #: a list of them, the preferred one first. Such as `https://abc12345.live.dynatrace.com`.
    endpoint: tuple[Annotated[str, BeforeValidator(ingest_url)], ...]
    #: How the token is shown; `auto` goes by its form.
    auth: Auth = "auto"
    #: Name of a file that holds the token, which has the scope `logs.ingest`, such as
    #: `/etc/collector/token`. The better way: a new token needs no restart. A relative name begins
    #: where the process runs.
    api_token_file: Path | None = None
    #: The token itself, instead, such as `'${env:DT_API_TOKEN}'`. Only a OneAgent on this machine
    #: needs neither.
    api_token: SecretStr = Field(SecretStr(""), validate_default=True)
    #: Whose limits are kept; `classic` is Log Monitoring Classic and Managed.
    profile: Literal["grail", "classic"] = "grail"
    #: Time for a request in all.
    timeout: Duration = 60.0
    #: Time for connecting, through a proxy and with TLS.
    connect_timeout: Duration = 5.0
    #: Give each record a `log.record.uid`, which stays the same over retries, so that duplicates
    #: can be told.
    record_uid: bool = True
    #: What becomes of events over 23 h old, which Dynatrace refuses. `restamp`: sent with the time
    #: of now, their own is in `original.timestamp`. `dead_letter`: set aside, reason `stale`.
    #: Events are looked at when they come and before each attempt.
    stale: Literal["restamp", "dead_letter"] = "restamp"
    #: Attributes for every event that does not have them, such as `{site: vienna}`.
    attributes: dict[str, str | int | float | bool] = Field(default_factory=dict)

    @field_validator("endpoint", mode="before", json_schema_input_type=str | list[str])
    @classmethod
    def _check_endpoint(cls, value: object) -> object:
        return value if isinstance(value, list | tuple) else (ingest_url(value),)

    @field_validator("endpoint")
    @classmethod
    def _check_endpoints(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("expected a URL, or a list of them; this one is empty")
        if len({label(url) for url in value}) < len(value):
            raise ValueError("two endpoints are the same; each must be another one")
        return value

    @field_validator("api_token_file", mode="before")
    @classmethod
    def _check_token_file(cls, value: object) -> object:
        return refuse_token(value)

    @field_validator("api_token")
    @classmethod
    def _check_token(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        # What is wrong itself is not there: then all that is wrong in any case.
        said, token = info.data, value.get_secret_value().strip()
        if token and said.get("api_token_file"):
            raise ValueError("give api_token_file or api_token, not both")
        if token:
            authorization(token, said.get("auth", "bearer"))
        elif said.get("api_token_file", ...) is None and not _local(said.get("endpoint")):
            raise ValueError(
                "api_token_file or api_token is needed; create a token with the scope logs.ingest"
            )
        return value


class DynatraceExporter(Exporter[DynatraceConfig]):
    """Sends to Dynatrace's `POST /api/v2/logs/ingest`."""

    counters: ClassVar = {
        **HttpSender.counters,
        "endpoint_failures": "Times that an endpoint was left for the next.",
        "restamped_log_records": "Events given another time: over 23 h old, or far in the future.",
    }

    def __init__(
        self, config: DynatraceConfig, context: Context, now: Callable[[], int] = time.time_ns
    ) -> None:
        super().__init__(config, context)
        restamp = config.stale == "restamp"
        self._rows = Rows(
            CLASSIC_CLIENT if config.profile == "classic" else GRAIL_CLIENT,
            record_uid=config.record_uid,
            restamp=restamp,
            constants=config.attributes,
            trimmed=self._count_trimmed,
            restamped=self._count_restamped,
            now=now,
        )
        self._aging = Aging(now, restamp=restamp)
        self._client: HttpClient | None = None
        self._certificates = Certificates(context)
        self._credential = Credential(
            config.api_token.get_secret_value(),
            config.auth,
            context,
            file=config.api_token_file,
            needed=not _local(config.endpoint),
        )
        self._failover = Failover(config.endpoint, context)
        self._credential.changed = self._failover.forgive
        self._sender: Sender | None = None

    def _count_trimmed(self, n: int, what: str) -> None:
        self.context.count("trimmed_log_records", n, what=what)

    def _count_restamped(self, n: int) -> None:
        self.context.count("restamped_log_records", n)

    @classmethod
    def config_warnings(cls, config: DynatraceConfig) -> Iterator[str]:
        """Advice on a configuration that can run."""
        if any(map(is_local, config.endpoint)):
            yield "a OneAgent's local endpoint does not take gzip: say `compression: none`"
        if not any(url.startswith("https://") for url in config.endpoint):
            for key in sorted(config.model_fields_set & set(TlsClientOptions.model_fields)):
                yield f"{key} has no use with http"

    async def start(self) -> None:
        config = self.config
        self._credential.load()
        self._client = client = HttpClient(
            self.context.reactor,
            connections=_CONNECTIONS,
            connect_timeout=config.connect_timeout,
            timeout=config.timeout,
            tls=config,
            proxy=config.proxy,
            certificates=self._certificates,
        )
        self._sender = Sender(client, self._credential, self.context)
        self.context.log.info(
            "{id}: sending {ways}, with the token {token}",
            id=self.context.id,
            ways=", ".join(f"{client.route(url)} to {url}" for url in config.endpoint),
            token=self._credential.id,
        )

    async def stop(self) -> None:
        client, self._client, self._sender = self._client, None, None
        if client is not None:
            await client.close()

    def encode(self, batches: Sequence[Batch]) -> Iterable[Request]:
        events = list(chain.from_iterable(batch.events for batch in batches))
        return [
            Request(
                body=body.data,
                events=body.rows,
                oldest_ns=body.oldest_ns,
                headers=_HEADERS,
                raw_size=len(body.data),
            )
            for body in self._rows.encode(events)
        ]

    def unpack(self, request: Request) -> list[Row]:
        return split(request.body, request.events)

    def pack(self, rows: Sequence[Row]) -> Request:
        body = array(rows)
        return Request(
            body=body,
            events=len(rows),
            oldest_ns=oldest_of(rows),
            headers=_HEADERS,
            raw_size=len(body),
        )

    def stale_before(self) -> int:
        return self._aging.stale_before()

    def restamped(self, row: Row) -> Row | None:
        found = self._aging.restamped(row)
        if found is not None and found is not row:
            self._count_restamped(1)
        return found

    def shortened(self, row: Row) -> Row | None:
        found = shortened(row)
        if found is not None:
            self._count_trimmed(1, "content")
        return found

    async def send(self, request: Request) -> Receipt:
        sender = self._sender
        if sender is None:
            raise Retry("the exporter is not running")
        return await self._failover.send(lambda url: sender.send(url, request))

    async def verify(self) -> str:
        sender, (request,) = self._sender, self.encode([probe()])
        assert sender is not None
        secrets = self._credential.secrets
        return await verified(
            self.config.endpoint, lambda url: sender.answer(url, request), secrets
        )


def _local(urls: Sequence[str] | None) -> bool:
    """Whether all of them, if they are known, are OneAgents, which ask for no token."""
    return bool(urls) and all(map(is_local, urls or ()))
