"""The fourth kind of plugin: what joins pipelines."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .component import C, Component
from .event import Batch, Event

#: The way of a value below a component's configuration: keys, and places in lists.
Way = tuple[str | int, ...]


class Connector(Component[C]):
    """The last step of some pipelines and the first of others.

    What a receiver hears of its events is the worst of what becomes of them in all of these.
    """

    #: Ids of the pipelines that take from it; set before `start`.
    pipelines: Sequence[str] = ()

    @abstractmethod
    def route(self, batch: Batch) -> Mapping[str, list[Event]]:
        """The events for each pipeline, by its id.

        An event may be for several, each of which gets one of its own; one that is for none counts
        as dropped, with the reason `not_routed`. Must not raise: if it does, all events go to every
        pipeline, flagged.
        """

    @classmethod
    def routes(cls, config: Any) -> Iterable[tuple[Way, str]]:  # noqa: ARG003 for subclasses
        """The pipelines that a configuration names, each with its place, for `validate`."""
        return ()
