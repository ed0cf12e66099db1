"""What authors of plugins can rely on: a level of what there is, and a warning of what goes.

Something that will go is marked here, so that whoever uses it hears of it while it still works:
a name of `collector.api` in its `_DEPRECATED`, a parameter with `deprecated_parameter`, and a key
of a configuration in `Config.deprecated_keys`.
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any, ParamSpec, TypeVar

#: Raised by one with a release in which something new is in `collector.api` or `collector.testing`,
#: or something is gone or means something else: see docs/plugin-contract.md.
API_LEVEL = 1

P = ParamSpec("P")
R = TypeVar("R")
#: Where plugins are registered.
_GROUPS = [f"collector.{kind}s" for kind in ("receiver", "processor", "connector", "exporter")]
#: Frames between a plugin and what it uses.
_NOT_PLUGINS = ("collector", "importlib")


class Deprecated(FutureWarning):
    """A plugin uses what will go: it says which plugin, and what to use instead.

    Shown once for a plugin and a use, in the collector's log and by pytest.
    """


def warn(what: str, instead: str) -> None:
    """Whoever called us from outside uses this; `instead` is a sentence."""
    _warn_once(f"{provider(_caller())} uses {what}, which will go: {instead}")


@functools.lru_cache(1024)
def _warn_once(said: str) -> None:
    warnings.warn(said, Deprecated, stacklevel=3)


def deprecated_name(module: str, names: Mapping[str, tuple[Any, str]], name: str) -> Any:
    """For a module's `__getattr__`: what a name still stands for. Raises AttributeError."""
    if name not in names:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    found, instead = names[name]
    warn(f"{module}.{name}", instead)
    return found


def deprecated_parameter(name: str, instead: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a keyword parameter of a function that is not called for each event."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            if name in kwargs:
                warn(f"the parameter {name} of {function.__qualname__}", instead)
            return function(*args, **kwargs)

        return call

    return decorate


def _caller() -> str:
    """The module outside of the collector that is nearest on the stack."""
    frame = sys._getframe(1)  # noqa: SLF001 there is no public way up
    while frame.f_back is not None:
        module: str = frame.f_globals.get("__name__", "")
        if module.partition(".")[0] not in _NOT_PLUGINS:
            return module
        frame = frame.f_back
    return "__main__"


def provider(module: str) -> str:
    """The distribution that registers a plugin of this module, and its version; or the module."""
    top = module.partition(".")[0]
    for group in _GROUPS:
        for point in entry_points(group=group):
            if point.dist and point.module.partition(".")[0] == top:
                return f"{point.dist.name} {point.dist.version}"
    return module
