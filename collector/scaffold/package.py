"""A new plugin: its kind and name in, the files of a package that passes its tests out.

The templates lie beside this module, `package` for all kinds and a directory for each. What is in
them like `${name}` is replaced; `$$` is a dollar.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from .. import registry, version
from ..stability import API_LEVEL

KINDS = ("receiver", "processor", "exporter")
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
#: With it the lines of the templates are as long as a line may be.
_LONGEST = 20
_SUFFIX = ".template"


class Unfit(ValueError):
    """A plugin cannot have this name, or be written there. Says why."""


def write(kind: str, name: str, directory: Path) -> Path:
    """Write a package into a new directory below this one, and give that. Raises Unfit."""
    _check(kind, name)
    target = directory / f"collector-{name.replace('_', '-')}"
    words = {
        "kind": kind,
        "name": name,
        "dashed": name.replace("_", "-"),
        "Kind": kind.capitalize(),
        "title": "".join(part.capitalize() for part in name.split("_")),
        "level": str(API_LEVEL),
        "version": version(),
    }
    try:
        target.mkdir(parents=True)
        for path, text in _filled(kind, words):
            file = target / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    except FileExistsError:
        raise Unfit(f"{target} exists; nothing was written") from None
    except OSError as e:
        raise Unfit(f"cannot write {target}: {e.strerror}") from None
    return target


def _check(kind: str, name: str) -> None:
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        raise Unfit(
            f"{name!r} is no name: at most {_LONGEST} lower-case letters and digits, the first a "
            "letter, and single underscores between them, such as snmp_trap"
        )
    if name in registry.names(f"{kind}s"):
        raise Unfit(f"a {kind} that is installed is called {name}: choose another name")
    module = f"collector_{name}"
    if importlib.util.find_spec(module) is not None:
        raise Unfit(f"a module that is installed is called {module}: choose another name")


def _filled(kind: str, words: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Path and text of each file."""
    top = files(__package__) / "template"
    for folder in (top / "package", top / kind):
        for path, file in _templates(folder):
            text = Template(file.read_text()).substitute(words)
            yield Template(path.removesuffix(_SUFFIX)).substitute(words), text


def _templates(folder: Traversable, before: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        path = f"{before}{entry.name}"
        if entry.is_dir():
            yield from _templates(entry, f"{path}/")
        elif path.endswith(_SUFFIX):
            yield path, entry
