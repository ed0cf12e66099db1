"""The redact processor: bodies and attributes without what must not be shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import msgspec

from collector.api import Batch, Context, Event, Processor, Resource

from .options import RedactConfig
from .redaction import GONE, Redaction

_SCALARS = frozenset({int, float, bool, type(None)})
_LEAST = 10**12


class RedactProcessor(Processor[RedactConfig]):
    """Looks at the texts of a batch together, and changes those in which something is found."""

    fails_closed = True
    counters: ClassVar[dict[str, str]] = {
        "redacted_values": "Places that were masked, hashed or removed, by detector.",
    }

    def __init__(self, config: RedactConfig, context: Context) -> None:
        super().__init__(config, context)
        self._redaction = Redaction(config)
        self._fields = frozenset(config.fields)

    @classmethod
    def config_warnings(cls, config: Any) -> Iterable[str]:
        """See `Component`."""
        if config.hashes() and config.hash_key is None:
            yield (
                "hash without hash_key: of what has few values, as card numbers and addresses, "
                "a hash can be found by trying them all"
            )

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        events = batch.events
        if "body" in self._fields:
            self._bodies(events)
        if "attributes" in self._fields:
            self._attributes([event.attributes for event in events])
        if "resource" in self._fields:
            self._resources(events)
        self._tell()
        return batch

    def _bodies(self, events: list[Event]) -> None:
        redaction = self._redaction
        those = []
        for event in events:
            if type(event.body) is str:
                those.append(event)
            else:
                event.body = redaction.value(event.body)
        for n in redaction.finder.suspects([event.body for event in those]):
            those[n].body = redaction.text(those[n].body)

    def _attributes(self, those: list[dict[str, Any]]) -> None:
        redaction = self._redaction
        clean = redaction.clean
        texts: list[str] = []
        spots: list[tuple[dict[str, Any], str]] = []
        for attributes in those:
            for key, value in self._meant(attributes):
                kind = type(value)
                if kind is str:
                    if value not in clean:
                        texts.append(value)
                        spots.append((attributes, key))
                elif kind not in _SCALARS or (kind is int and value >= _LEAST):
                    attributes[key] = redaction.value(value)
        suspects = set(redaction.finder.suspects(texts))
        for n, (attributes, key) in enumerate(spots):
            if n in suspects:
                attributes[key] = redaction.text(texts[n])
            else:
                redaction.remember(texts[n])

    def _meant(self, attributes: dict[str, Any]) -> Iterable[tuple[str, Any]]:
        """What is to be looked at; what stands under a blocked key is done with here."""
        config = self.config
        if config.keys or config.ignored_keys or config.blocked_key_patterns:
            return self._chosen(attributes)
        return attributes.items()

    def _chosen(self, attributes: dict[str, Any]) -> Iterable[tuple[str, Any]]:
        config, redaction = self.config, self._redaction
        for key, value in list(attributes.items()):
            if key in config.ignored_keys:
                continue
            if redaction.is_blocked(key):
                left = redaction.blocked(value)
                if left is GONE:
                    del attributes[key]
                else:
                    attributes[key] = left
            elif not config.keys or key in config.keys:
                yield key, value

    def _resources(self, events: list[Event]) -> None:
        before = list(dict.fromkeys([event.resource for event in events]))
        after = [dict(resource.attributes) for resource in before]
        self._attributes(after)
        made: dict[Resource, Resource] = {
            old: msgspec.structs.replace(old, attributes=new)
            for old, new in zip(before, after, strict=True)
            if list(map(id, old.attributes.values())) != list(map(id, new.values()))
        }
        if made:
            for event in events:
                event.resource = made.get(event.resource, event.resource)

    def _tell(self) -> None:
        counts = self._redaction.counts
        for name, n in counts.items():
            self.context.count("redacted_values", n, detector=name)
        counts.clear()
