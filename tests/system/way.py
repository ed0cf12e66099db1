"""A collector and the sandbox that it sends to: the whole way of an event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from tests.system.collecting import Collector, collector, configuration
from tests.system.sandbox import Sandbox, sandbox


class Way(NamedTuple):
    """The two processes."""

    collector: Collector
    sandbox: Sandbox

    @property
    def port(self) -> int:
        """For syslog, over UDP and TCP."""
        return self.collector.port


@contextmanager
def a_way(
    directory: Path,
    to: Sandbox | None = None,
    *,
    syslog: Mapping[str, Mapping[str, Any]] | None = None,
    service: Mapping[str, Any] | None = None,
    **exporter: Any,
) -> Iterator[Way]:
    """A collector of its own, and its sandbox unless there is one. `exporter`: its options."""
    with nullcontext(to) if to else sandbox(directory) as destination:
        exporters = {"dynatrace": {"endpoint": destination.url, **exporter}}

        def configure(port: int, data_dir: Path) -> str:
            return configuration(port, data_dir, exporters, syslog=syslog, service=service)

        with collector(directory, configure) as source:
            yield Way(source, destination)
