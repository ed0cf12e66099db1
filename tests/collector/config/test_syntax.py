"""What is not YAML, or not YAML that we read: one problem, at its place, in our words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from collector.config.syntax import SyntaxProblem, compose

Problems = Callable[..., list[str]]

QUOTES = "put the value in quotes if this is part of it"
IPV6 = "put values with [ ] or : in quotes, such as '[::]:5514'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nbcd\nc: 2", "2:1: error: expected a ':' after this key"),
        ("a: b: c", f"1:5: error: a ':' cannot stand here; {QUOTES}"),
        ("a: ? b", f"1:4: error: a '?' cannot stand here; {QUOTES}"),
        ("a: - b", f"1:4: error: a '-' cannot stand here; {QUOTES}"),
        ("a:\n\tb: 1", "2:1: error: a tab cannot stand here; indent with spaces"),
        ("a: @b", f"1:4: error: a value cannot begin with this character; {QUOTES}"),
        ('a: "b\nc: 1', "1:4: error: this quote is never closed"),
        (
            'a: "C:\\q"',
            "1:8: error: no such escape; use single quotes, or \\\\ for a backslash",
        ),
        ("a: *b", f"1:4: error: an alias (*) of an anchor (&) that is not there; {QUOTES}"),
        ("a:\n  b: 1\n c: 2", "3:2: error: the indentation is wrong, or a '-' or ':' is missing"),
        ("a: [1, 2\nb: 3", "2:2: error: expected a ',' or the ']' that ends the list"),
        ("a: {b: 1\nc: 3", "2:2: error: expected a ',' or the '}' that ends the mapping"),
        (
            "{a: [::]:5514}",
            f"1:9: error: expected a ',' or the '}}' that ends the mapping; {IPV6}",
        ),
        ("b:\n- [[::]:1]", f"2:8: error: expected a ',' or the ']' that ends the list; {IPV6}"),
        (
            "a: [fe80::1]:1",
            f"1:13: error: the indentation is wrong, or a '-' or ':' is missing; {IPV6}",
        ),
        ("a: 1\n---\nb: 2", "2:1: error: expected one document; a second one begins here"),
        ("a: ]", "1:4: error: expected a value"),
        ("a: !e!b c", f"1:4: error: tags (!) are not supported; {QUOTES}"),
        ("%YAML 2.0\n---\na: 1", "1:1: error: this is not valid YAML"),
        ("a: b\x07", "1:5: error: the character U+0007 cannot stand in a YAML file"),
        ("a: 1\nb: \0", "2:4: error: the character U+0000 cannot stand in a YAML file"),
        ("[" * 1000, "1:64: error: nested deeper than 64 levels"),
    ],
)
def test_a_syntax_error(problems: Problems, text: str, expected: str) -> None:
    assert problems(text.encode()) == [expected]


@pytest.mark.parametrize("text", [r'a: "\U00110000"', "a: !<%zz> b", "%TAG ! \n---\na"])
def test_what_the_library_itself_stumbles_over_is_a_problem_too(
    problems: Problems, text: str
) -> None:
    (found,) = problems(f"# first line\n{text}".encode())
    assert found.startswith(("2:", "3:"))
    assert found.endswith("error: this is not valid YAML")


def test_nothing_of_the_librarys_error_hangs_on_ours() -> None:
    with pytest.raises(SyntaxProblem) as caught:
        compose("api_token: *hunter2")
    assert caught.value.__context__ is None
    assert "hunter2" not in str(caught.value)
