"""A block of the file and its model in, the keys that will go out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .keys import Model, models_at
from .source import Way


def deprecated(model: Model, value: Any, way: Way = ()) -> Iterator[tuple[Way, str]]:
    """The way of each such key within the block, and what its model says of it."""
    below: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, Mapping):
        said = [getattr(found, "deprecated_keys", {}) for found in models_at(model, way)]
        for key in value:
            yield from (((*way, key), keys[key]) for keys in said if key in keys)
        below = iter(value.items())
    elif isinstance(value, list):
        below = iter(enumerate(value))
    for step, inner in below:
        yield from deprecated(model, inner, (*way, step))
