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

    #: Its name, such as `edge`.
    username: str
    #: Its password, such as `'${file:edge.password}'`.
    password: SecretStr


class SecurityOptions(Config):
    """What a client must know."""

    #: The key, such as `'${file:forward.key}'`, or a list of two while it is being changed.
    shared_key: Keys = Field(min_length=1, max_length=2)
    #: With any, a client must be one of them as well.
    users: tuple[User, ...] = ()


class ClientOptions(SecurityOptions):
    """The same for the clients of one network."""

    #: The address or network that this is for.
    network: Network


class ForwardConfig(AccessOptions):
    """Fluent Forward over TCP, or a UNIX socket."""

    #: Mode of a UNIX socket's file, in quotes.
    socket_mode: FileMode = "0660"
    #: Whether heartbeats over UDP are answered on the same port, as Fluentd's `heartbeat_type udp`
    #: asks for. Not beside a UNIX socket.
    udp_heartbeat: bool = True
    #: Speak TLS on this port; without it the port is plain TCP.
    tls: TlsServerOptions | None = None
    #: Size of a frame, which is what a sender calls a chunk. Of a longer one the beginning goes to
    #: the dead letter; it is acknowledged, and what follows it is taken.
    max_frame_size: Annotated[Size, Field(ge=1024)] = _FRAME
    #: Size of the entries of one frame, decompressed. A frame that has more goes to the dead
    #: letter.
    max_decompressed_size: Annotated[Size, Field(ge=1024)] = _DECOMPRESSED
    #: Entries of one frame. A frame that has more goes to the dead letter.
    max_entries: Annotated[int, Field(ge=1)] = 500_000
    #: Connections at once. More are closed and counted.
    max_connections: int = 10_000
    #: The same for each address, or IPv6 network of 64 bits; 0 is any number.
    max_connections_per_source: Annotated[int, Field(ge=0)] = 1000
    #: Time after which a connection is ended, behind an acknowledgement, so that a load balancer
    #: can place it anew; 0 is never. Connections that ask for none stay.
    max_connection_age: Duration = 0.0
    #: How long senders that ask for no acknowledgement may be blocked by a full queue. After that
    #: what they send is dropped and counted until there is room; 0 is never. Docker's driver stops
    #: a container with its next line of output while it is blocked. Senders that ask for
    #: acknowledgements, or send more than 1 MiB at once, wait on.
    max_backpressure: Duration = 0.0
    #: Of these keys the first that a record has is the event's body, and the others become
    #: attributes. A record without any is the body as a whole.
    body_keys: tuple[str, ...] = ("log", "message", "msg")
    #: Give an entry that has bytes, extensions, or text that is not UTF-8, and so is shown with
    #: `\xNN`, the attribute `fluent.original`: its MessagePack as it came, in base64.
    keep_original: bool = False
    #: Join the parts in which Docker sends a line of more than 16 KiB. Where a sender asks for
    #: acknowledgements only the parts of one chunk are joined, for it may wait for its answer
    #: before it sends the next.
    join_partial_messages: bool = True
    #: Time after which a line of which not all parts have come goes on as it is, flagged
    #: `incomplete_message`. So does one of more than 1 MiB.
    partial_message_timeout: Annotated[Duration, Field(gt=0)] = 5.0
    #: What a client must know. Without it everybody who reaches the port may send.
    security: SecurityOptions | None = None
    #: Networks that have a security of their own; the first that has the client's address counts.
    #: The others need what `security` says, and without it are denied. Not for a UNIX socket,
    #: whose clients have no address.
    clients: tuple[ClientOptions, ...] = ()
    #: How the receiver calls itself in a handshake; unless it is said, the machine's name, such as
    #: `collector-1`.
    hostname: str = Field(default_factory=socket.gethostname)
    #: Time in which a client must have shown its key.
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
