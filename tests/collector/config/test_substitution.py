"""`${env:}`, `${file:}` and `$$` in values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collector.config.source import Source
from collector.config.substitution import substitute
from collector.config.text import MAX_BYTES

Problems = Callable[..., list[str]]

ENV = {"A": "one", "B_2": "${env:A}", "EMPTY": "", "BYTES": "\udcff", "N": "5000"}
END = "this ${...} has no end, or another one inside; $$ gives a plain $"


def replaced(value: Any, directory: Path = Path()) -> tuple[Any, list[str]]:
    source = Source("conf.yaml", directory, value)
    substitute(source, ENV)
    return source.value, [problem.message for problem in source.problems()]


def test_what_comes_from_elsewhere_can_be_noted_and_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    source = Source("conf.yaml", tmp_path, {"a": "${env:NOT}", "b": "${file:f}", "c": "${"})
    needed: set[str] = set()
    substitute(source, ENV, needed)
    assert needed == {"NOT", "f"}
    assert source.broken >= {("a",), ("b",)}
    assert source.problems() == ()


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("${env:A}", "one"),
        ("a ${env:A}, ${env:A}.", "a one, one."),
        ("${A}", "one"),
        ("${env:NOT:-two}", "two"),
        ("${NOT:-two}", "two"),
        ("${env:NOT:-}", ""),
        ("${env:NOT:-a:-b $ {c}", "a:-b $ {c"),
        ("${env:NOT:-$$}", "$"),
        ("${env:A:-two}", "one"),
        ("${env:EMPTY:-two}", ""),
        ("${env:B_2}", "${env:A}"),  # once
        ("${env:N}", "5000"),
        ("$${env:A}", "${env:A}"),
        ("$$${env:A}", "$one"),
        ("$$$${env:A}", "$${env:A}"),
        ("$", "$"),
        ("a$", "a$"),
        ("^a$|$b", "^a$|$b"),
        ("$A", "$A"),
        ("$$A", "$A"),
        ("${1} ${} ${a b} ${", "${1} ${} ${a b} ${"),
        ("${1 ${env:A}", "${1 one"),
        ("${ $$ }", "${ $$ }"),
        ("{env:A}", "{env:A}"),
    ],
)
def test_a_string_is_replaced(text: str, result: str) -> None:
    assert replaced({"k": text}) == ({"k": result}, [])


def test_strings_at_any_depth_are_replaced_and_nothing_else() -> None:
    value = {"a": ["${A}", {"${A}": "${A}"}, 5, None, True]}
    assert replaced(value) == ({"a": ["one", {"${A}": "one"}, 5, None, True]}, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${env:NOT}", "environment variable NOT is not set"),
        ("${NOT}", "environment variable NOT is not set"),
        ("${env:hunter 2}", "${env:...} needs the name of an environment variable"),
        ("${env:}", "${env:...} needs the name of an environment variable"),
        ("${env:BYTES}", "environment variable BYTES is not UTF-8"),
        ("${env:A", END),
        ("${env:A:-${env:B_2}}", END),
        ("${file:${env:A}}", END),
        ("${vault:hunter2}", "expected ${env:NAME} or ${file:path}; $$ gives a plain $"),
        ("${file:nowhere}", "file nowhere does not exist"),
        ("${file:.}", "file . is a directory"),
        ("${file:a\0b}", "file ? is not the name of a file"),
    ],
)
def test_what_cannot_be_had_is_a_problem(text: str, message: str, tmp_path: Path) -> None:
    _, messages = replaced({"k": text}, tmp_path)
    assert messages == [f"k: {message}"]


def test_every_missing_variable_of_a_string_is_reported() -> None:
    assert replaced("${env:X}${env:Y}")[1] == [
        "environment variable X is not set",
        "environment variable Y is not set",
    ]


@pytest.mark.parametrize(
    ("content", "result"),
    [
        (b"token", "token"),
        (b"token\n", "token"),
        (b"token\r\n", "token"),
        (b"token\n\n", "token\n"),
        (b"token\r", "token\r"),
        (b" a\nb ${env:A} \n", " a\nb ${env:A} "),
        (b"", ""),
    ],
)
def test_a_file_gives_its_content_without_the_last_line_end(
    content: bytes, result: str, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(content)
    assert replaced("${file:secret}", tmp_path) == (result, [])
    assert replaced(f"<${{file:{tmp_path}/secret}}>", Path("/")) == (f"<{result}>", [])


def test_a_file_that_is_no_text_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff")
    (tmp_path / "large").write_bytes(b"a" * (MAX_BYTES + 1))
    assert replaced("${file:binary}", tmp_path)[1] == ["file binary is not UTF-8 here"]
    assert replaced("${file:large}", tmp_path)[1] == ["file large is larger than 1 MiB"]


def test_a_file_is_relative_to_the_configuration(
    described: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("hunter2\n")
    description = described("""\
        receivers: {listen: {tokens: ['${file:secret}']}}
        exporters: {send: }
        service: {pipelines: {logs: {receivers: [listen], exporters: [send]}}}
        """)
    (token,) = description.components["receivers", "listen"].config.tokens
    assert token.get_secret_value() == "hunter2"


def test_numbers_and_booleans_may_come_from_the_environment(described: Callable[..., Any]) -> None:
    description = described(
        """\
        receivers:
          listen:
            count: ${env:COUNT}
            ratio: ${env:RATIO}
            strict: ${env:STRICT}
            timeout: ${env:TIMEOUT}
            room: ${env:ROOM}
            tokens: ['${env:TOKEN}']
        exporters: {send: }
        service: {pipelines: {logs: {receivers: [listen], exporters: [send]}}}
        """,
        COUNT="7",
        RATIO="0.25",
        STRICT="true",
        TIMEOUT="2s",
        ROOM="1024",
        TOKEN="0012",
    )
    config = description.components["receivers", "listen"].config
    assert (config.count, config.ratio, config.strict) == (7, 0.25, True)
    assert (config.timeout, config.room) == (2.0, 1024)
    assert config.tokens[0].get_secret_value() == "0012"


def test_a_value_that_cannot_be_had_is_reported_once_and_not_judged(exporter: Problems) -> None:
    assert exporter("{url: '${env:URL}', level: 10, tken: '${env:TOKEN}'}") == [
        "2:15: error: exporters.send.url: environment variable URL is not set",
        "2:36: error: exporters.send.level: expected at most 9",
        "2:40: error: exporters.send: unknown key tken; did you mean token?",
        "2:46: error: exporters.send.tken: environment variable TOKEN is not set",
    ]


def test_what_is_set_aside_needs_no_environment(problems: Problems) -> None:
    warning, error = problems("extensions: {auth: '${env:NOT}'}\nservice: 5")
    assert warning.startswith("1:1: warning: extensions: has no effect")
    assert error == "2:10: error: service: expected a mapping"
