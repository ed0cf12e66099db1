"""The service that is served: calls of the logs service in, what the receiver answers out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from collector.api import Context, Dialect, Taken, WebRequest, WebResponse

from .session import GrpcSession

EXPORT: Final = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
#: Signals that are not taken, by the package of their service.
_OTHERS: Final = {
    "/opentelemetry.proto.collector.trace.": "traces",
    "/opentelemetry.proto.collector.metrics.": "metrics",
    "/opentelemetry.proto.collector.profiles.": "profiles",
}
#: Clients under TLS insist on the name.
GRPC: Final = Dialect("grpc", GrpcSession, ("h2",))


@dataclass(frozen=True)
class LogsService:
    """An `Application` of the core's server."""

    context: Context
    take: Callable[[WebRequest], Taken | WebResponse]
    refuse: Callable[[int, str], WebResponse]

    def admit(self, request: WebRequest) -> WebResponse | None:
        """Whether it is the one call."""
        if request.path == EXPORT and request.method == "POST":
            return None
        for package, signal in _OTHERS.items():
            if request.path.startswith(package):
                self.context.count("requests_refused", reason=signal)
                return self.refuse(404, f"This collector takes logs, and no {signal}.")
        self.context.count("requests_refused", reason="path")
        return self.refuse(404, f"Logs are taken by POST of {EXPORT}.")
