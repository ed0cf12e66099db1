"""What a user may say of a listener on TCP, or on a UNIX socket."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..fields import FileMode, Size
from .framing import MAX_FRAME
from .rates import RateOptions
from .tls import TlsServerOptions


class StreamOptions(RateOptions):
    """A listener on TCP, or on a UNIX socket."""

    #: Mode of a UNIX socket's file, in quotes: who may connect.
    socket_mode: FileMode = "0660"
    #: Size at which a longer message is cut and flagged.
    max_frame_size: Annotated[Size, Field(ge=480)] = MAX_FRAME
    #: Connections at once. More are closed and counted.
    max_connections: int = 10_000
    #: The same for each address, or IPv6 network of 64 bits; 0 is any number. One sender that goes
    #: wrong leaves room for the others.
    max_connections_per_source: Annotated[int, Field(ge=0)] = 1000
    #: Speak TLS on this port, from the first byte; without it the port is plain TCP.
    tls: TlsServerOptions | None = None
