"""The file itself: there, readable, of a sane size, UTF-8."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.config.load import check, load
from collector.config.problem import ConfigError
from collector.config.text import MAX_BYTES

Problems = Callable[..., list[str]]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.yaml"
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value) == f"{path}:1:1: error: the file does not exist"


def test_a_name_may_be_text() -> None:
    assert [str(problem) for problem in check("nowhere.yaml")] == [
        "nowhere.yaml:1:1: error: the file does not exist"
    ]


def test_a_directory(tmp_path: Path) -> None:
    assert [problem.message for problem in check(tmp_path)] == ["the file is a directory"]


def test_a_file_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert [problem.message for problem in check(tmp_path / "a" / "b")] == [
        "the file cannot be read: Not a directory"
    ]


def test_a_name_that_no_file_can_have() -> None:
    assert [str(problem) for problem in check("a\0b\udc80")] == [
        "a\0b\\udc80:1:1: error: the file is not the name of a file"
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "conf.yaml"
    path.touch(mode=0o200)
    assert [problem.message for problem in check(path)] == ["the file may not be read by this user"]


def test_a_file_that_is_too_large(problems: Problems) -> None:
    assert problems(b"#" * (MAX_BYTES + 1)) == ["1:1: error: the file is larger than 1 MiB"]


def test_a_file_that_is_not_utf_8_says_where(problems: Problems) -> None:
    assert problems(b"a: 1\nb: \xc3\xa9\xff") == ["2:5: error: the file is not UTF-8 here"]


def test_a_byte_order_mark_is_not_part_of_the_text(problems: Problems) -> None:
    assert problems(b"\xef\xbb\xbfservice: 5") == ["1:10: error: service: expected a mapping"]
    assert problems(b"\xef\xbb\xbf\xff") == ["1:1: error: the file is not UTF-8 here"]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing", "---\n"])
def test_an_empty_file(problems: Problems, text: str) -> None:
    (found,) = problems(text)
    assert found.endswith("expected receivers, exporters and service"), found


@pytest.mark.parametrize("text", ["- a", "a", "5"])
def test_a_file_that_is_not_a_mapping(problems: Problems, text: str) -> None:
    assert problems(text) == [
        "1:1: error: expected a mapping with receivers, exporters and service"
    ]
