"""The keys that a model knows at some depth: what a misspelt one may have meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, get_args

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

Model = type[BaseModel]


def names(model: Model) -> dict[str, str]:
    """Every spelling of every key of a model, with the name that is shown for it."""
    spellings: dict[str, str] = {}
    for name, field in model.model_fields.items():
        right = shown_name(model, name)
        spellings.update(dict.fromkeys([right, *_aliases(field)], right))
    return spellings


def shown_name(model: Model, name: str) -> str:
    """How the key of a field is shown: as the field is called, unless that is no spelling of it."""
    aliases = list(_aliases(model.model_fields[name]))
    by_name = not aliases or model.model_config.get("populate_by_name", False)
    return name if by_name else aliases[0]


def names_at(model: Model, way: Iterable[str | int]) -> dict[str, str]:
    """`names` of the models that can stand at `way`, which begins at a value of `model`.

    Lists, dictionaries and unions add nothing of their own to the way: whatever models their
    items or members are come into question.
    """
    found = models_at(model, way)
    return {spelling: right for at in found for spelling, right in names(at).items()}


def models_at(model: Model, way: Iterable[str | int]) -> list[Model]:
    """The models that can stand there."""
    models: list[Model] = [model]
    for step in way:
        below = [field for at in models if (field := _field(at, step)) is not None]
        if below:
            models = [found for field in below for found in _models(field.annotation)]
    return models


def _aliases(field: FieldInfo) -> Iterator[str]:
    found = field.validation_alias or field.alias
    choices = found.choices if isinstance(found, AliasChoices) else [found]
    yield from (choice for choice in choices if isinstance(choice, str))


def _field(model: Model, key: str | int) -> FieldInfo | None:
    for name, field in model.model_fields.items():
        if key == name or key in list(_aliases(field)):
            return field
    return None


def models_below(model: Model) -> Iterator[Model]:
    """The models of its fields, with repetitions."""
    for field in model.model_fields.values():
        yield from models_of(field)


def models_of(field: FieldInfo) -> Iterator[Model]:
    """The models that can stand in a field, at whatever depth of lists and unions."""
    yield from _models(field.annotation)


def _models(annotation: Any) -> Iterator[Model]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(getattr(annotation, "__value__", annotation)):
        yield from _models(argument)
