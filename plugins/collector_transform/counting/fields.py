r"""Fields as OpenTelemetry's log_dedup names them: `attributes.src.ip`, `body.time`.

A dot in a name has a backslash before it: `attributes.host\.name`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from collector.api import Event, Misread, Slip

MAX_FIELDS = 100
_DOT = re.compile(r"(?<!\\)\.")
_ROOTS = ("body", "attributes")

#: `body` or `attributes`, and the names below it.
Field = tuple[str, tuple[str, ...]]


def fields(key: str, texts: Sequence[str], *, whole_body: bool) -> tuple[Field, ...]:
    """What a list names. Raises Misread. `whole_body`: whether `body` alone may stand there."""
    slips = [
        Slip(said, (key, n), 0, len(text))
        for n, text in enumerate(texts)
        if (said := _fault(text, texts[:n], whole_body=whole_body))
    ]
    if len(texts) > MAX_FIELDS:
        slips.append(Slip(f"more than {MAX_FIELDS} fields", (key,), 0, 0))
    if slips:
        raise Misread(slips)
    return tuple(_field(text) for text in texts)


def _field(text: str) -> Field:
    root, *names = (part.replace("\\.", ".") for part in _DOT.split(text))
    return root, tuple(names)


def _fault(text: str, before: Sequence[str], *, whole_body: bool) -> str:
    root, names = _field(text)
    if root not in _ROOTS or (root == "attributes" and not names) or "" in names:
        return "expected a field that begins with body. or attributes."
    if not names and not whole_body:
        return "the whole body cannot be left out; fields of it can"
    return "this field is in the list already" if text in before else ""


def chosen(event: Event, wanted: Sequence[Field]) -> list[Any]:
    """What an event has of these, each after its place; empty: it has none."""
    found: list[Any] = []
    for place, (root, names) in enumerate(wanted):
        value = event.attributes if root == "attributes" else event.body
        for name in names:
            if type(value) is not dict or name not in value:
                break
            value = value[name]
        else:
            found += (place, value)
    return found


def without(root: str, value: Any, unwanted: Sequence[Field]) -> Any:
    """A body or attributes without these; the value itself where it has none of them."""
    for first, names in unwanted:
        if first == root:
            value = _pruned(value, names)
    return value


def _pruned(value: Any, names: Sequence[str]) -> Any:
    if type(value) is not dict or names[0] not in value:
        return value
    copy = dict(value)
    if len(names) == 1:
        del copy[names[0]]
    else:
        copy[names[0]] = _pruned(copy[names[0]], names[1:])
    return copy
