"""Modules in, a text of what is public in them out: names, signatures, fields and attributes.

`make api` writes the text anew. It is the same under each Python that we support: annotations are
as they are written, and of each class only what is ours is told, with what it has from bases that
are not public.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from collector import api, testing

#: The text that is kept.
FILE = Path(__file__).with_name("public.txt")
_PLAIN = {str, int, float, bytes, bool}


def described() -> str:
    """Of everything that a plugin may import."""
    modules = [("collector.api", api), ("collector.testing", testing)]
    return "".join(f"{line}\n" for name, module in modules for line in _module(name, module))


def _module(name: str, module: ModuleType) -> Iterator[str]:
    public = {id(getattr(module, each)) for each in module.__all__}
    for each in sorted(module.__all__):
        found = getattr(module, each)
        yield from _described(f"{name}.{each}", found, public)


def _described(name: str, found: Any, public: set[int]) -> Iterator[str]:
    if inspect.isclass(found):
        yield from _class(name, found, public)
    elif inspect.isfunction(found):
        yield f"{name}{_signature(found)}"
    else:
        yield f"{name}: {_value(found)}"


def _class(name: str, cls: type, public: set[int]) -> Iterator[str]:
    bases = [base.__name__ for base in cls.__bases__ if base is not object]
    yield f"class {name}({', '.join(bases)})"
    members: dict[str, str] = {}
    for each in reversed(cls.__mro__):
        ours = each.__module__.partition(".")[0] == "collector"
        if each is cls or (ours and id(each) not in public):
            members.update(_members(each))
    yield from (f"    {members[member]}" for member in sorted(members))


def _members(cls: type) -> Iterator[tuple[str, str]]:
    if issubclass(cls, enum.Enum):
        yield from ((each.name, f"{each.name} = {each.value!r}") for each in cls)
        return
    annotations = inspect.get_annotations(cls)
    order = _order(cls)
    if order:
        yield "__init__", f"__init__({', '.join(order)})"
    for member, annotation in annotations.items():
        if _is_ours(member):
            yield member, f"{member}: {annotation}{' = ...' if hasattr(cls, member) else ''}"
    for member, found in vars(cls).items():
        is_made = member == "__init__" and order
        if not is_made and member not in annotations and _is_ours(member, found):
            yield member, _member(member, found)


def _order(cls: Any) -> list[str]:
    """Of a class whose `__init__` is made of its fields, those as it takes them."""
    if "__dataclass_fields__" in vars(cls):
        return list(map(_field, dataclasses.fields(cls)))
    return [*getattr(cls, "__struct_fields__", ()), *getattr(cls, "_fields", ())]


def _field(field: dataclasses.Field[Any]) -> str:
    nothing = dataclasses.MISSING
    has_default = field.default is not nothing or field.default_factory is not nothing
    return f"{field.name}: {field.type}{' = ...' if has_default else ''}"


def _is_ours(member: str, found: Any = None) -> bool:
    """Neither private, nor made by the libraries that classes are built with."""
    if member == "__init__":
        module = getattr(found, "__module__", "").partition(".")[0]
        return module in {"collector", "tests"}
    return not member.startswith(("_", "model_"))


def _member(name: str, found: Any) -> str:
    if isinstance(found, classmethod | staticmethod):
        return f"{type(found).__name__} {name}{_signature(found.__func__)}"
    if inspect.isfunction(found):
        of = "async " if inspect.iscoroutinefunction(found) else ""
        return f"{of}{name}{_signature(found)}"
    return f"property {name}" if inspect.isdatadescriptor(found) else f"{name} = ..."


def _signature(function: Any) -> str:
    """With the defaults that are plain."""
    whole = inspect.signature(function)
    parameters = [_plain(parameter) for parameter in whole.parameters.values()]
    return str(whole.replace(parameters=parameters)).replace("'", "")


def _plain(parameter: inspect.Parameter) -> inspect.Parameter:
    default = parameter.default
    if type(default) in _PLAIN or default in (None, (), inspect.Parameter.empty):
        return parameter
    return parameter.replace(default=...)


def _value(found: Any) -> str:
    return f"{type(found).__name__} = {found!r}" if type(found) in _PLAIN else "..."


if __name__ == "__main__":
    FILE.write_text(described())
