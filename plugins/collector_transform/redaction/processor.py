"""The redaction processor: attributes that are not allowed go, and values that are blocked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from collector.api import Batch, Context, Event, Processor, Resource

from ..ottl.values import wrapped
from .options import RedactionConfig
from .rules import PREFIX, Account, Rules


class RedactionProcessor(Processor[RedactionConfig]):
    """OpenTelemetry's, which `redact` does more cheaply where keys may stay."""

    fails_closed = True

    def __init__(self, config: RedactionConfig, context: Context) -> None:
        super().__init__(config, context)
        self._rules = Rules(config)

    @classmethod
    def config_warnings(cls, config: Any) -> Iterable[str]:
        """See `Component`."""
        if not (config.allow_all_keys or config.allowed_keys):
            yield "removes every attribute: neither allow_all_keys nor allowed_keys is given"

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        self._resources(batch.events)
        for event in batch.events:
            account = Account()
            after = self._rules.attributes(event.attributes, account)
            self._note(account, after, PREFIX)
            inside = Account()
            event.body = self._rules.body(event.body, inside)
            self._note(inside, after, f"{PREFIX}body.")
            event.attributes = after
        return batch

    def _resources(self, events: list[Event]) -> None:
        after = {old: self._resource(old) for old in dict.fromkeys(e.resource for e in events)}
        for event in events:
            event.resource = after[event.resource]

    def _resource(self, old: Resource) -> Resource:
        scope = old.scope
        if scope is not None and scope.attributes:
            scope = msgspec.structs.replace(scope, attributes=self._left(scope.attributes))
        return msgspec.structs.replace(old, attributes=self._left(old.attributes), scope=scope)

    def _left(self, attributes: dict[str, Any]) -> dict[str, Any]:
        account = Account()
        after = self._rules.attributes(attributes, account)
        self._note(account, after, PREFIX)
        return after

    def _note(self, account: Account, attributes: dict[str, Any], prefix: str) -> None:
        """Says what was done, as far as the summary shall; adds to what another one said."""
        if self.config.summary == "silent":
            return
        for name, number in account.counts.items():
            before = attributes.get(f"{prefix}{name}.count", 0)
            count = number + (before if type(before) is int else 0)
            attributes[f"{prefix}{name}.count"] = wrapped(count)
            if self.config.summary == "debug" and name != "ignored":
                said = attributes.get(f"{prefix}{name}.keys")
                more = said.split(",") if isinstance(said, str) and said else []
                attributes[f"{prefix}{name}.keys"] = ",".join(sorted([*account.keys[name], *more]))
