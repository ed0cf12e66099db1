"""What a user may say of any receiver that speaks HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ..fields import Duration, Endpoint, SecretStr, Size, is_loopback, split_endpoint
from .access import AccessOptions
from .tls import TlsServerOptions


class HttpServerOptions(AccessOptions):
    """An HTTP/1.1 server: where it listens, whom it lets in, what it holds and waits for.

    Clients that are not among `allowed_sources` get 403.
    """

    #: Where it listens.
    endpoint: Endpoint
    #: Speak TLS on this port; without it the port is plain HTTP.
    tls: TlsServerOptions | None = None
    #: Clients must show one of these: `Authorization: Api-Token ...` or `Bearer ...`, the password
    #: of `Basic`, or for HTTP `api-token` in the query. Such as `['${file:senders.token}']`.
    tokens: tuple[Annotated[SecretStr, Field(min_length=1)], ...] = ()
    #: Files with more of them, one a line, such as `[/etc/collector/senders]`; looked at every 5 s
    #: and read again when they change.
    token_files: tuple[Path, ...] = ()
    #: `none` lets everybody send. It must be written where the endpoint can be reached from other
    #: machines and neither tokens nor client certificates guard it.
    auth: Literal["none"] | None = None
    #: Size of a request as it comes over the wire; more is answered 413.
    max_request_body_size: Annotated[Size, Field(ge=1)] = 20 << 20
    #: Size of the same decompressed; more is answered 413.
    max_decompressed_size: Annotated[Size, Field(ge=1)] = 20 << 20
    #: Connections at once. More are closed and counted.
    max_connections: Annotated[int, Field(ge=1)] = 10_000
    #: The same for each address, or IPv6 network of 64 bits; more are answered 429.
    max_connections_per_source: Annotated[int, Field(ge=1)] = 1000
    #: Time for the headers of a request, after which it is answered 408.
    read_header_timeout: Duration = 20.0
    #: The same for its body. Each 500 bytes that come lengthen it by a second.
    read_timeout: Duration = 20.0
    #: Time between two requests, after which the connection is closed.
    idle_timeout: Duration = 75.0

    @model_validator(mode="after")
    def _is_guarded(self) -> HttpServerOptions:
        host, _ = split_endpoint(self.endpoint)
        guarded = self.tokens or self.token_files or (self.tls and self.tls.knows_clients)
        if not guarded and self.auth is None and not is_loopback(host):
            raise ValueError(
                "anybody on the network could send: set tokens, token_files or "
                "tls.client_ca_file, listen on 127.0.0.1, or write auth: none"
            )
        if guarded and self.auth == "none":
            raise ValueError("auth: none contradicts tokens and client certificates: choose one")
        return self
