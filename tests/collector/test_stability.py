"""What will go is told to whoever uses it, once, with what to use instead."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from importlib.metadata import Distribution, EntryPoint, EntryPoints
from pathlib import Path
from typing import Any, ClassVar

import pytest

from collector import api, registry, stability
from collector.api import Batch, Config, Processor
from collector.config.load import check
from collector.stability import Deprecated, deprecated_parameter, provider

MADE_UP = {"Bundle": (Batch, "use Batch")}


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    yield
    stability._warn_once.cache_clear()


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module that uses a made-up name which will go, and belongs to a distribution."""
    monkeypatch.setattr(api, "_DEPRECATED", MADE_UP)
    name = "collector_made_up"
    (tmp_path / f"{name}.py").write_text("from collector.api import Bundle\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield name
    sys.modules.pop(name, None)


def said(caught: list[warnings.WarningMessage]) -> list[str]:
    return [str(each.message) for each in caught]


def test_a_name_still_works_and_warns_once(plugin: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        module: Any = importlib.import_module(plugin)
        importlib.reload(module)
    assert module.Bundle is Batch
    expected = "collector_made_up uses collector.api.Bundle, which will go: use Batch"
    assert said(caught) == [expected]
    assert caught[0].category is Deprecated


def test_names_that_are_not_there_are_missed() -> None:
    with pytest.raises(AttributeError, match=r"module 'collector.api' has no attribute 'Nothing'"):
        api.Nothing  # type: ignore[attr-defined]  # noqa: B018


class Package(Distribution):
    """Of `collector-made-up` 1.2."""

    def read_text(self, filename: str) -> str | None:
        return "Name: collector-made-up\nVersion: 1.2\n" if filename == "METADATA" else None

    def locate_file(self, path: Any) -> Any:
        return Path(path)


def test_a_distribution_is_named(plugin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("made_up", f"{plugin}:Receiver", "collector.receivers")
    vars(point)["dist"] = Package()
    monkeypatch.setattr(stability, "entry_points", EntryPoints([point]).select)
    with pytest.warns(Deprecated, match=r"^collector-made-up 1\.2 uses collector\.api\.Bundle"):
        importlib.import_module(plugin)
    assert provider("collector_made_up.inner") == "collector-made-up 1.2"
    assert provider("another") == "another"


def test_ours_are_named_by_what_is_installed() -> None:
    assert provider("collector_syslog.receiver").startswith("twisted-log-collector ")


@deprecated_parameter("size", "the batch knows it")
def gathered(events: list[str], *, size: int = 0) -> int:
    return len(events) + size


def test_a_parameter_warns_where_it_is_used() -> None:
    assert gathered(["a"]) == 1
    with pytest.warns(Deprecated, match=r"test_stability uses the parameter size of gathered"):
        assert gathered(["a"], size=1) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gathered(["a"], size=1)  # once is enough


class Inner(Config):
    deprecated_keys: ClassVar = {"old": "say `new`"}
    #: It has another name now.
    new: int = 0
    #: The former one.
    old: int = 0


class Outer(Config):
    deprecated_keys: ClassVar = {"every": "it has no effect any more"}
    #: Had an effect once.
    every: int = 0
    #: Several of them.
    rows: tuple[Inner, ...] = ()


class Passing(Processor[Outer]):
    def process(self, batch: Batch) -> Batch:
        return batch


FILE = """\
receivers: {generate: }
processors:
  passing:
    every: 3
    rows:
      - {new: 1}
      - {old: 2}
exporters: {stdout: }
service: {pipelines: {logs: {receivers: [generate], processors: [passing], exporters: [stdout]}}}
"""


def test_a_key_warns_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load = registry.load

    def found(kind: str, name: str) -> Any:
        return Passing if name == "passing" else load(kind, name)

    monkeypatch.setattr(registry, "load", found)
    path = tmp_path / "collector.yaml"
    path.write_text(FILE)
    problems = check(path)
    assert [(each.level, each.line, each.column) for each in problems] == [
        ("warning", 4, 5),
        ("warning", 7, 10),
    ]
    first, second = (each.message for each in problems)
    module = Passing.__module__
    assert first.endswith(f"every: will go: it has no effect any more ({module})")
    assert second.endswith(f"old: will go: say `new` ({module})")
