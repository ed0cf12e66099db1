"""What the comments `#:` in a model's source say of its fields."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

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


@lru_cache(1024)
def _written(cls: type) -> dict[str, str]:
    """Each field of a class's own source, and the comment right above it.

    To find a class in its file takes 20 ms, and models share their bases.
    """
    found: dict[str, str] = {}
    said: list[str] = []
    for line in _source(cls).splitlines():
        comment, field = _COMMENT.fullmatch(line), _FIELD.match(line)
        if comment is not None:
            said.append(comment[1])
            continue
        if field is not None and said:
            found[field[1]] = " ".join(said)
        said = []
    return found


def _source(cls: type) -> str:
    try:
        return _classes(inspect.getfile(cls)).get(cls.__qualname__, "")
    except (OSError, TypeError):  # made at run time, or shipped without its source
        return ""


@lru_cache(maxsize=256)
def _classes(path: str) -> Mapping[str, str]:
    """The source of each class of a file, which `inspect.getsource` would parse for each."""
    text = Path(path).read_text()
    lines = text.splitlines()
    return {
        name: inspect.cleandoc("\n" + "\n".join(lines[node.lineno - 1 : node.end_lineno]))
        for name, node in _named(ast.parse(text))
    }


def _named(tree: ast.AST, outer: str = "") -> Iterator[tuple[str, ast.ClassDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield outer + node.name, node
            yield from _named(node, f"{outer}{node.name}.")
