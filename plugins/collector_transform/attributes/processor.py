"""The attributes processor: changes events' attributes by actions, in their order."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar

from collector.api import Batch, Config, Context, Event, Processor

from ..ottl.fault import Failed
from ..program import ERRORS, Failures, Part
from .action import Actions
from .properties import Properties


class AttributesConfig(Config):
    """Actions, and the events they are for."""

    #: The events that the actions are for; without it all. All that is given in it must match.
    include: Properties | None = None
    #: The events that the actions are not for. All that is given in it must match.
    exclude: Properties | None = None
    #: What is done, in this order.
    actions: Actions


class AttributesProcessor(Processor[AttributesConfig]):
    """Carries actions out on the events that `include` matches and `exclude` does not."""

    counters: ClassVar[dict[str, str]] = ERRORS

    def __init__(self, config: AttributesConfig, context: Context) -> None:
        super().__init__(config, context)
        labels = (f"actions[{n}]" for n in range(len(config.actions)))
        parts = [Part(label, "ignore") for label in ("include", "exclude", *labels)]
        self._failures = Failures(parts, context)
        self._tests = [
            (n, properties.test(), wanted)
            for n, (properties, wanted) in enumerate(
                ((config.include, True), (config.exclude, False))
            )
            if properties is not None
        ]
        self._changes = [
            (action.change(), partial(self._failures.failed, n))
            for n, action in enumerate(config.actions, 2)
        ]

    @classmethod
    def config_warnings(cls, config: Any) -> Iterable[str]:
        """See `Component`."""
        for name in ("include", "exclude"):
            properties = getattr(config, name)
            if properties is not None and properties.regexp is not None:
                yield f"{name}.regexp is not used: nothing needs a cache here"

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        events: Iterable[Event] = batch.events
        if self._tests:
            events = filter(self._is_meant, events)
        those = [event.attributes for event in events]
        for change, failed in self._changes:
            change(those, failed)
        self._failures.tell()
        return batch

    def _is_meant(self, event: Event) -> bool:
        for n, test, wanted in self._tests:
            try:
                if test(event) is not wanted:
                    return False
            except Failed as e:  # nobody knows: it stays as it is
                self._failures.failed(n, e)
                return False
        return True
