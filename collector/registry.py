"""Finding plugins: entry points name them, nothing here imports them by name.

`type: my_module:MyReceiver` in a configuration names a class instead, which needs no package: see
`load_class`.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from stat import S_IWOTH
from typing import Any

from .component import Component, Exporter, Processor, Receiver
from .connector import Connector
from .edge import Predicate
from .stability import API_LEVEL

#: Configuration sections and entry point groups, and what a class in each must be.
KINDS: dict[str, type[Component[Any]]] = {
    "receivers": Receiver,
    "processors": Processor,
    "exporters": Exporter,
    "connectors": Connector,
}


class UnknownPlugin(LookupError):
    """No plugin of this kind has this name, or it could not be imported. Says what to do."""


@dataclass(frozen=True)
class Plugin:
    """One registered class, imported or not."""

    kind: str
    name: str
    package: str
    version: str
    #: Why it could not be used; empty when it can.
    error: str = ""


def load(kind: str, name: str) -> type[Component[Any]]:
    """The class for `name` in the section `kind`. Raises UnknownPlugin."""
    found = entry_points(group=f"collector.{kind}", name=name)
    if not found:
        raise UnknownPlugin(_unknown(kind, name))
    if len(found) > 1:
        who = ", ".join(sorted(_package(point) for point in found))
        raise UnknownPlugin(f"{name} is provided by more than one package: {who}; uninstall one")
    (point,) = found
    return _checked(kind, f"{name} of {_package(point)}", _imported(point))


def load_class(kind: str, name: str, directory: Path) -> type[Component[Any]]:
    """The class `module:Class` of what is installed, or else of a file in the directory.

    The directory comes last on the path and stays there: what is beside a configuration never
    stands in for what is installed. Raises UnknownPlugin.
    """
    module, _, attribute = name.partition(":")
    path = str(directory.resolve())
    if path not in sys.path:
        sys.path.append(path)
    _check_trust(module.partition(".")[0], path)
    try:
        found = getattr(importlib.import_module(module), attribute)
    except Exception as e:  # whatever a module does at import is its own affair
        is_missing = isinstance(e, ModuleNotFoundError) and e.name == module
        why = f"there is no such module in {path} or on Python's path" if is_missing else _why(e)
        raise UnknownPlugin(f"{name} cannot be imported: {why}") from e
    return _checked(kind, name, found)


def _check_trust(module: str, directory: str) -> None:
    """Code that anybody may have written does not run with our rights."""
    spec = PathFinder.find_spec(module)
    origin = spec.origin if spec else None
    if origin is None or not Path(origin).is_relative_to(directory):
        return
    for path in (origin, directory):
        # Kubernetes mounts a ConfigMap with mode 0777, read-only.
        is_mounted_to_read = os.statvfs(path).f_flag & os.ST_RDONLY
        if Path(path).stat().st_mode & S_IWOTH and not is_mounted_to_read:
            raise UnknownPlugin(f"everybody may write to {path}, and it would run: chmod o-w it")


def names(kind: str) -> list[str]:
    """The names of all that is installed for a section."""
    return sorted({point.name for point in entry_points(group=f"collector.{kind}")})


def installed() -> Iterator[Plugin]:
    """Everything that is registered, with the reason where it cannot be imported."""
    for kind in KINDS:
        for point in sorted(entry_points(group=f"collector.{kind}")):
            yield _described(kind, point)


def predicate(text: str) -> Predicate:
    """Whether events match this condition. Raises Misread or UnknownPlugin.

    The entry point `ottl` of the group `collector.predicates` reads it.
    """
    for point in entry_points(group="collector.predicates", name="ottl"):
        read: Callable[[str], Predicate] = _imported(point)
        return read(text)
    raise UnknownPlugin("no plugin that reads conditions is installed")


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "?"


def _described(kind: str, point: EntryPoint) -> Plugin:
    package = _package(point)
    version = point.dist.version if point.dist else "?"
    try:
        _checked(kind, point.name, _imported(point))
    except UnknownPlugin as e:
        return Plugin(kind, point.name, package, version, str(e))
    return Plugin(kind, point.name, package, version)


def _imported(point: EntryPoint) -> Any:
    try:
        return point.load()
    except Exception as e:  # as above
        raise UnknownPlugin(f"{point.value} cannot be imported: {_why(e)}") from e


def _why(error: Exception) -> str:
    """What an import raised; a name that `collector.api` does not have may be a newer one."""
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, ImportError) and error.name in {"collector.api", "collector.testing"}:
        return f"{said}; this collector has level {API_LEVEL} of it: does it need a newer one?"
    return said


def _checked(kind: str, name: str, found: Any) -> type[Component[Any]]:
    if not (isinstance(found, type) and issubclass(found, KINDS[kind])):
        raise UnknownPlugin(f"{name} does not derive from {KINDS[kind].__name__}")
    if found.api_level > API_LEVEL:
        raise UnknownPlugin(
            f"{name} is written for level {found.api_level} of collector.api, and this collector "
            f"has level {API_LEVEL}: upgrade the collector, or install an older release of it"
        )
    return found


def _unknown(kind: str, name: str) -> str:
    known = names(kind)
    near = difflib.get_close_matches(name, known, 1)
    guess = f"; did you mean {near[0]}?" if near else "."
    return f"no {kind[:-1]} is called {name!r}{guess} Installed: {', '.join(known) or 'none'}"
