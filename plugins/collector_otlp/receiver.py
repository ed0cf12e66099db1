"""The receiver `otlp`: logs of OpenTelemetry SDKs and collectors, over HTTP and gRPC."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import Any, ClassVar, Final

from collector.api import (
    Context,
    HttpServerOptions,
    ListenError,
    Taken,
    WebIntake,
    WebReceiver,
    WebRequest,
    WebResponse,
)

from .answer import JSON, PROTOBUF, Refusal, media_type, taken
from .bodies import COUNTERS, Bodies, complaint
from .failure import Malformed, TooMany
from .options import OtlpConfig, OtlpGrpcOptions, OtlpHttpOptions

#: Signals that are not taken, by the end of their path.
_OTHERS: Final = {
    "/v1/traces": "traces",
    "/v1/metrics": "metrics",
    "/v1development/profiles": "profiles",
}


class OtlpReceiver(WebReceiver[OtlpConfig]):
    """An answer says that every exporter has the events; see `ack`."""

    counters: ClassVar = {**WebReceiver.counters, **COUNTERS}

    def __init__(self, config: OtlpConfig, context: Context) -> None:
        super().__init__(config, context)
        self._bodies = Bodies(context)
        self._http = config.protocols.http or OtlpHttpOptions()

    @classmethod
    def config_warnings(cls, config: Any) -> Iterable[str]:
        """See `Component`."""
        if config.protocols.grpc and find_spec("hpack") is None:
            yield f"it will not start here: {_lacking('hpack')}"

    def http(self) -> HttpServerOptions | None:
        """See `WebReceiver`."""
        return self.config.protocols.http

    def servers(self) -> Sequence[WebIntake]:
        """See `WebReceiver`."""
        grpc = self.config.protocols.grpc
        return [*super().servers(), *([self._grpc(grpc)] if grpc else [])]

    def _grpc(self, options: OtlpGrpcOptions) -> WebIntake:
        try:
            from .grpc.service import GRPC, LogsService
        except ModuleNotFoundError as e:
            raise ListenError(_lacking(e.name)) from None
        service = LogsService(self.context, self.take, self.refuse)
        return WebIntake(self.context, options, service, self.output, GRPC)

    def _refusal(self, reason: str, status: int, text: str) -> WebResponse:
        self.context.count("requests_refused", reason=reason)
        return self.refuse(status, text)

    def refuse(self, status: int, text: str) -> WebResponse:
        """See `WebReceiver`."""
        return Refusal(status, text=text)

    def admit(self, request: WebRequest) -> WebResponse | None:
        """See `WebReceiver`.

        Traces and metrics get 404, as from an OpenTelemetry Collector that has no pipeline for
        them, and SDKs give the data up. On 501 some, such as Python's, try again for a minute.
        """
        if request.path != self._http.logs_url_path:
            return self._unknown(request.path)
        if request.method != "POST":
            return self._refusal("method", 405, "Logs are sent with POST.").having(
                {"Allow": "POST"}
            )
        if media_type(request) not in {PROTOBUF, JSON}:
            text = f"The Content-Type must be {PROTOBUF} or {JSON}."
            return self._refusal("content_type", 415, text)
        return None

    def _unknown(self, path: str) -> WebResponse:
        signal = _OTHERS.get(path)
        if signal is None:
            return self._refusal("path", 404, f"Logs are taken at {self._http.logs_url_path}.")
        return self._refusal(signal, 404, f"This collector takes logs, and no {signal}.")

    def take(self, request: WebRequest) -> Taken | WebResponse:
        """See `WebReceiver`."""
        kind = media_type(request)
        try:
            read = self._bodies.json if kind == JSON else self._bodies.protobuf
            decoded = read(request.body)
        except Malformed as e:
            return self._refusal("malformed", 400, f"The body cannot be read: {e}.")
        except TooMany as e:
            return self._refusal("too_many", 413, f"Send smaller requests: {e}.")
        why = complaint(decoded)
        if why and not decoded.events:
            return self.refuse(400, why)
        return Taken(decoded.events, taken(kind, len(decoded.refused), why))


def _lacking(package: str | None) -> str:
    return (
        f"protocols.grpc needs the package {package}, which is not installed; "
        "install it with: pip install 'twisted-log-collector[grpc]'"
    )
