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

    #: Where it listens, such as `127.0.0.1:8787`.
    endpoint: Endpoint
    #: Asked for as `Authorization: Bearer TOKEN`, such as `'${file:admin.token}'`. Required unless
    #: it listens on loopback.
    token: SecretStr | None = None

    @model_validator(mode="after")
    def _guarded(self) -> AdminConfig:
        if self.token is None and not is_loopback(split_endpoint(self.endpoint)[0]):
            raise ValueError("expected a token, since others than this machine can reach it")
        return self


class LogConfig(Config):
    """What the collector says of itself, on standard error."""

    #: Least level that is written.
    level: Literal["debug", "info", "warn", "error"] = "info"
    #: Lines for people, an object of JSON each, or `key=value`.
    format: Literal["text", "json", "logfmt"] = "text"


class DeadLetterConfig(Config):
    """What is kept of events that cannot be delivered, for each component."""

    #: Size of what is kept, for each component. The oldest goes when there is more.
    max_size: Annotated[Size, Field(ge=1 << 20)] = 256 << 20


class ServiceConfig(Config):
    """The settings of the process."""

    #: Directory for the control socket, the queues and dead letters, such as `/var/lib/collector`.
    #: One collector each.
    data_dir: Annotated[Path, AfterValidator(_directory)]
    #: Processes that move data, 1 to 256, such as `4`. `auto`: one for each processor that this one
    #: may use, by affinity and cgroups.
    workers: Annotated[int | Literal["auto"], BeforeValidator(_worker_count)] = 1
    #: For who starts as root: the user whose rights the processes have once the ports are open,
    #: such as `collector`. Files that are read then (tokens, certificates) and `data_dir` must be
    #: that user's.
    user: str | None = None
    #: What may wait in the memory of all workers together, such as `2GiB`; above it all receivers
    #: are paused. `auto` is half of what the machine or its cgroup has.
    memory_limit: Literal["auto"] | Annotated[Size, Field(ge=_LEAST_MEMORY)] = "auto"
    #: The group, unless it is the user's own, such as `adm`.
    group: str | None = None
    #: The HTTP endpoint that only reads: health, metrics, the status page. Without it there is
    #: none.
    admin: AdminConfig | None = None
    #: What the collector says of itself, on standard error.
    log: LogConfig = LogConfig()
    #: What is kept of events that cannot be delivered, for each component.
    dead_letter: DeadLetterConfig = DeadLetterConfig()
    #: Time for an orderly stop at most. What is left then stays in the queues.
    shutdown_timeout: Duration = 25.0
    #: At a reload, how long an old worker goes on with connections that cannot be moved to a new
    #: one.
    reload_grace: Duration = 60.0


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """Where a collector keeps its state when nobody says: the system's place, or the user's."""
    state, home = environment.get("XDG_STATE_HOME", ""), environment.get("HOME", "")
    if os.geteuid() == 0:
        return SYSTEM_DATA_DIR
    if state.startswith("/"):  # a relative one is to be ignored, says the XDG specification
        return Path(state, "collector")
    return Path(home, ".local", "state", "collector") if home else SYSTEM_DATA_DIR
