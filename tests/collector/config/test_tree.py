"""From YAML to plain values: YAML 1.2's types, aliases, merges, duplicates, limits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collector.config.source import Source
from collector.config.syntax import MAX_DEPTH, SyntaxProblem, compose
from collector.config.tree import MAX_VALUES, fill


def read(text: str) -> Source:
    source = Source("conf.yaml", Path())
    root = compose(text)
    assert root is not None
    fill(source, root)
    return source


def messages(text: str) -> list[str]:
    return [str(problem).removeprefix("conf.yaml:") for problem in read(text).problems()]


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("off", "off"),
        ("010", 10),
        ("-7", -7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("1s", "1s"),
        ("2026-01-01", "2026-01-01"),
        ('"5"', "5"),
        ("'true'", "true"),
        ("|\n  5", "5"),
        ("9" * 5000, "9" * 5000),
        ("a b # c", "a b"),
        ("a#b", "a#b"),
    ],
)
def test_a_scalar_has_the_type_of_yaml_1_2(scalar: str, value: Any) -> None:
    found = read(f"a: {scalar}").value["a"]
    assert found == value
    assert type(found) is type(value)


def test_not_a_number_is_a_number() -> None:
    assert math.isnan(read("a: .nan").value["a"])


def test_a_yaml_1_1_directive_changes_no_type() -> None:
    assert read("%YAML 1.1\n---\na: yes").value == {"a": "yes"}


def test_keys_are_text_as_written() -> None:
    assert read("{5514: a, true: b, 1.0: c, : d}").value == {
        "5514": "a",
        "true": "b",
        "1.0": "c",
        "": "d",
    }


def test_places_are_those_of_keys_and_values_counted_from_one() -> None:
    source = read("a:\n  b: [x,  y]\n  c:\n")
    assert source.keys == {("a",): (1, 1), ("a", "b"): (2, 3), ("a", "c"): (3, 3)}
    assert source.values == {
        (): (1, 1),
        ("a",): (2, 3),
        ("a", "b"): (2, 6),
        ("a", "b", 0): (2, 7),
        ("a", "b", 1): (2, 11),
        ("a", "c"): (3, 3),  # an empty value is where its key is
    }


def test_every_duplicate_key_is_reported_and_the_first_stands() -> None:
    text = "a: 1\nb: {c: 1, c: 2}\na: 2\na: 3\n"
    assert read(text).value == {"a": 1, "b": {"c": 1}}
    assert messages(text) == [
        "2:11: error: b: key 'c' is given twice, first on line 2",
        "3:1: error: key 'a' is given twice, first on line 1",
        "4:1: error: key 'a' is given twice, first on line 1",
    ]


def test_a_key_that_is_not_text_is_reported() -> None:
    assert messages('? [a]\n: b\n? {c: 1}\n: d\n"\\ud800": e') == [
        "1:3: error: expected text as the key",
        "3:3: error: expected text as the key",
        "5:1: error: expected text as the key",
    ]


def test_half_a_surrogate_pair_is_reported() -> None:
    assert messages('a: "\\ud800"') == ["1:4: error: a: half of a surrogate pair is no character"]


def test_tags_are_refused_wherever_they_stand() -> None:
    assert messages("a: !!str 5\nb: !x {c: 1}\n!!str d: [!y z]") == [
        "1:4: error: a: tags (!) are not supported",
        "2:4: error: b: tags (!) are not supported",
        "3:1: error: tags (!) are not supported",
        "3:11: error: d[0]: tags (!) are not supported",
    ]


def test_an_alias_gives_its_anchors_value_with_a_place_each() -> None:
    source = read("a: &x {b: 1}\nc: *x\nd: &x 2\ne: *x")
    assert source.value == {"a": {"b": 1}, "c": {"b": 1}, "d": 2, "e": 2}
    assert source.value["a"] is not source.value["c"]
    assert source.values["c", "b"] == (1, 11)


def test_a_merge_adds_what_is_not_there_yet() -> None:
    source = read("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {z: 3, <<: [*a, *b]}\nd: {<<: *b}")
    assert source.value["c"] == {"z": 3, "x": 1, "y": 1}
    assert source.value["d"] == {"y": 2, "z": 2}
    assert source.values["c", "x"] == (1, 11)
    assert not source.problems()


def test_a_merge_of_a_mapping_that_merges() -> None:
    value = read("a: &a {x: 1, y: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b}").value
    assert value["c"] == {"x": 1, "y": 2}


def test_a_quoted_merge_key_is_a_key() -> None:
    assert read('{"<<": {a: 1}}').value == {"<<": {"a": 1}}


def test_a_merge_of_anything_else_is_reported() -> None:
    assert messages("a:\n  <<: [{b: 1}, 5]\n") == [
        "2:16: error: a: expected a mapping, or a list of them, after <<"
    ]
    assert messages("<<: {a: 1}\n<<: {b: 1}") == [
        "2:1: error: key '?' is given twice, first on line 1"
    ]


def bomb(item: Callable[[str], str]) -> str:
    levels = "abcdefghij"
    lines = [f"{new}: &{new} {item(old)}" for old, new in itertools.pairwise(levels)]
    return "\n".join(["a: &a {x: 1}", *lines])


@pytest.mark.untraced
@pytest.mark.parametrize(
    "text",
    [
        bomb(lambda old: f"[{', '.join([f'*{old}'] * 9)}]"),
        bomb(lambda old: f"{{<<: [{', '.join([f'*{old}'] * 9)}]}}"),
    ],
    ids=["aliases", "merges"],
)
def test_a_bomb_of_aliases_is_refused(text: str) -> None:
    with pytest.raises(SyntaxProblem, match=f"more than {MAX_VALUES} values, aliases counted"):
        read(text)


@pytest.mark.parametrize("text", ["a: &a [*a, *a]", "a: &a {<<: *a}", "&a {b: *a}"])
def test_an_alias_inside_its_own_anchor_is_refused(text: str) -> None:
    with pytest.raises(SyntaxProblem, match=f"nested deeper than {MAX_DEPTH} levels"):
        read(text)
