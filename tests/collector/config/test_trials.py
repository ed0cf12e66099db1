"""The section `tests` of a configuration, and the file beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.config.load import check, load, load_trials
from collector.config.problem import ConfigError

CONFIG = """
receivers: {listen: {}}
exporters: {send: {}}
service: {pipelines: {logs: {receivers: [listen], exporters: [send]}}}
"""
TEST = """
  - name: NAME
    send: [{to: listen, text: 'costs ${FIVE} $$'}]
    expect: {exporters: {send: {count: 1}}}
"""


def config(home: Path, tests: str, beside: str = "") -> Path:
    path = home / "a.yaml"
    path.write_text(CONFIG + (f"tests:{tests}" if tests else ""))
    if beside:
        (home / "a.tests.yaml").write_text(f"tests:{beside}")
    return path


def named(name: str) -> str:
    return TEST.replace("NAME", name)


def test_tests_stand_in_the_file_and_beside_it(tmp_path: Path) -> None:
    path = config(tmp_path, named("one"), named("two"))
    description = load(path)
    assert [trial.name for trial in description.trials] == ["one"]
    assert [trial.name for trial in load_trials(path, description)] == ["one", "two"]


def test_nothing_is_substituted_in_a_sample(tmp_path: Path) -> None:
    (trial,) = load(config(tmp_path, named("one"))).trials
    assert trial.send[0].parts() == [b"costs ${FIVE} $$"]


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("{to: listen, text: abcde, cut: 2}", [b"ab", b"cd", b"e"]),
        ("{to: listen, text: [a, bc]}", [b"a", b"bc"]),
        ("{to: listen, hex: 'ff 00'}", [b"\xff\0"]),
        ("{to: listen, base64: [/w==, AA==]}", [b"\xff", b"\0"]),
        ("{advance: 10s}", []),
    ],
)
def test_bytes_are_written_in_several_ways(tmp_path: Path, said: str, parts: list[bytes]) -> None:
    tests = named("one").replace("{to: listen, text: 'costs ${FIVE} $$'}", said)
    (trial,) = load(config(tmp_path, tests)).trials
    assert trial.send[0].parts() == parts


EVENTS = "exporters: {send: {events: [{EVENT}]}}"


@pytest.mark.parametrize(
    ("send", "expect", "said"),
    [
        ("{to: lisen, text: x}", "", "no receiver or pipeline lisen; did you mean listen?"),
        ("{to: log, text: x}", "", "no receiver or pipeline log; did you mean logs?"),
        ("{to: listen}", "", "expected to with one of text, hex, base64 and events"),
        ("{to: listen, text: x, hex: ff}", "", "expected to with one of"),
        ("{to: listen, text: x, advance: 1s}", "", "expected advance alone"),
        ("{to: listen, hex: fg}", "", "hex: this is not hex"),
        ("{to: listen, base64: '?'}", "", "base64: this is not base64"),
        ("{to: listen, events: [{body: x}]}", "", "a receiver is given bytes"),
        ("{to: logs, events: [{bodi: x}]}", "", "an event cannot be read: it contains unknown"),
        ("{to: listen, text: x, peer: nowhere}", "", "peer"),
        ("{to: listen, text: x, over: pigeon}", "", "expected datagrams, stream or request"),
        ("{advance: soon}", "", "advance"),
        ("", "exporters: {sned: {count: 1}}", "no exporter of a pipeline sned; did you mean"),
        ("", "exporters: {send: {cout: 1}}", "unknown key cout; did you mean count?"),
        ("", "exporters: {send: {count: -1}}", "0 or more"),
        ("", EVENTS.replace("EVENT", "bodi: x"), "no field of an event bodi; did you mean body?"),
        ("", EVENTS.replace("EVENT", "body: {regex: '('}"), "the regex cannot be read"),
        ("", "flags: {missing_prio: 1}", "no flag missing_prio; did you mean missing_pri?"),
        ("", "drops: {filtered: many}", "whole number"),
        ("", "", "expected exporters, drops, flags or statuses"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, send: str, expect: str, said: str
) -> None:
    if send:
        expect = "flags: {missing_pri: 0}"
    send = send or "{to: listen, text: x}"
    tests = f"\n  - name: one\n    send: [{send}]\n    expect: {{{expect}}}\n"
    problems = check(config(tmp_path, tests))
    assert any(said in problem.message for problem in problems), problems
    assert all(problem.line in {7, 8} for problem in problems)
    with pytest.raises(ConfigError):
        load(tmp_path / "a.yaml")


def test_two_tests_of_one_name_and_no_list_are_told(tmp_path: Path) -> None:
    (problem,) = check(config(tmp_path, named("one") + named("one")))
    assert "another test has this name" in problem.message
    (problem,) = check(config(tmp_path, " {}"))
    assert problem.message == "tests: expected a list"
    (problem,) = check(config(tmp_path, " [1]"))
    assert problem.message == "tests[0]: expected a mapping"


def test_mistakes_beside_it_are_told_with_that_files_name(tmp_path: Path) -> None:
    path = config(tmp_path, "", named("one").replace("listen", "nope"))
    (problem,) = check(path)
    assert (problem.file, problem.line) == (str(tmp_path / "a.tests.yaml"), 3)
    with pytest.raises(ConfigError, match="nope"):
        load_trials(path, load(path))
    (tmp_path / "a.tests.yaml").write_text("test: []")
    (problem,) = check(path)
    assert "unknown key test; known here: tests" in problem.message
    (tmp_path / "a.tests.yaml").write_bytes(b"\xff")
    (problem,) = check(path)
    assert "is not UTF-8" in problem.message
