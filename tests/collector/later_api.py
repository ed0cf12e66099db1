"""A plugin that wants what this collector does not have."""

from collector.api import OfTheFuture as Later  # type: ignore[attr-defined]

__all__ = ["Later"]
