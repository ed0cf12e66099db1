"""The receiver's configuration."""

from __future__ import annotations

import socket
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from collector.api import (
    AccessOptions,
    Config,
    Duration,
    FileMode,
    Network,
    SecretStr,
    Size,
    TlsServerOptions,
    is_local,
    unix_path,
)

#: Fluentd's chunks are 8 MiB in memory, and 256 MiB in files unless somebody says less.
_FRAME = 64 << 20
_DECOMPRESSED = 256 << 20


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Keys = Annotated[
    tuple[SecretStr, ...],
    BeforeValidator(_listed, json_schema_input_type=SecretStr | list[SecretStr]),
]


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

    network: Network


class ForwardConfig(AccessOptions):
    """Fluent Forward over TCP, or a UNIX socket."""

    socket_mode: FileMode = "0660"
    #: Answer Fluentd's `heartbeat_type udp`, on the same port.
    udp_heartbeat: bool = True
    #: Without it the port is plain TCP.
    tls: TlsServerOptions | None = None
    max_frame_size: Annotated[Size, Field(ge=1024)] = _FRAME
    #: Of the entries of one frame.
    max_decompressed_size: Annotated[Size, Field(ge=1024)] = _DECOMPRESSED
    max_entries: Annotated[int, Field(ge=1)] = 500_000
    max_connections: int = 10_000
    max_connections_per_source: Annotated[int, Field(ge=0)] = 1000
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

    @model_validator(mode="after")
    def _clients_have_addresses(self) -> ForwardConfig:
        if self.clients and unix_path(self.endpoint):
            raise ValueError(
                "clients go by their address, and those of a UNIX socket have none: say under "
                "security what they must know"
            )
        return self

    def open_to_all(self) -> bool:
        """Whether anybody on the network may send."""
        known = self.security or self.clients or (self.tls and self.tls.knows_clients)
        return not known and not is_local(self.endpoint)
