"""The connector `routing`: each event to the pipelines of the conditions that are true for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from collector.api import Batch, Connector, Context, Event, Way

from ..program import ERRORS, Failures
from .options import RoutingConfig
from .table import chosen


class RoutingConnector(Connector[RoutingConfig]):
    """What no route moves goes to the default pipelines; without any it is dropped, counted."""

    counters: ClassVar[dict[str, str]] = ERRORS

    def __init__(self, config: RoutingConfig, context: Context) -> None:
        super().__init__(config, context)
        self._table = config.compiled()
        self._failures = Failures(self._table.parts, context)

    @classmethod
    def routes(cls, config: RoutingConfig) -> Iterable[tuple[Way, str]]:
        """See `Connector`."""
        for n, route in enumerate(config.table):
            for k, pipeline in enumerate(route.pipelines):
                yield ("table", n, "pipelines", k), pipeline
        for k, pipeline in enumerate(config.default_pipelines):
            yield ("default_pipelines", k), pipeline

    def route(self, batch: Batch) -> Mapping[str, list[Event]]:
        """See `Connector`."""
        routes = self._table.run(batch.events, self._failures.failed, [])
        self._failures.tell()
        return chosen(self._table, batch.events, routes)
