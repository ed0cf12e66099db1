"""How a sandbox behaves: whom it lets in, which Dynatrace it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..ingest.answer import Style
from ..ingest.request import Rules


@dataclass(frozen=True)
class SandboxOptions:
    """All choices, with the defaults of `collector sandbox`."""

    #: The tokens that may send; empty = all of the right form.
    tokens: frozenset[str] = frozenset()
    #: Tokens that are known but may not: 403.
    unscoped: frozenset[str] = frozenset()
    #: The environments behind `/e/{id}`; empty = all.
    environments: frozenset[str] = frozenset()
    rules: Rules = field(default_factory=Rules)
    style: Style = field(default_factory=Style)
    #: The status for a known method on the wrong route; the page would have 501.
    wrong_method: int = 405
    #: How many events are kept at least,
    keep_events: int = 1_000_000
    #: how many requests in `requests`,
    keep_requests: int = 1000
    #: and whether with their bodies.
    keep_bodies: bool = False
