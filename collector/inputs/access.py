"""What a user may say of whose input a listener takes, and whom proxies speak for."""

from __future__ import annotations

from ..component import Config
from ..fields import Network


class AccessOptions(Config):
    """The same for every listener."""

    #: What comes from elsewhere is refused and counted. Empty: from everywhere.
    allowed_sources: tuple[Network, ...] = ()
    #: What comes from these begins with a PROXY header, and counts as coming from whom it names.
    trusted_proxies: tuple[Network, ...] = ()
