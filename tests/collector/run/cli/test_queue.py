"""`collector queue` on a stopped collector; tests/system has one that runs."""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collector.outputs.store.directory import queue_directory
from collector.outputs.store.idle import IdleQueue
from collector.outputs.store.store import Store
from collector.request import Request
from collector.run.cli.queue import QueueCommand
from tests.collector.run.cli.test_place import configuration

Run = Callable[..., tuple[int, str, str]]
CANARY = "CANARY-" + "x" * 20


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process: exit code, standard output, standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        parser, command = argparse.ArgumentParser(), QueueCommand()
        command.arguments(parser)
        arguments = parser.parse_args([str(word) for word in words])
        code = asyncio.run(command.run(arguments, None))
        return (code, *capsys.readouterr())

    return run


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Three requests of `null`, the last of which is compressed and was tried."""
    data_dir = tmp_path / "data"
    fill(
        data_dir,
        "null",
        Request(body=b'{"a": 1}', events=2, headers=(("Content-Type", "application/json"),)),
        Request(body=b"\x1b[31m\nsecond \xff", events=3),
        Request(body=gzip.compress(b"packed"), events=4, encoding="gzip", oldest_ns=5),
    )
    return data_dir


def fill(data_dir: Path, exporter: str, *requests: Request) -> Path:
    store = Store.open(queue_directory(data_dir, exporter), encoder="1", reserve=0)
    ids = store.commit(requests, [])
    store.attempted(ids[-1:], f"503 \x1b[2J {CANARY}")
    store.close()
    return store.path


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def content(data_dir: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in data_dir.rglob("*") if path.is_file()}


def test_ls_lists_every_queue(run: Run, data_dir: Path) -> None:
    fill(data_dir, "null/old", Request(body=b"x", events=1))
    before = content(data_dir)
    code, output, errors = run("ls", data_dir)
    assert (code, errors) == (0, "")
    head, first, second = (line.split() for line in output.splitlines())
    assert head == ["EXPORTER", "TYPE", "STATE", "REQUESTS", "EVENTS", "SIZE", "OF", "OLDEST"]
    assert first[:5] == ["null", "disk", "stopped", "3", "9"]
    assert second[:5] == ["null/old", "disk", "stopped", "1", "1"]
    assert [each["requests"] for each in lines(run("ls", data_dir, "--json")[1])] == [3, 1]
    assert content(data_dir) == before


def test_ls_marks_what_is_not_configured(run: Run, data_dir: Path, tmp_path: Path) -> None:
    for exporter in ("null/old", "null/m"):
        fill(data_dir, exporter, Request(body=b"x", events=1))
    config = tmp_path / "a.yaml"
    exporters = {"null": {}, "null/m": {"queue": {"type": "memory"}}}
    config.write_text(configuration(data_dir, exporters))
    said = {each["exporter"]: each for each in lines(run("ls", config, "--json")[1])}
    assert {name: each["state"] for name, each in said.items()} == {
        "null": "stopped",
        "null/m": "not configured",
        "null/old": "not configured",
    }
    assert said["null"]["max_size"] == 1 << 30


def test_ls_shows_the_others_beside_one_that_is_broken_or_in_use(run: Run, data_dir: Path) -> None:
    fill(data_dir, "broken", Request(body=b"x", events=1)).write_bytes(b"\xff" * 50_000)
    used = Store.open(queue_directory(data_dir, "used"), reserve=0)
    code, output, errors = run("ls", data_dir)
    used.close()
    assert (code, len(output.splitlines())) == (0, 4)
    broken, in_use = errors.splitlines()
    assert broken.startswith("broken: damaged: ")
    assert in_use.startswith("used: another process uses the queue")


def test_show_lists_requests_safely(run: Run, data_dir: Path) -> None:
    code, output, errors = run("show", data_dir, "null")
    assert (code, errors) == (0, "")
    rows = output.splitlines()
    assert [row.split()[0] for row in rows] == ["ID", "1", "2", "3"]
    assert "waiting" in rows[3].split()
    assert r"503 \x1b[2J" in rows[3]
    code, output, errors = run("show", data_dir, "null", "--limit", 2, "--json")
    assert [each["events"] for each in lines(output)] == [2, 3]
    assert (code, errors) == (0, "there is more: --limit shows it\n")


def test_show_gives_a_body_that_can_be_read(run: Run, data_dir: Path) -> None:
    code, output, _ = run("show", data_dir, "null", "--id", 1)
    assert code == 0
    assert output.endswith('\n\nContent-Type: application/json\n\n{"a": 1}\n')
    assert run("show", data_dir, "null", "--id", 3)[1].endswith("\npacked\n")
    said = run("show", data_dir, "null", "--id", 2)[1]
    assert "\x1b" not in said
    (line,) = lines(run("show", data_dir, "null", "--id", 3, "--json")[1])
    assert line["body"] == "packed"
    assert run("show", data_dir, "null", "--id", 9) == (1, "", "request 9 is not in the queue\n")


def test_export_writes_a_new_file_for_this_user_only(
    run: Run, data_dir: Path, tmp_path: Path
) -> None:
    before, file = content(data_dir), tmp_path / "out.jsonl"
    code, output, errors = run("export", data_dir, "null", "--output", file)
    assert (code, output, errors) == (0, "", "exported 3 requests with 9 events\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [line["events"] for line in lines(file.read_text())] == [2, 3, 4]
    assert content(data_dir) == before
    file.write_text("mine")
    assert run("export", data_dir, "null", "--output", file) == (1, "", f"{file}: File exists\n")
    assert file.read_text() == "mine"


def test_export_goes_to_standard_output_too(run: Run, data_dir: Path) -> None:
    code, output, errors = run("export", data_dir, "null", "--id", 1)
    assert (code, errors) == (0, "exported 1 requests with 2 events\n")
    (line,) = lines(output)
    assert (line["id"], line["body"], line["format"]) == (1, '{"a": 1}', "1")


def test_export_says_what_it_had_to_leave_out(run: Run, data_dir: Path, tmp_path: Path) -> None:
    store = Store.open(queue_directory(data_dir, "null"), reserve=0)
    store._file.db.execute("UPDATE body SET data=x'00' WHERE id=2")
    store.close()
    code, _, errors = run("export", data_dir, "null", "--output", tmp_path / "out")
    assert code == 1
    assert "exported 2 requests with 6 events" in errors
    assert "the bytes of request 2 are damaged" in errors
    assert run("export", data_dir, "null", "--id", 9, "--output", tmp_path / "none")[0] == 1


def test_purge_says_what_it_took_out(run: Run, data_dir: Path) -> None:
    code, output, errors = run("purge", data_dir, "null", "--id", 1, 2)
    assert (code, output, errors) == (0, "purged 2 requests with 5 events\n", "")
    code, output, errors = run("purge", data_dir, "null", "--id", 2, "--id", 3)
    assert (code, output, errors) == (
        1,
        "purged 1 requests with 4 events\n",
        "not in the queue: 1\n",
    )
    assert run("purge", data_dir, "null", "--all")[:2] == (0, "purged 0 requests with 0 events\n")
    assert IdleQueue(queue_directory(data_dir, "null")).totals().requests == 0


@pytest.mark.parametrize(
    "words",
    [
        ("purge", "data", "null"),
        ("purge", "data", "null", "--all", "--id", 1),
        ("purge", "data", "null", "--id", 0),
        ("show", "data"),
        ("show", "data", "null", "--id", "1" * 30),
        (),
    ],
)
def test_wrong_usage_is_exit_code_2(run: Run, words: tuple[object, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*words)
    assert ended.value.code == 2


def test_what_is_not_there_is_said_in_a_sentence(run: Run, data_dir: Path, tmp_path: Path) -> None:
    said = "there is no queue of other; known here: null\n"
    for words in (("show",), ("export",), ("purge", "--all")):
        assert run(words[0], data_dir, "other", *words[1:]) == (1, "", said)
    assert run("show", data_dir, "..")[0] == 1
    code, _, errors = run("ls", tmp_path / "nowhere")
    assert code == 1
    assert "nowhere" in errors


def test_one_in_use_is_refused(run: Run, data_dir: Path) -> None:
    store = Store.open(queue_directory(data_dir, "null"), reserve=0)
    for words in (("show",), ("export",), ("purge", "--all")):
        code, _, errors = run(words[0], data_dir, "null", *words[1:])
        assert code == 1
        assert errors.startswith("another process uses the queue ")
    store.close()


def test_secrets_of_the_configuration_are_not_shown(
    run: Run, data_dir: Path, tmp_path: Path
) -> None:
    config = tmp_path / "a.yaml"
    service = json.loads(configuration(data_dir, {"null": {}}))
    service["service"]["admin"] = {"endpoint": "127.0.0.1:1", "token": CANARY}
    config.write_text(json.dumps(service))
    for words in (("show",), ("show", "--json"), ("show", "--id", 3), ("export", "--output", "x")):
        code, output, errors = run(words[0], config, "null", *words[1:])
        assert code == 0
        assert CANARY not in output + errors
    assert CANARY not in Path("x").read_text()
