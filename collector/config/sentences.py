"""One error of a model in, one sentence of ours out: what was expected, never what was given.

pydantic's own sentences print inputs. Those of validators are their authors': shown when they
stand as a literal in the code that raised them, or have nothing in common with the values
of the block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from traceback import walk_tb
from typing import Any

from pydantic_core import ErrorDetails

from .problem import did_you_mean

HIDDEN = "this value is refused; the reason quotes it and is not shown"
#: Shorter values are no secrets, and would be found in any sentence.
_SHORTEST = 3

_EXPECTED: Mapping[str, str] = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "date_parsing": "a date",
    "datetime_parsing": "a date and time",
    "dict_type": "a mapping",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "frozen_set_type": "a list",
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller number",
    "int_type": "a whole number",
    "less_than": "less than {lt}",
    "less_than_equal": "{le} or less",
    "list_type": "a list",
    "mapping_type": "a mapping",
    "model_attributes_type": "a mapping",
    "model_type": "a mapping",
    "dataclass_type": "a mapping",
    "multiple_of": "a multiple of {multiple_of}",
    "none_required": "nothing",
    "path_type": "the name of a file or directory",
    "set_type": "a list",
    "string_pattern_mismatch": "text that matches {pattern}",
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "at least {min_length} characters",
    "string_type": "text",
    "too_long": "at most {max_length} items",
    "too_short": "at least {min_length} items",
    "tuple_type": "a list",
    "url_parsing": "a URL",
    "url_scheme": "a URL that begins with {expected_schemes}",
    "url_too_long": "a URL of at most {max_length} characters",
    "url_type": "a URL",
    "union_tag_invalid": "{discriminator} to be one of {expected_tags}",
    "union_tag_not_found": "a key {discriminator}",
}


def sentence(error: ErrorDetails, values: list[str]) -> str:
    """What to say of an error that is not about a key. `values`: all of the block, as text."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in {"value_error", "assertion_error"}:
        return _raised(context.get("error"), error, values)
    if kind in {"literal_error", "enum"}:
        return _choice(str(context["expected"]), error["input"])
    if kind == "string_type" and isinstance(error["input"], int | float):
        return "expected text: put it in quotes"
    if kind in _EXPECTED:
        text = "expected " + _EXPECTED[kind].format_map(context)
        return text + (f", found {_found(error['input'])}" if kind.endswith("_type") else "")
    said = re.sub("^Input should be (in )?", "expected ", error["msg"])
    return HIDDEN if quotes(said, error["input"], values) else said


def either(sentences: list[str]) -> list[str]:
    """What the members of a union expect of one value, as one sentence."""
    parts = [said.removeprefix("expected ").partition(", found ") for said in sentences]
    if len(parts) < 2 or not all(said.startswith("expected ") for said in sentences):
        return sentences
    heads = dict.fromkeys(head for head, _, _ in parts)
    return [f"expected {' or '.join(heads)}{''.join(parts[0][1:])}"]


def texts(value: Any) -> Iterator[str]:
    """Every value below this one that might be recognised in a sentence, as text."""
    if isinstance(value, dict):
        for below in value.values():
            yield from texts(below)
    elif isinstance(value, list):
        for below in value:
            yield from texts(below)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def quotes(said: str, given: Any, values: list[str]) -> bool:
    """Whether a sentence may show a value of the block, or a word of the one it is about."""
    said = said.lower()
    words = (word for text in texts(given) for word in re.split(r"[\W_]+", text))
    return any(len(v) >= _SHORTEST and v.lower() in said for v in (*values, *words))


def _raised(raised: object, error: ErrorDetails, values: list[str]) -> str:
    said = str(raised)
    if not said:
        return "this value is refused"
    if isinstance(raised, Exception) and _is_literal(said, raised):
        return said
    return HIDDEN if quotes(said, error["input"], values) else said


def _is_literal(said: str, raised: Exception) -> bool:
    """Whether the sentence stands as it is in the code that raised it."""
    frames = list(walk_tb(raised.__traceback__))
    return bool(frames) and said in frames[-1][0].f_code.co_consts


def _choice(expected: str, given: object) -> str:
    choices = re.findall(r"'([^']*)'|(\d+)", expected)
    words = [word or number for word, number in choices]
    said = f"expected {expected.replace(chr(39), '')}"
    if isinstance(given, int | float) and any(text for text, _ in choices):
        return f"{said}, in quotes"
    return said + did_you_mean(given, words)


def _found(value: object) -> str:
    """The kind of a value, which gives nothing away."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "a mapping"
