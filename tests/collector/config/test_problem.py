"""Problems as values: their line, their order, what they show of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.config.problem import ConfigError, Problem, did_you_mean, dotted, shown
from collector.config.source import Source


def test_a_problem_prints_as_compilers_do() -> None:
    assert str(Problem("conf.yaml", 3, 7, "expected text")) == "conf.yaml:3:7: error: expected text"
    assert str(Problem("c", 1, 2, "odd", "warning")) == "c:1:2: warning: odd"


def test_an_error_has_all_problems_and_prints_them() -> None:
    problems = [Problem("c", 1, 1, "one"), Problem("c", 2, 1, "two", "warning")]
    error = ConfigError(problems)
    assert error.problems == tuple(problems)
    assert str(error) == "c:1:1: error: one\nc:2:1: warning: two"


def test_problems_are_sorted_by_place_and_reported_once() -> None:
    source = Source("c", Path())
    for line in (10, 9, 10):
        source.error("wrong", (), (line, 1))
    assert [problem.line for problem in source.problems()] == [9, 10]


def test_only_errors_make_a_file_fail() -> None:
    source = Source("c", Path())
    source.warning("odd", ("a",))
    assert not source.failed()
    source.error("wrong")
    assert source.failed()


def test_what_stands_nowhere_is_reported_at_the_nearest_value_around_it() -> None:
    source = Source("c", Path(), values={(): (1, 1), ("a",): (2, 3)}, keys={("a",): (2, 1)})
    assert source.value_place(("a", "b", 0)) == (2, 3)
    assert source.key_place(("a",)) == (2, 1)
    assert source.key_place(("b",)) == (1, 1)


def test_a_message_is_one_printable_line() -> None:
    source = Source("c", Path())
    source.error("a\n  b\x1b[31m\x9b")
    assert source.problems()[0].message == "a b?[31m?"


@pytest.mark.parametrize("key", ["endpoint", "syslog/edge", "my_module:It", "büro", "a-b.c", "5"])
def test_a_key_is_shown(key: str) -> None:
    assert shown(key) == key


@pytest.mark.parametrize("key", ["", "a b", "a=b", "\x1b", "a" * 65, "a\n", "https://x?y"])
def test_what_does_not_look_like_a_key_is_not_shown(key: str) -> None:
    assert shown(key) == "?"


def test_a_way_is_written_with_dots_and_indexes() -> None:
    assert dotted(("service", "pipelines", "logs/a", "receivers", 0)) == (
        "service.pipelines.logs/a.receivers[0]"
    )
    assert dotted(("a b", 1, "c")) == "?[1].c"


def test_the_nearest_name_is_suggested_whatever_its_case() -> None:
    assert did_you_mean("ENDPONT", ["token", "endpoint"]) == "; did you mean endpoint?"
    assert did_you_mean("zzz", ["token", "endpoint"]) == ""
    assert did_you_mean("endpoint" * 9, ["endpoint"]) == ""
    assert did_you_mean(5, ["5"]) == ""
