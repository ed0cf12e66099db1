"""The exporter `dynatrace`: batches in, requests to the log ingest API out.

Mapping and limits are in `rows`, URL and token forms in `endpoint`, what an answer means in
`answer`; queueing, compression, retries and splitting are the core's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from itertools import chain
from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from collector.api import (
    Ambiguous,
    Batch,
    Certificates,
    Context,
    Duration,
    Exporter,
    Hold,
    HttpAnswer,
    HttpClient,
    HttpClientOptions,
    NotSent,
    Receipt,
    Request,
    Retry,
    Row,
    SecretStr,
    TlsClientOptions,
)

from .answer import Taken, classify
from .bodies import array, row_time, split
from .endpoint import Auth, authorization, ingest_url, is_local
from .limits import CLASSIC_CLIENT, GRAIL_CLIENT, token_id
from .rows import Rows

#: The core never has more requests in flight, so a connection is never closed for another.
_CONNECTIONS = 64
#: Seconds between two log lines about requests taken in part.
_QUIET = 60.0
_HEADERS = (("Content-Type", "application/json; charset=utf-8"),)
_PRODUCT = "twisted-log-collector"


class DynatraceConfig(HttpClientOptions):
    """Options of the exporter `dynatrace`, beside TLS and proxy."""

    #: `https://ID.live.dynatrace.com`, `https://ACTIVEGATE:9999/e/ID`, or the full ingest URL.
    endpoint: str
    #: auto: by the token's form.
    auth: Auth = "auto"
    #: A token with the scope logs.ingest. Only a OneAgent on this machine needs none.
    api_token: SecretStr = Field(SecretStr(""), validate_default=True)
    #: The limits to keep: Grail's, or those of Log Monitoring Classic and Managed.
    profile: Literal["grail", "classic"] = "grail"
    #: Seconds for a request in all.
    timeout: Duration = 60.0
    connect_timeout: Duration = 5.0
    #: Give every record a `log.record.uid`, the same over retries, so that duplicates can be told.
    record_uid: bool = True
    #: Events older than 23 h, which Dynatrace refuses. restamp: sent with the time of now, what
    #: they said is in `original.timestamp`.
    stale: Literal["restamp", "dead_letter"] = "restamp"
    #: Sent with every event that has no attribute of that name.
    attributes: dict[str, str | int | float | bool] = Field(default_factory=dict)

    @field_validator("endpoint", mode="before")
    @classmethod
    def _check_endpoint(cls, value: object) -> str:
        return ingest_url(value)

    @field_validator("api_token")
    @classmethod
    def _check_token(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        # what is wrong itself is not there: then all that is wrong in any case
        _authorized(value, info.data.get("auth", "bearer"), info.data.get("endpoint", ""))
        return value

    def authorization(self) -> str:
        """The header's value; empty where there is no token and none is needed."""
        return _authorized(self.api_token, self.auth, self.endpoint)


class DynatraceExporter(Exporter[DynatraceConfig]):
    """Sends to Dynatrace's `POST /api/v2/logs/ingest`."""

    counters: ClassVar = {
        "responses": "Answers of the server, by status.",
        "not_sent": "Requests that did not reach the server.",
        "ambiguous": "Requests without an answer: sent again, and perhaps stored twice.",
        "restamped_log_records": "Events given another time: over 23 h old, or far in the future.",
    }

    def __init__(self, config: DynatraceConfig, context: Context) -> None:
        super().__init__(config, context)
        count = context.count
        self._rows = Rows(
            CLASSIC_CLIENT if config.profile == "classic" else GRAIL_CLIENT,
            record_uid=config.record_uid,
            restamp=config.stale == "restamp",
            constants=config.attributes,
            trimmed=lambda n, what: count("trimmed_log_records", n, what=what),
            restamped=lambda n: count("restamped_log_records", n),
        )
        self._client: HttpClient | None = None
        self._certificates = Certificates(context)
        self._secret = config.api_token.get_secret_value().strip()
        self._headers = _headers(config)
        self._quiet_until = 0.0

    @classmethod
    def config_warnings(cls, config: DynatraceConfig) -> Iterator[str]:
        """Advice on a configuration that can run."""
        if is_local(config.endpoint):
            yield "a OneAgent's local endpoint does not take gzip: say `compression: none`"
        if config.endpoint.startswith("http://"):
            for key in sorted(config.model_fields_set & set(TlsClientOptions.model_fields)):
                yield f"{key} has no use with http"

    async def start(self) -> None:
        config = self.config
        self._client = HttpClient(
            self.context.reactor,
            connections=_CONNECTIONS,
            connect_timeout=config.connect_timeout,
            timeout=config.timeout,
            tls=config,
            proxy=config.proxy,
            certificates=self._certificates,
        )
        self.context.log.info(
            "{id}: sending {route} to {url} with the token {token}",
            id=self.context.id,
            route=self._client.route(config.endpoint),
            url=config.endpoint,
            token=token_id(self._secret),
        )

    async def stop(self) -> None:
        client, self._client = self._client, None
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
        times = [time for time in map(row_time, rows) if time]
        return Request(
            body=body,
            events=len(rows),
            oldest_ns=min(times, default=0),
            headers=_HEADERS,
            raw_size=len(body),
        )

    async def send(self, request: Request) -> Receipt:
        answer = await self._post(request)
        self.context.count("responses", status=str(answer.status))
        taken = classify(answer.status, answer.headers, answer.body, secret=self._secret)
        if taken.rejected is None:
            self.context.count("partial_unknown")
        if taken.rejected != 0:
            self._tell(taken)
        return Receipt(min(taken.rejected or 0, request.events))

    async def _post(self, request: Request) -> HttpAnswer:
        if self._client is None:
            raise Retry("the exporter is not running")
        headers = [*self._headers, *request.headers]
        if request.encoding:
            headers.append(("Content-Encoding", request.encoding))
        try:
            return await self._client.post(self.config.endpoint, headers, request.body)
        except NotSent as e:
            self.context.count("not_sent")
            raise (Hold(str(e)) if e.certificate else Retry(str(e))) from None
        except Ambiguous as e:
            self.context.count("ambiguous")
            raise Retry(str(e), ambiguous=True) from None

    def _tell(self, taken: Taken) -> None:
        """Events are lost for a reason that only the server knows: say it, not too often."""
        now = self.context.reactor.seconds()
        if now < self._quiet_until:
            return
        self._quiet_until = now + _QUIET
        self.context.log.error(
            "{id}: the server took a request only in part: {message}",
            id=self.context.id,
            message=taken.message or "it did not say why",
        )


def _authorized(api_token: SecretStr, auth: Auth, endpoint: str) -> str:
    token = api_token.get_secret_value().strip()
    return authorization(token, auth) if token or not is_local(endpoint) else ""


def _headers(config: DynatraceConfig) -> Sequence[tuple[str, str]]:
    found: list[tuple[str, Any]] = [
        ("User-Agent", f"{_PRODUCT}/{version(_PRODUCT)}"),
        ("X-Dynatrace-Attr", f"dt.ingest.origin={_PRODUCT}"),
    ]
    authorized = config.authorization()
    return [("Authorization", authorized), *found] if authorized else found
