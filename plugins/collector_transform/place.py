"""Where a text of an event stands, and where what was read in it goes: paths of OTTL in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from collector.api import Event

from .ottl.fault import Fault
from .ottl.parser import parse_path
from .ottl.paths import CONTEXTS, resolved
from .ottl.syntax import Literal

_BODY, _ATTRIBUTES = CONTEXTS["log"]["body"], CONTEXTS["log"]["attributes"]
Keys = tuple[str, ...]


def source(text: str) -> Callable[[Event], Any]:
    """Gives what stands at `body`, at `attributes["key"]` or below; None where nothing does.

    Raises Fault.
    """
    in_body, keys = _steps(text)
    if not in_body and not keys:
        raise Fault('attributes are no text: say which, as in attributes["key"]', 0, len(text))

    def find(event: Event) -> Any:
        value = event.body if in_body else event.attributes
        for key in keys:
            value = value.get(key) if type(value) is dict else None
        return value

    return find


def is_body(text: str) -> bool:
    """Whether a path is that of the whole body. Raises Fault."""
    return _steps(text) == (True, ())


def target(text: str) -> Callable[[Event, dict[str, Any]], None]:
    """Stores fields in `attributes`, or as one map at `attributes["key"]`. Raises Fault."""
    in_body, keys = _steps(text)
    if in_body or len(keys) > 1:
        raise Fault('expected attributes, or attributes["key"]', 0, len(text))

    def store(event: Event, fields: dict[str, Any]) -> None:
        event.attributes[keys[0]] = fields

    return store if keys else lambda event, fields: event.attributes.update(fields)


def _steps(text: str) -> tuple[bool, Keys]:
    """Whether a path is in the body and not in the attributes, and its keys."""
    path = parse_path(text)
    _, field, names = resolved(path, "log")
    if field not in {_BODY, _ATTRIBUTES}:
        raise Fault('expected body or attributes["key"]', path.start, path.end)
    keys = list(names)
    for key in path.keys:
        if not isinstance(key, Literal) or not isinstance(key.value, str):
            raise Fault("expected a key as it is, which is a string", key.start, key.end)
        keys.append(key.value)
    return field is _BODY, tuple(keys)
