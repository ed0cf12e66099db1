"""The section `service`, apart from its pipelines: the settings of the process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from collector.component import Config
from collector.fields import Duration, Endpoint, SecretStr, Size, is_loopback, split_endpoint

#: More would not find a machine with so many processors.
MAX_WORKERS = 256
#: Less would pause receivers for a single batch.
_LEAST_MEMORY = 16 << 20
SYSTEM_DATA_DIR = Path("/var/lib/collector")


def _worker_count(value: Any) -> Any:
    text = str(value)
    if text == "auto":
        return text
    if text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MAX_WORKERS:
        return int(text)
    raise ValueError(f"expected a number from 1 to {MAX_WORKERS}, or auto")


def _directory(value: Path) -> Path:
    if value == Path():
        raise ValueError("expected the name of a directory")
    return value


class AdminConfig(Config):
    """The TCP endpoint that only reads: health, metrics, the status page."""

    endpoint: Endpoint
    #: Needed where others than this machine can reach it: `Authorization: Bearer TOKEN`.
    token: SecretStr | None = None

    @model_validator(mode="after")
    def _guarded(self) -> AdminConfig:
        if self.token is None and not is_loopback(split_endpoint(self.endpoint)[0]):
            raise ValueError("expected a token, since others than this machine can reach it")
        return self


class LogConfig(Config):
    """What the collector says of itself, on standard error."""

    level: Literal["debug", "info", "warn", "error"] = "info"
    format: Literal["text", "json"] = "text"


class DeadLetterConfig(Config):
    """What is kept of events that cannot be delivered, for each component."""

    #: It takes four files, and a record must fit into one.
    max_size: Annotated[Size, Field(ge=1 << 20)] = 256 << 20


class ServiceConfig(Config):
    """The settings of the process."""

    data_dir: Annotated[Path, AfterValidator(_directory)]
    #: Processes that move data; `auto` is one for each processor that this process may use.
    workers: Annotated[int | Literal["auto"], BeforeValidator(_worker_count)] = 1
    #: Whose rights the processes have, once the ports are open; for who starts as root.
    user: str | None = None
    #: Of what may wait in the memory of all workers; above it receivers are paused. `auto` is half
    #: of what the machine or the cgroup has.
    memory_limit: Literal["auto"] | Annotated[Size, Field(ge=_LEAST_MEMORY)] = "auto"
    #: None: the user's own.
    group: str | None = None
    #: None: no such endpoint.
    admin: AdminConfig | None = None
    log: LogConfig = LogConfig()
    dead_letter: DeadLetterConfig = DeadLetterConfig()
    #: For the whole orderly stop; what is left then stays in the queues.
    shutdown_timeout: Duration = 25.0
    #: At a reload, how long an old worker goes on with connections that cannot be moved.
    reload_grace: Duration = 60.0


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """Where a collector keeps its state when nobody says: the system's place, or the user's."""
    state, home = environment.get("XDG_STATE_HOME", ""), environment.get("HOME", "")
    if os.geteuid() == 0:
        return SYSTEM_DATA_DIR
    if state.startswith("/"):  # a relative one is to be ignored, says the XDG specification
        return Path(state, "collector")
    return Path(home, ".local", "state", "collector") if home else SYSTEM_DATA_DIR
