"""What is refused before anything is written; that the packages work is shown by whole ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.scaffold.package import KINDS, Unfit, write


@pytest.fixture(autouse=True)
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_package_is_written_once() -> None:
    made = write("receiver", "snmp_trap", Path("below/here"))
    assert made == Path("below/here/collector-snmp-trap")
    text = (made / "collector_snmp_trap.py").read_text()
    assert "class SnmpTrapReceiver(StreamReceiver[SnmpTrapConfig])" in text
    (made / "collector_snmp_trap.py").write_text("mine")
    with pytest.raises(Unfit, match="collector-snmp-trap exists; nothing was written"):
        write("receiver", "snmp_trap", Path("below/here"))
    assert (made / "collector_snmp_trap.py").read_text() == "mine"


@pytest.mark.parametrize("kind", KINDS)
def test_all_of_it_is_there_and_filled_in(kind: str) -> None:
    made = write(kind, "made_up", Path())
    files = {
        str(path.relative_to(made)): path.read_text() for path in made.rglob("*") if path.is_file()
    }
    assert set(files) == {
        ".github/workflows/test.yml",
        ".gitignore",
        "README.md",
        "collector_made_up.py",
        "example.yaml",
        "pyproject.toml",
        "test_collector_made_up.py",
    }
    del files[".github/workflows/test.yml"]  # whose own placeholders look like ours
    assert [path for path, text in files.items() if "${" in text or "$$" in text] == []


@pytest.mark.parametrize("name", ["", "Trap", "1st", "a__b", "a_", "a-b", "../a", "a" * 21, "ä"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(Unfit, match="is no name: at most 20 lower-case letters"):
        write("receiver", name, Path())
    assert list(Path().iterdir()) == []


def test_names_that_are_taken() -> None:
    with pytest.raises(Unfit, match="a receiver that is installed is called generate"):
        write("receiver", "generate", Path())
    with pytest.raises(Unfit, match="a module that is installed is called collector_syslog"):
        write("exporter", "syslog", Path())


def test_a_place_that_cannot_be_written() -> None:
    Path("file").touch()
    with pytest.raises(Unfit, match="cannot write file/collector-trap: Not a directory"):
        write("receiver", "trap", Path("file"))
