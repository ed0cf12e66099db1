"""What a user may say of where a listener is, whose input it takes, and whom proxies speak for."""

from __future__ import annotations

from pydantic import model_validator

from ..component import Config
from ..fields import Network, StreamEndpoint, unix_path


class AccessOptions(Config):
    """The same for every listener."""

    endpoint: StreamEndpoint
    #: What comes from elsewhere is refused and counted. Empty: from everywhere.
    allowed_sources: tuple[Network, ...] = ()
    #: What comes from these begins with a PROXY header, and counts as coming from whom it names.
    trusted_proxies: tuple[Network, ...] = ()

    @model_validator(mode="after")
    def _has_addresses(self) -> AccessOptions:
        if unix_path(self.endpoint) and (self.allowed_sources or self.trusted_proxies):
            raise ValueError(
                "allowed_sources and trusted_proxies go by addresses, and the peers of a UNIX "
                "socket have none: say with socket_mode who may connect"
            )
        return self
