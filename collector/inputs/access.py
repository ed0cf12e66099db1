"""What a user may say of where a listener is, whose input it takes, and whom proxies speak for."""

from __future__ import annotations

from pydantic import model_validator

from ..component import Config
from ..fields import Network, StreamEndpoint, unix_path


class AccessOptions(Config):
    """The same for every listener."""

    #: Where it listens: `host:port`, or `unix://` and a path.
    endpoint: StreamEndpoint
    #: Networks whose input is taken; others are refused and counted. Without any, all.
    allowed_sources: tuple[Network, ...] = ()
    #: Networks whose input begins with a PROXY header, and counts as coming from whom it names.
    trusted_proxies: tuple[Network, ...] = ()

    @model_validator(mode="after")
    def _has_addresses(self) -> AccessOptions:
        if unix_path(self.endpoint) and (self.allowed_sources or self.trusted_proxies):
            raise ValueError(
                "allowed_sources and trusted_proxies go by addresses, and the peers of a UNIX "
                "socket have none: say with socket_mode who may connect"
            )
        return self
