"""The connector `forward`: everything to every pipeline that takes from it."""

from __future__ import annotations

from collections.abc import Mapping

from collector.api import Batch, Config, Connector, Event


class ForwardConfig(Config):
    """Nothing is to be said."""


class ForwardConnector(Connector[ForwardConfig]):
    """Joins pipelines, as OpenTelemetry's: several into one, or one into several."""

    def route(self, batch: Batch) -> Mapping[str, list[Event]]:
        """See `Connector`."""
        return dict.fromkeys(self.pipelines, batch.events)
