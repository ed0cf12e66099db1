"""What may stand at a key: its JSON Schema in, words for the reference out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from annotated_types import Ge, Gt, Le

from collector.fields import written_duration, written_size

#: How values are written, by `x-unit`.
WRITTEN = {"seconds": written_duration, "bytes": written_size}
_UNITS = {"seconds": "duration", "bytes": "size"}
_FORMATS = {"path": "file name", "password": "secret", "date-time": "time"}
_NAMES = {"integer": "whole number", "number": "number", "string": "text", "object": "mapping"}
Schema = dict[str, Any]


def unit_of(schema: Schema) -> str:
    """`seconds` or `bytes`; empty: neither."""
    said = (schema, *schema.get("anyOf", ()))
    return next((str(one["x-unit"]) for one in said if "x-unit" in one), "")


def of_blocks(schema: Schema) -> str:
    choices = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    of = choices[0]
    if "additionalProperties" in of:
        return "blocks by name"
    if of.get("type") != "array":
        return "block"
    mixed = any(one.get("type") == "string" for one in of["items"].get("anyOf", ()))
    return "list of texts or blocks" if mixed else "list of blocks"


def of(schema: Schema) -> str:
    """The type and its bounds: `whole number, 1 to 64`."""
    choices = schema.get("enum") or [schema[key] for key in ("const",) if key in schema]
    if choices:
        return _either([f"`{one}`" for one in choices])
    if "anyOf" in schema:
        those = [of(one) for one in schema["anyOf"] if one.get("type") != "null"]
        return _either(list(dict.fromkeys(those)))
    if schema.get("type") == "array":
        return f"list of {_plural(of(schema['items']))}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"{_plural(of(schema['additionalProperties']))} by name"
    return _plain(schema)


def _plain(schema: Schema) -> str:
    if schema.get("type") == "boolean":
        return "`true` or `false`"
    said = _UNITS.get(schema.get("x-unit", "")) or _FORMATS.get(schema.get("format", ""))
    if said:
        return said
    types = schema.get("type")
    if isinstance(types, list):
        return _either([_plain({**schema, "type": one}) for one in types])
    limits = _limits(schema) if types in ("integer", "number") else ""
    return _NAMES.get(str(types), "any value") + limits


def _either(choices: list[str]) -> str:
    first, last = ", ".join(choices[:-1]), choices[-1]
    return f"{first} or {last}" if first else last


def _plural(noun: str) -> str:
    if noun.startswith("`"):
        return noun
    first = noun.partition(",")[0]
    return "values" if " or " in noun else f"{first}s"


def _limits(schema: Schema) -> str:
    """The bounds that JSON Schema says of a number."""
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if "exclusiveMaximum" in schema and schema.get("type") == "integer":
        high = schema["exclusiveMaximum"] - 1
    return _range(low, high, above="exclusiveMinimum" in schema)


def bounds(metadata: Iterable[object], unit: str) -> str:
    """Of a field with a unit, whose JSON Schema is that of a text."""
    found = {type(one): one for one in metadata}
    least, over, most = (found.get(kind) for kind in (Ge, Gt, Le))
    lowest: Any = getattr(least, "ge", None) or getattr(over, "gt", 0)
    highest: Any = getattr(most, "le", None)
    low = WRITTEN[unit](lowest)
    high = None if highest is None else WRITTEN[unit](highest)
    return _range(low if least or over else None, high, above=over is not None)


def _range(low: object, high: object, *, above: bool) -> str:
    least = f"over {low}" if above else f"at least {low}"
    if low is not None and high is not None:
        return f", {least}, at most {high}" if above else f", {low} to {high}"
    if low is not None:
        return f", {least}"
    return f", at most {high}" if high is not None else ""
