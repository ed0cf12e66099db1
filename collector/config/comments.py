"""What the comments `#:` in a model's source say of its fields."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from pydantic import BaseModel

from .keys import Model

_COMMENT = re.compile(r"    #: ?(.*)")
_FIELD = re.compile(r"    (\w+): ")


def comments(model: Model) -> dict[str, str]:
    """By field, of the model and the models that it derives from; those without are left out."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if issubclass(cls, BaseModel) and cls is not BaseModel:
            found |= _written(cls)
    return {name: said for name, said in found.items() if name in model.model_fields}


def _written(cls: type) -> Iterator[tuple[str, str]]:
    """Each field of a class's own source, and the comment right above it."""
    said: list[str] = []
    for line in _source(cls).splitlines():
        comment, field = _COMMENT.fullmatch(line), _FIELD.match(line)
        if comment is not None:
            said.append(comment[1])
            continue
        if field is not None and said:
            yield field[1], " ".join(said)
        said = []


def _source(cls: type) -> str:
    try:
        return inspect.cleandoc("\n" + inspect.getsource(cls))
    except (OSError, TypeError):  # made at run time, or shipped without its source
        return ""
