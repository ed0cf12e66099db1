"""Converters of maps and lists, and of the severities that are told by a map."""

from __future__ import annotations

from typing import Any

from ..compare import equal
from ..fault import Failed
from ..signature import ANY, BOOL, LIST, MAP, TEXT, TEXTS, choice, function, table
from ..values import is_int, is_list, is_map, is_text, kind, text_of

#: Upstream's words for ranges of status codes.
_RANGES = {f"{n}xx": (100 * n, 100 * n + 99) for n in range(2, 6)}


def _keys(target: dict[str, Any]) -> list[Any]:
    return list(target)


def _values(target: dict[str, Any]) -> list[Any]:
    return list(target.values())


def _contains(target: list[Any], item: Any) -> bool:
    return any(equal(each, item) for each in target)


def _index(target: Any, value: Any) -> int:
    if type(target) is str:
        at = target.find(is_text(value))
        return at if at < 0 else len(target[:at].encode("utf-8", "replace"))
    found = (n for n, each in enumerate(is_list(target)) if equal(each, value))
    return next(found, -1)


def _sorted(target: list[Any], order: str) -> list[Any]:
    """Numbers by size; beside anything else, all by their text."""
    kinds = set(map(type, target))
    if not kinds <= {int, float, str, bool, type(None)}:
        raise Failed("a list of more than numbers, strings and bools cannot be sorted")
    key = None if kinds <= {int, float} else _sortable
    return sorted(target, key=key, reverse=order == "desc")


def _sortable(value: Any) -> str:
    return "" if value is None else text_of(value)


def _mapped(
    target: list[Any], key_path: list[str] | None, value_path: list[str] | None
) -> dict[str, Any]:
    """What has no string at the key's path, or nothing at the value's, is left out."""
    found: dict[str, Any] = {}
    for n, item in enumerate(target):
        key = str(n) if key_path is None else _at(item, key_path)
        value = item if value_path is None else _at(item, value_path)
        if type(key) is str and value is not _NOTHING:
            found[key] = value
    return found


_NOTHING = object()


def _at(item: Any, path: list[str]) -> Any:
    for step in path:
        item = item.get(step, _NOTHING) if type(item) is dict else _NOTHING
    return item


def _pairs(target: dict[str, Any], delimiter: str, pair_delimiter: str, sort: bool) -> str:  # noqa: FBT001 OTTL's
    return pair_delimiter.join(
        f"{_quoted(key, delimiter, pair_delimiter)}{delimiter}"
        f"{_quoted(text_of(value), delimiter, pair_delimiter)}"
        for key, value in (sorted(target.items()) if sort else target.items())
    )


def _quoted(text: str, *delimiters: str) -> str:
    if any(delimiter in text for delimiter in delimiters) or '"' in text:
        return '"' + text.replace('"', '\\"') + '"'
    return text


def _severity(target: Any, mapping: dict[str, Any]) -> str:
    if type(target) not in {str, int}:
        raise Failed(f"a severity from {kind(target)}")
    for level, criteria in mapping.items():
        if any(_fits(target, is_map(criterion)) for criterion in is_list(criteria)):
            return level
    raise Failed("a severity that the mapping does not have")


def _fits(target: Any, criterion: dict[str, Any]) -> bool:
    if type(target) is str:
        return target in is_list(criterion.get("equals", []))
    least, most = _bounds(criterion.get("range"))
    return bool(least <= target <= most)


def _bounds(said: Any) -> tuple[int, int]:
    match said:
        case None:
            return 1, 0
        case str() if said in _RANGES:
            return _RANGES[said]
    bounds = is_map(said)
    return is_int(bounds.get("min")), is_int(bounds.get("max"))


COLLECTIONS = table(
    function("Keys", _keys, "list", target=MAP),
    function("Values", _values, "list", target=MAP),
    function("ContainsValue", _contains, "bool", target=LIST, item=ANY),
    function("Index", _index, "int", target=ANY, value=ANY),
    function("Sort", _sorted, "list", target=LIST, order=(choice("asc", "desc"), "asc")),
    function(
        "SliceToMap",
        _mapped,
        "map",
        target=LIST,
        keyPath=(TEXTS, None),
        valuePath=(TEXTS, None),
    ),
    function(
        "ToKeyValueString",
        _pairs,
        "str",
        target=MAP,
        delimiter=(TEXT, "="),
        pair_delimiter=(TEXT, " "),
        sort_output=(BOOL, False),
    ),
    function("ParseSeverity", _severity, "str", target=ANY, severityMapping=MAP),
)
