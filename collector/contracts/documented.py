"""A configuration model in, a sentence out for each key that a user could not understand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ..component import Config
from ..config.comments import comments
from ..config.keys import Model, models_below

_TIME = re.compile(
    r"(^|_)(timeout|interval|delay|age|duration|period|ttl|grace|seconds|ms|milliseconds|minutes)$"
)
_SIZE = re.compile(r"(^|_)(bytes|buffer)$")
_SECRET = re.compile(r"(^|_)(password|passphrase|secret|api_key|token|shared_key)$")


def undocumented(model: Model) -> Iterator[str]:
    """What is wrong with a component's model, and with those inside it."""
    seen: set[Model] = set()
    waiting = [model]
    while waiting:
        found = waiting.pop()
        if found not in seen:
            seen.add(found)
            yield from _faults(found)
            waiting.extend(models_below(found))


def _faults(model: Model) -> Iterator[str]:
    if not issubclass(model, Config) or model.model_config.get("extra") != "forbid":
        yield (
            f"{model.__name__} takes keys that it does not know, so that a misspelt one has no "
            "effect: derive it from collector.api.Config"
        )
    said = comments(model)
    for name, field in model.model_fields.items():
        where = f"{model.__name__}.{name}"
        if not (said.get(name) or field.description or _says_itself(field)):
            yield f"{where} has no description: write what it does above it, in a comment `#: ...`"
        yield from _unit_faults(where, name, field)


def _unit_faults(where: str, name: str, field: FieldInfo) -> Iterator[str]:
    types = _plain(field.annotation)
    bare = bool(types & {int, float}) and not _has_unit(field)
    if bare and _TIME.search(name):
        yield f"{where} is a number without its unit: make it a collector.api.Duration"
    elif bare and _SIZE.search(name):
        yield f"{where} is a number without its unit: make it a collector.api.Size"
    elif str in types and _SECRET.search(name):
        yield f"{where} is a secret that would be shown: make it a collector.api.SecretStr"


def _says_itself(field: FieldInfo) -> bool:
    """A block of its own has its own words."""
    return any(
        isinstance(kind, type) and issubclass(kind, BaseModel) for kind in _plain(field.annotation)
    )


def _plain(annotation: Any) -> set[Any]:
    """The types that a value can have, without what is said about them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        return {kind for member in get_args(annotation) for kind in _plain(member)}
    return {annotation}


def _has_unit(field: FieldInfo) -> bool:
    """Durations and sizes say theirs in their schema."""
    return "x-unit" in repr(field.metadata) or "x-unit" in repr(field.annotation)
