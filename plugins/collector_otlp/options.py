"""The receiver's configuration."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from collector.api import Config, Duration, Endpoint, HttpServerOptions


class OtlpHttpOptions(HttpServerOptions):
    """OTLP over HTTP."""

    #: Where it listens for HTTP.
    endpoint: Endpoint = "127.0.0.1:4318"
    #: The path of requests.
    logs_url_path: Annotated[str, Field(pattern="^/")] = "/v1/logs"


class OtlpGrpcOptions(HttpServerOptions):
    """OTLP over gRPC: a server of HTTP/2, with the limits of the other."""

    #: Where it listens for gRPC.
    endpoint: Endpoint = "127.0.0.1:4317"
    #: Time between the calls of a connection, after which it is closed. Channels stay open between
    #: exports.
    idle_timeout: Duration = 3600.0


class Protocols(Config):
    """Which of them are spoken. One that is named and has nothing to say has its defaults."""

    #: OTLP over gRPC. It needs the extra `grpc` of the package.
    grpc: OtlpGrpcOptions | None = None
    #: OTLP over HTTP, as Protocol Buffers or JSON.
    http: OtlpHttpOptions | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, said: Any) -> Any:
        if not isinstance(said, dict):
            return said
        return {name: {} if options is None else options for name, options in said.items()}

    @model_validator(mode="after")
    def _some(self) -> Protocols:
        if self.grpc is None and self.http is None:
            raise ValueError("expected a protocol: grpc, http, or both")
        return self


class OtlpConfig(Config):
    """The OpenTelemetry protocol."""

    #: What is spoken: `http`, `grpc` or both. With nothing said it is HTTP, on this machine only.
    protocols: Protocols = Protocols(http=OtlpHttpOptions())
