"""The receiver's configuration."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from collector.api import Config, Endpoint, HttpServerOptions


class OtlpHttpOptions(HttpServerOptions):
    """OTLP over HTTP."""

    endpoint: Endpoint = "127.0.0.1:4318"
    logs_url_path: Annotated[str, Field(pattern="^/")] = "/v1/logs"


class Protocols(Config):
    """Which of them are spoken. One that is named and has nothing to say has its defaults."""

    http: OtlpHttpOptions | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, said: Any) -> Any:
        if not isinstance(said, dict):
            return said
        return {name: {} if options is None else options for name, options in said.items()}

    @model_validator(mode="after")
    def _some(self) -> Protocols:
        if self.http is None:
            raise ValueError("expected a protocol: http")
        return self


class OtlpConfig(Config):
    """The OpenTelemetry protocol."""

    protocols: Protocols = Protocols(http=OtlpHttpOptions())
