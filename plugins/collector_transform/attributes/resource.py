"""The resource processor: the actions of `attributes` on the attributes of resources."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import msgspec

from collector.api import Batch, Config, Context, Processor, Resource

from ..program import ERRORS, Failures, Part
from .action import Actions


class ResourceConfig(Config):
    """Actions on resources."""

    #: What is done with attributes of the resource, in this order.
    attributes: Actions


class ResourceProcessor(Processor[ResourceConfig]):
    """Replaces each resource of a batch by one on which the actions were carried out."""

    counters: ClassVar[dict[str, str]] = ERRORS

    def __init__(self, config: ResourceConfig, context: Context) -> None:
        super().__init__(config, context)
        parts = [Part(f"attributes[{n}]", "ignore") for n in range(len(config.attributes))]
        self._failures = Failures(parts, context)
        self._changes = [
            (action.change(), partial(self._failures.failed, n))
            for n, action in enumerate(config.attributes)
        ]

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        before = list(dict.fromkeys([event.resource for event in batch.events]))
        those = [dict(resource.attributes) for resource in before]
        for change, failed in self._changes:
            change(those, failed)
        after: dict[Resource, Resource] = {
            old: msgspec.structs.replace(old, attributes=attributes)
            for old, attributes in zip(before, those, strict=True)
        }
        for event in batch.events:
            event.resource = after[event.resource]
        self._failures.tell()
        return batch
