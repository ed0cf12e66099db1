"""The whole way: a file to its description, or to all of its problems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from collector.config.description import Description
from collector.config.load import check, check_text, load, read_yaml
from collector.config.problem import ConfigError

Problems = Callable[..., list[str]]

SOUND = """\
receivers:
  listen/edge:
    endpoint: 0.0.0.0:5514
processors:
  floor: {floor: 9}
exporters:
  send: {url: '${env:URL}'}
service:
  pipelines:
    logs: {receivers: [listen/edge], processors: [floor], exporters: [send]}
"""


def test_a_sound_file_is_described(described: Callable[..., Description]) -> None:
    description = described(SOUND, URL="https://example.org")
    assert list(description.components) == [
        ("receivers", "listen/edge"),
        ("processors", "floor"),
        ("exporters", "send"),
    ]
    assert [pipeline.id for pipeline in description.pipelines] == ["logs"]
    assert description.warnings == ()


def test_the_environment_is_the_processes_unless_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "conf.yaml"
    path.write_text(SOUND)
    monkeypatch.setenv("URL", "https://example.org")
    assert check(path) == ()
    assert [problem.message for problem in check(path, {})] == [
        "exporters.send.url: environment variable URL is not set"
    ]
    assert load(str(path)).pipelines


def test_an_error_holds_what_check_returns(tmp_path: Path) -> None:
    path = tmp_path / "conf.yaml"
    path.write_text(SOUND + "extensions:\n")
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert caught.value.problems == check(path, {})
    assert [problem.level for problem in caught.value.problems] == ["error", "warning"]
    assert caught.value.__context__ is None


def test_everything_that_is_wrong_is_said_in_one_run(problems: Problems) -> None:
    undefined = "listn/b is not defined under receivers; did you mean listen/b?"
    assert problems("""\
        receivers:
          listen:
            endpoint: 5514
            endpoint: 127.0.0.1:5514
          lisen: {}
          listen/b: {tokens: ['${file:token}']}
        procesors: {}
        exporters:
          send: {url: https://x, tokn: abc, batch: {max_events: 0}}
        service:
          workers: 0
          pipelines:
            logs: {receivers: [listen, listn/b], exporters: [send]}
        """) == [
        "3:15: error: receivers.listen.endpoint: expected host:port, such as 127.0.0.1:5514",
        "4:5: error: receivers.listen: key 'endpoint' is given twice, first on line 3",
        "5:3: error: receivers.lisen: no receiver is called 'lisen'; did you mean listen?",
        "5:3: warning: receivers.lisen: is in no pipeline and will not run",
        "6:3: warning: receivers.listen/b: is in no pipeline and will not run",
        "6:23: error: receivers.listen/b.tokens[0]: file token does not exist",
        "7:1: error: unknown key procesors; did you mean processors?",
        "9:26: error: exporters.send: unknown key tokn; did you mean token?",
        "9:57: error: exporters.send.batch.max_events: expected 1 or more",
        "11:12: error: service.workers: expected a number from 1 to 256, or auto",
        f"13:32: error: service.pipelines.logs.receivers[1]: {undefined}",
    ]


def test_an_unknown_section_names_those_there_are(problems: Problems) -> None:
    sections = ["receivers", "processors", "exporters", "connectors", "service", "tests"]
    assert problems("zzz: 5\nservice: 5") == [
        f"1:1: error: unknown key zzz; known here: {', '.join(sections)}",
        "2:10: error: service: expected a mapping",
    ]


def test_a_problem_of_an_anchor_is_reported_once_at_the_anchor(problems: Problems) -> None:
    assert problems("""\
        receivers:
          listen: &it {count: 0}
          listen/b: *it
          listen/c: {<<: *it}
        exporters: {send: }
        service: {pipelines: {logs: {receivers: [listen, listen/b, listen/c], exporters: [send]}}}
        """) == [
        "2:23: error: receivers.listen.count: expected 1 or more",
        "2:23: error: receivers.listen/b.count: expected 1 or more",
        "2:23: error: receivers.listen/c.count: expected 1 or more",
    ]


def test_a_text_for_elsewhere_is_checked_without_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("URL", "no URL at all")
    problems, needed = check_text(
        tmp_path / "not-there.yaml", SOUND.replace("floor: 9", "floor: x")
    )
    assert needed == {"URL"}
    assert [problem.way for problem in problems] == [("processors", "floor", "floor")]


def test_an_unknown_key_is_what_its_problem_is_about(tmp_path: Path) -> None:
    problems, _ = check_text(tmp_path / "c.yaml", SOUND.replace("floor: 9", "floor: 9, flor: 9"))
    assert [problem.way for problem in problems] == [("processors", "floor", "flor")]


def test_a_file_can_be_read_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "conf.yaml"
    path.write_text("a: ${env:B}\nc: [1]\n")
    source = read_yaml(path)
    assert source.value == {"a": "${env:B}", "c": [1]}
    assert source.value_place(("c", 0)) == (2, 5)
    path.write_text("a: 1\na: 2\n")
    with pytest.raises(ConfigError):
        read_yaml(path)
