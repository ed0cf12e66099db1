"""What a request says beside its body: the data model, and attributes for all its records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from .refusal import HEADER, QUERY, Refused, Violation

RAW, FLATTENED = "raw", "flattened"
#: Query parameters that are no attributes.
_RESERVED = frozenset({"api-token", "content-type", "structure"})


def model(headers: Mapping[str, str], query: Sequence[tuple[str, str]], default: str) -> str:
    """The data model: `structure` in the query, then in `X-Dynatrace-Options`, then `default`."""
    for name, value in query:
        if name.lower() == "structure":
            return _known(value, QUERY)
    for name, value in parse_qsl(headers.get("x-dynatrace-options", "")):
        if name.lower() == "structure":
            return _known(value, HEADER)
    return default


def _known(value: str, place: str) -> str:
    if value.lower() in (RAW, FLATTENED):
        return value.lower()
    message = f"structure is {value!r}; expected raw or flattened."
    raise Refused(400, "parameter", message, [Violation(message, place, "structure")])


def attributes(headers: Mapping[str, str], query: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What is added to every record: the query's before those of `X-Dynatrace-Attr`.

    A key that comes more than once has a list for its value.
    """
    said = headers.get("x-dynatrace-attr")
    if not query and said is None:
        return {}
    gathered = _gathered(parse_qsl(said, keep_blank_values=True, errors="replace")) if said else {}
    gathered.update(_gathered([pair for pair in query if pair[0].lower() not in _RESERVED]))
    return {key: values[0] if len(values) == 1 else values for key, values in gathered.items()}


def _gathered(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    gathered: dict[str, list[str]] = {}
    for key, value in pairs:
        if key:
            gathered.setdefault(key, []).append(value)
    return gathered


def size(added: Mapping[str, Any]) -> int:
    """About how many bytes each record grows by."""
    return sum(
        len(key) + (len(value) if isinstance(value, str) else sum(map(len, value)))
        for key, value in added.items()
    )
