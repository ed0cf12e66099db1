"""Structured data: RFC 5424 section 6.3, and the leniency list of spec section 3."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector_syslog.structured import PREFIX, Elements, Structured, read


def attributes(text: str) -> dict[str, Any]:
    found = read(text, 0)
    assert found is not None
    assert found.end == len(text)
    return {key.removeprefix(PREFIX): value for key, value in found.attributes.items()}


def said(text: str) -> tuple[bool, bool]:
    found = read(text, 0)
    assert found is not None
    return found.lenient, found.duplicate_id


# RFC 5424 section 6.3.5, and what the grammar allows
VALID: list[tuple[str, dict[str, Any]]] = [
    (
        '[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"]',
        {
            "exampleSDID@32473.iut": "3",
            "exampleSDID@32473.eventSource": "Application",
            "exampleSDID@32473.eventID": "1011",
        },
    ),
    ('[a@1 b="c"][d@1 e="f"]', {"a@1.b": "c", "d@1.e": "f"}),
    ('[origin ip="192.0.2.1" ip="192.0.2.129"]', {"origin.ip": ["192.0.2.1", "192.0.2.129"]}),
    ('[a b="1" b="1" b="1"]', {"a.b": ["1", "1", "1"]}),
    ('[a b=""]', {"a.b": ""}),
    ('[a b="" b=""]', {"a.b": ["", ""]}),
    (r'[a b="\"\\\]"]', {"a.b": '"\\]'}),
    (r'[a b="\n\x"]', {"a.b": r"\n\x"}),  # no escapes
    ('[a b="grüße 世界"]', {"a.b": "grüße 世界"}),
    ("[a]", {"a": ""}),
    ('[a][b c="d"]', {"a": "", "b.c": "d"}),
    ('[a b:c="d"]', {"a.b:c": "d"}),
]
# The leniency list: what the RFC forbids and devices send.
LENIENT: list[tuple[str, dict[str, Any], bool]] = [
    ('[ a  b="c" ]', {"a.b": "c"}, False),
    ('[a b="c]d"]', {"a.b": "c]d"}, False),
    ('[a b="say "hi" now"]', {"a.b": 'say "hi" now'}, True),
    ("[foo bar=baz]", {"foo.bar": "baz"}, True),
    (
        '[Originator@6876 sub=Proxy opID="1-2"]',
        {"Originator@6876.sub": "Proxy", "Originator@6876.opID": "1-2"},
        True,
    ),
    (
        '[action:"Drop"; ifdir:"inbound"; logid:"0"]',
        {"action": "Drop", "ifdir": "inbound", "logid": "0"},
        True,
    ),
    ('[sc@2620 action:"Drop"]', {"sc@2620.action": "Drop"}, True),
    ("[" + "n" * 255 + ' b="c"]', {"n" * 255 + ".b": "c"}, False),
]


@pytest.mark.parametrize(("text", "expected"), VALID)
def test_the_rfcs_grammar(text: str, expected: dict[str, Any]) -> None:
    assert attributes(text) == expected
    assert said(text) == (False, False)


@pytest.mark.parametrize(("text", "expected", "guessed"), LENIENT)
def test_what_devices_make_of_it(text: str, expected: dict[str, Any], guessed: bool) -> None:  # noqa: FBT001
    assert attributes(text) == expected
    assert said(text) == (guessed, False)


def test_an_id_that_comes_again_is_merged_and_said() -> None:
    text = '[a b="1"][a c="2"][a b="3"]'
    assert attributes(text) == {"a.b": ["1", "3"], "a.c": "2"}
    assert said(text) == (False, True)


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "[]",
        "[ ]",
        "[a",
        "[a ",
        "[a b",
        "[a b]",
        '[a b="c',
        '[a b="c"',
        '[a b="c\\',
        '[a b="c\\"]',
        "[a =]",
        '[a b="c"][',
        "[Mon Dec 05 19:14:11 2005]",
        '["a" b="c"]',
        "[" + "n" * 256 + "]",
    ],
)
def test_what_cannot_be_read_is_none(text: str) -> None:
    assert read(text, 0) is None


def test_reading_ends_behind_the_last_element() -> None:
    found = read('xx[a b="c"] [d e="f"]', 2)
    assert found == Structured({PREFIX + "a.b": "c"}, 11, lenient=False, duplicate_id=False)


def learned(*texts: str) -> Elements:
    elements = Elements()
    for text in texts:
        found = read(text, 0)
        assert found is not None
        elements.learn(text, found)
    return elements


def filled(elements: Elements, text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        elements.fill(found, text)
    except KeyError:
        assert not found
        raise
    return {key.removeprefix(PREFIX): value for key, value in found.items()}


@pytest.mark.parametrize("text", [text for text, _ in VALID])
def test_what_was_learned_is_looked_up(text: str) -> None:
    lists = any(isinstance(value, list) for value in attributes(text).values())
    elements = learned(text + " ")
    if lists:  # would be shared by all events
        with pytest.raises(KeyError):
            filled(elements, text + " ")
    else:
        assert filled(elements, text + " ") == filled(elements, text + " ") == attributes(text)


def test_other_values_of_a_known_shape_need_no_reading() -> None:
    elements = learned('[meta sequenceId="1"][a b="c" d="e"] ')
    assert filled(elements, '[meta sequenceId="2"][a b="" d="x y"] ') == {
        "meta.sequenceId": "2",
        "a.b": "",
        "a.d": "x y",
    }


@pytest.mark.parametrize(
    "text",
    ['[a b="c" ', '[a b="c"]', '[a b="\\n"] ', '[x b="c"] ', ' [a b="c"] ', "", '[a b="c" d="e"] '],
)
def test_what_has_another_shape_is_a_key_error(text: str) -> None:
    with pytest.raises(KeyError):
        filled(learned('[a b="c"] '), text)


@pytest.mark.parametrize(
    "text", ['[a b="x] y"] ', "[a b=c] ", '[a b="c"][a d="e"] ', '[a b="c" b="d"] ']
)
def test_what_cannot_be_looked_up_is_not_learned(text: str) -> None:
    with pytest.raises(KeyError):
        filled(learned(text), text)


@pytest.mark.parametrize("text", [f'[a b="{"x" * 600}"] ', '[meta sequenceId="1"] '])
def test_texts_that_are_long_or_come_once_are_known_by_their_shape_alone(text: str) -> None:
    elements = learned(text)
    assert filled(elements, text) == attributes(text.strip())
    assert not elements.remembered


NAME = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='="]'),
    min_size=1,
    max_size=32,
)


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


@given(
    st.dictionaries(
        NAME,
        st.dictionaries(NAME, st.text(st.characters(exclude_categories=["Cs"])), min_size=1),
        min_size=1,
    )
)
def test_what_follows_the_rfc_is_read_back(data: dict[str, dict[str, str]]) -> None:
    text = "".join(_element(name, params) for name, params in data.items())
    found = read(text, 0)
    assert found is not None
    assert found.end == len(text)
    assert not found.duplicate_id
    keys = [f"{PREFIX}{name}.{key}" for name, params in data.items() for key in params]
    values = [value for params in data.values() for value in params.values()]
    if len(set(keys)) == len(keys):  # "a" "b.c" and "a.b" "c" are one attribute
        assert found.attributes == dict(zip(keys, values, strict=True))


def _element(name: str, params: dict[str, str]) -> str:
    pairs = "".join(f' {key}="{escaped(value)}"' for key, value in params.items())
    return f"[{name}{pairs}]"
