"""The receiver's configuration."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from collector.api import (
    Config,
    Duration,
    Endpoint,
    SecretStr,
    Size,
    TlsServerOptions,
    is_loopback,
    split_endpoint,
)

#: Fluentd's chunks are 8 MiB in memory, and 256 MiB in files unless somebody says less.
_FRAME = 64 << 20
_DECOMPRESSED = 256 << 20


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Keys = Annotated[tuple[SecretStr, ...], BeforeValidator(_listed)]


class User(Config):
    """Who may send."""

    username: str
    password: SecretStr


class SecurityOptions(Config):
    """What a client must know."""

    #: One key, or two while it is being changed.
    shared_key: Keys = Field(min_length=1, max_length=2)
    #: With any, a client must be one of them.
    users: tuple[User, ...] = ()


class ClientOptions(SecurityOptions):
    """The same for the clients of one network."""

    network: str

    @field_validator("network")
    @classmethod
    def _is_network(cls, network: str) -> str:
        try:
            return str(ipaddress.ip_network(network))
        except ValueError as e:
            raise ValueError("expected an address or a network, such as 10.1.0.0/16") from e


class ForwardConfig(Config):
    """Fluent Forward over TCP."""

    endpoint: Endpoint
    #: Without it the port is plain TCP.
    tls: TlsServerOptions | None = None
    max_frame_size: Annotated[Size, Field(ge=1024)] = _FRAME
    #: Of the entries of one frame.
    max_decompressed_size: Annotated[Size, Field(ge=1024)] = _DECOMPRESSED
    max_entries: Annotated[int, Field(ge=1)] = 500_000
    max_connections: int = 10_000
    #: Since it was opened; 0: never. It ends after an answer, so only where senders ask for one.
    max_connection_age: Duration = 0.0
    #: Of full queues, until what asks for no acknowledgement is dropped; 0: never.
    max_backpressure: Duration = 0.0
    #: The first that a record has becomes the body.
    body_keys: tuple[str, ...] = ("log", "message", "msg")
    #: For entries with bytes, or text that is not UTF-8: as they came, in base64.
    keep_original: bool = False
    #: Docker's parts of a long line become one event.
    join_partial_messages: bool = True
    #: Since the first part of a line came.
    partial_message_timeout: Annotated[Duration, Field(gt=0)] = 5.0
    security: SecurityOptions | None = None
    #: Of the first network that has the client's address.
    clients: tuple[ClientOptions, ...] = ()
    #: How we call ourselves to a client that we have a key with.
    hostname: str = Field(default_factory=socket.gethostname)
    handshake_timeout: Duration = 10.0

    def open_to_all(self) -> bool:
        """Whether anybody on the network may send."""
        host, _ = split_endpoint(self.endpoint)
        known = self.security or self.clients or (self.tls and self.tls.client_ca_file)
        return not known and not is_loopback(host)

    def networks(self) -> Sequence[tuple[Any, ClientOptions]]:
        """The networks that have a security of their own, in order."""
        return [(ipaddress.ip_network(client.network), client) for client in self.clients]
