"""YAML nodes in, plain values and their places out, into the `Source`.

1. Types are those of YAML 1.2's core schema: `yes` and `on` are text, `010` is ten. Keys are
   always text, as written.
2. Every duplicate key is reported; the first stands. `<<` takes in what is not already there.
3. Aliases give values of their own to each place that uses them. What they make of a file is
   bounded (`MAX_VALUES`): nine lines can stand for a thousand million values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from .problem import shown
from .source import Place, Source, Way
from .syntax import MAX_DEPTH, UNTAGGED, SyntaxProblem
from .text import is_text

MAX_VALUES = 100_000

#: YAML 1.2's core schema.
_FORMS: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (re.compile(r"~|null|Null|NULL|"), lambda _: None),
    (re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text.lower() == "true"),
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (
        re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
        lambda text: float(text.replace(".", "")),
    ),
)
#: Python refuses to read endless numbers, and no setting has any.
_LONGEST = 64

Pair = tuple[Node, Node]


def fill(source: Source, root: Node) -> None:
    """Give the source its value and places. Raises SyntaxProblem when there is too much of it."""
    source.value = _Walk(source).value(root, ())


class _Walk:
    """From the root down, once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._left = MAX_VALUES
        self._depth = 0

    def value(self, node: Node, way: Way) -> Any:
        """The plain value of a node, whose place is noted under `way`."""
        self._source.values[way] = self._value_place(node, way)
        self._down(node)
        self._check_tag(node, way)
        value: Any
        if isinstance(node, MappingNode):
            value = self._mapping(node, way)
        elif isinstance(node, SequenceNode):
            value = [self.value(item, (*way, n)) for n, item in enumerate(node.value)]
        else:
            value = self._scalar(node, way)
        self._depth -= 1
        return value

    def _value_place(self, node: Node, way: Way) -> Place:
        """An empty value has no place but its key's: the library gives that of what follows."""
        key = self._source.keys.get(way)
        empty = isinstance(node, ScalarNode) and node.style is None and node.value == ""
        return key if key and empty else _place(node)

    def _down(self, node: Node) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise SyntaxProblem(f"nested deeper than {MAX_DEPTH} levels", _place(node))
        self._count(node)

    def _count(self, node: Node) -> None:
        self._left -= 1
        if self._left < 0:
            raise SyntaxProblem(f"more than {MAX_VALUES} values, aliases counted", _place(node))

    def _check_tag(self, node: Node, way: Way) -> None:
        if node.tag != UNTAGGED:
            self._source.error("tags (!) are not supported", way, _place(node))

    def _scalar(self, node: Node, way: Way) -> Any:
        text: str = node.value
        if not is_text(text):
            self._source.error("half of a surrogate pair is no character", way)
            self._source.broken.add(way)
            return ""
        plain = isinstance(node, ScalarNode) and node.style is None
        return _plain(text) if plain else text

    def _mapping(self, node: MappingNode, way: Way) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, key_node, value_node in self._own(node, way):
            self._source.keys[*way, key] = _place(key_node)
            values[key] = self.value(value_node, (*way, key))
        for key_node, value_node in self._merged(node, way):
            key = key_node.value
            if isinstance(key_node, ScalarNode) and key not in values and is_text(key):
                self._source.keys[*way, key] = _place(key_node)
                values[key] = self.value(value_node, (*way, key))
        return values

    def _own(self, node: MappingNode, way: Way) -> Iterator[tuple[str, Node, Node]]:
        """The pairs of a mapping itself; what is wrong with a key is reported here."""
        first: dict[str, Place] = {}
        for key_node, value_node in node.value:
            place = _place(key_node)
            key = key_node.value
            if not isinstance(key_node, ScalarNode) or not is_text(key):
                self._source.error("expected text as the key", way, place)
            elif key in first:
                said = f"key '{shown(key)}' is given twice, first on line {first[key][0]}"
                self._source.error(said, way, place)
            else:
                first[key] = place
                self._check_tag(key_node, way)
                if not _is_merge(key_node):
                    yield key, key_node, value_node

    def _merged(self, node: MappingNode, way: Way) -> Iterator[Pair]:
        """The pairs that `<<` adds, those that win first."""
        for key_node, value_node in node.value:
            if not _is_merge(key_node):
                continue
            sources = value_node.value if isinstance(value_node, SequenceNode) else [value_node]
            for source in sources:
                yield from self._taken_in(source, way)

    def _taken_in(self, node: Node, way: Way) -> Iterator[Pair]:
        self._down(node)
        if isinstance(node, MappingNode):
            for pair in node.value:
                self._count(node)
                if not _is_merge(pair[0]):
                    yield pair
            yield from self._merged(node, way)
        else:
            self._source.error("expected a mapping, or a list of them, after <<", way, _place(node))
        self._depth -= 1


def _place(node: Node) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _is_merge(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.style is None and node.value == "<<"


def _plain(text: str) -> Any:
    """What a scalar without quotes means."""
    if len(text) <= _LONGEST:
        for form, read in _FORMS:
            if form.fullmatch(text):
                return read(text)
    return text
