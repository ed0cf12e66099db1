"""What the supervisor must know of a configuration, as its first worker has read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec


class Plan(msgspec.Struct):
    """It is short and without types of the configuration: those take 10 MB to import."""

    data_dir: str
    workers: int
    log_level: Literal["debug", "info", "warn", "error"]
    log_format: Literal["text", "json", "logfmt"]
    shutdown_timeout: float
    reload_grace: float
    #: Empty: nobody else.
    user: str
    group: str
    #: Empty: there is no admin endpoint.
    admin_endpoint: str
    admin_token: str
    #: Of the configuration; for the log.
    warnings: Sequence[str]
    #: For `/status`.
    pipelines: Sequence[dict[str, Any]]
    #: What is in effect, as JSON without secrets.
    effective: bytes

    @property
    def admin(self) -> tuple[str, str]:
        """All that the admin endpoint depends on."""
        return self.admin_endpoint, self.admin_token

    def __repr__(self) -> str:
        """It holds a secret."""
        return f"Plan({self.data_dir!r})"
