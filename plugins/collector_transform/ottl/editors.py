"""OTTL's editors but `set`: what a path holds and arguments in, what it shall hold out.

None changes what it is given: events that came of one share what is below their attributes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .converters.text import PATTERN
from .fault import Failed
from .regex import Pattern, expansion, glob
from .signature import (
    ANY,
    BOOL,
    FUNCTION,
    INT,
    MAP,
    TEXT,
    TEXTS,
    Argument,
    choice,
    function,
    literal,
    table,
)
from .values import MAX_SIZE, kind, text_of

_MAX_DEPTH = 64
Map = dict[str, Any]
#: A converter that was handed on.
Text = Callable[[str], str]


def _delete_key(target: Map, key: str) -> Map:
    return _delete_keys(target, [key])


def _delete_keys(target: Map, keys: list[str]) -> Map:
    gone = set(keys)
    if gone.isdisjoint(target):
        return target
    return {key: value for key, value in target.items() if key not in gone}


def _delete_matching(target: Map, pattern: Pattern) -> Map:
    found = pattern.keys
    if not any(map(found.__getitem__, target)):
        return target
    return {key: value for key, value in target.items() if not found[key]}


def _keep_keys(target: Map, keys: list[str]) -> Map:
    return {key: target[key] for key in dict.fromkeys(keys) if key in target}


def _keep_matching(target: Map, pattern: Pattern) -> Map:
    found = pattern.keys
    if all(map(found.__getitem__, target)):
        return target
    return {key: value for key, value in target.items() if found[key]}


def _limit(target: Map, limit: int, priority_keys: list[str]) -> Map:
    if limit < 0 or len(priority_keys) > limit:
        raise Failed("a limit below 0, or below the number of priority keys")
    if len(target) <= limit:
        return target
    first = [key for key in priority_keys if key in target]
    rest = [key for key in target if key not in set(first)]
    kept = {*first, *rest[: limit - len(first)]}
    return {key: value for key, value in target.items() if key in kept}


def _truncate_all(target: Map, limit: int, _: object, truncation_marker: str) -> Map:
    """Strings to so many bytes, never inside of a character, whether that is asked for or not."""
    room = limit - len(truncation_marker.encode("utf-8", "replace"))
    if room < 0:
        raise Failed("a limit below 0, or below the size of the marker")
    return {
        key: f"{_bytes(value, room)}{truncation_marker}" if _is_longer(value, limit) else value
        for key, value in target.items()
    }


def _is_longer(value: Any, limit: int) -> bool:
    if type(value) is not str or (len(value) <= limit and value.isascii()):
        return False
    return len(value.encode("utf-8", "replace")) > limit


def _bytes(value: str, size: int) -> str:
    return value.encode("utf-8", "replace")[:size].decode("utf-8", "ignore")


def _merge(target: Map, source: Map, strategy: str) -> Map:
    if strategy == "upsert":
        return {**target, **source}
    if strategy == "insert":
        return {**source, **target}
    return {key: source.get(key, value) for key, value in target.items()}


def _flatten(target: Map, prefix: str, depth: int, resolve: bool) -> Map:  # noqa: FBT001 OTTL's
    if depth < 0:
        raise Failed("a depth below 0")
    flat: Map = {}
    again: dict[str, int] = {}
    left_over = MAX_SIZE

    def put(key: str, item: Any) -> None:
        nonlocal left_over
        left_over -= len(key)  # a long key stands before each item below it
        if left_over < 0:
            raise Failed(f"keys of more than {MAX_SIZE} characters")
        if resolve and key in flat:
            again[key] = number = again.get(key, -1) + 1
            key = f"{key}.{number}"
        flat[key] = item

    def walk(value: Any, name: str, left: int) -> None:
        is_map = type(value) is dict
        for key, item in value.items() if is_map else enumerate(value):
            full = f"{name}.{key}" if name else str(key)
            if type(item) in {dict, list} and left > 0:  # an empty one leaves nothing
                walk(item, full, left - 1)
            else:  # as upstream: to resolve conflicts, items of a list are one
                put(full if is_map or not resolve else name, item)

    walk(target, prefix, min(depth, _MAX_DEPTH))
    return flat


def _append(target: Any, value: Any, values: Any) -> list[Any]:
    before = [] if target is None else target if type(target) is list else [target]
    more = [] if value is None else [value]
    if values is not None and type(values) is not list:
        raise Failed(f"expected a list of values, found {kind(values)}")
    return [*before, *more, *(values or ())]


def replace_pattern(
    target: Any, regex: Pattern, replacement: str, function: Text | None, layout: str
) -> Any:
    """`replace_pattern`, which the compiler calls for what may match alone."""
    if type(target) is not str:
        return target
    return regex.replaced(target, _by(replacement, function, layout))


def _by(replacement: str, function: Text | None, layout: str) -> Callable[[Any], str]:
    """What stands in the place of a match: the replacement, or what a converter makes of it."""
    expanded = expansion(replacement)
    if function is None:
        return expanded
    return lambda match: layout.replace("%s", function(expanded(match)))


def _replace_all(
    target: Map,
    mode: str,
    regex: Pattern,
    replacement: str,
    function: Text | None,
    layout: str,
) -> Map:
    by = _by(replacement, function, layout)
    if mode == "key":
        return {regex.replaced(key, by): value for key, value in target.items()}
    return {
        key: regex.replaced(value, by) if type(value) is str else value
        for key, value in target.items()
    }


def _replace_match(
    target: Any, pattern: Pattern, replacement: str, function: Text | None, layout: str
) -> Any:
    if type(target) is not str or not pattern.found_in(target):
        return target
    return replacement if function is None else layout.replace("%s", function(replacement))


def _replace_matches(
    target: Map, pattern: Pattern, replacement: str, function: Text | None, layout: str
) -> Map:
    return {
        key: _replace_match(value, pattern, replacement, function, layout)
        for key, value in target.items()
    }


def _stringify(target: Map) -> Map:
    return {key: "" if value is None else text_of(value) for key, value in target.items()}


def _delete_index(target: list[Any], start: int, end: int | None) -> list[Any]:
    last = start + 1 if end is None else end
    if type(target) is not list or not 0 <= start <= last <= len(target):
        raise Failed("no list, or an index beyond its end")
    return target[:start] + target[last:]


def _layout(text: Any) -> str:
    if not isinstance(text, str) or text.count("%") != 1 or "%s" not in text:
        raise ValueError("expected a text with one %s and no other %")
    return text


_GLOB = literal("a glob pattern", glob)
#: How the four that replace go on: with a converter for the replacement, and a text around that.
_MADE: dict[str, Argument] = {
    "function": (FUNCTION, None),
    "replacementFormat": (literal("a format", _layout), "%s"),
}

#: By name; `gives` is what the target must hold.
EDITORS = table(
    function("delete_key", _delete_key, "map", key=TEXT),
    function("delete_keys", _delete_keys, "map", keys=TEXTS),
    function("delete_matching_keys", _delete_matching, "map", pattern=PATTERN),
    function("keep_keys", _keep_keys, "map", keys=TEXTS),
    function("keep_matching_keys", _keep_matching, "map", pattern=PATTERN),
    function("limit", _limit, "map", limit=INT, priority_keys=TEXTS),
    function(
        "truncate_all",
        _truncate_all,
        "map",
        limit=INT,
        utf8_safe=(BOOL, True),
        truncation_marker=(TEXT, ""),
    ),
    function(
        "merge_maps", _merge, "map", source=MAP, strategy=choice("insert", "update", "upsert")
    ),
    function(
        "flatten",
        _flatten,
        "map",
        prefix=(TEXT, ""),
        depth=(INT, _MAX_DEPTH),
        resolveConflicts=(BOOL, False),
    ),
    function("append", _append, value=(ANY, None), values=(ANY, None)),
    function("replace_pattern", replace_pattern, regex=PATTERN, replacement=TEXT, **_MADE),
    function("replace_match", _replace_match, pattern=_GLOB, replacement=TEXT, **_MADE),
    function(
        "replace_all_matches", _replace_matches, "map", pattern=_GLOB, replacement=TEXT, **_MADE
    ),
    function("stringify_all", _stringify, "map"),
    function("delete_index", _delete_index, startIndex=INT, endIndex=(INT, None)),
    function(
        "replace_all_patterns",
        _replace_all,
        "map",
        mode=choice("key", "value"),
        regex=PATTERN,
        replacement=TEXT,
        **_MADE,
    ),
)
