"""The names a plugin may import: what is here stays, what is new is decided."""

from __future__ import annotations

import difflib

import pytest

import collector.api
import collector.testing
from tests.collector import public
from tests.collector.public import FILE, described

_ADVICE = (
    "what is public has changed: docs/plugin-contract.md says what that means for API_LEVEL; then "
    "write tests/collector/public.txt anew with `make api`"
)


def changes(before: str, after: str) -> str:
    """As a diff, with what to do about it; empty: none."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), "was", "is", n=0))
    return "\n".join([_ADVICE, *lines]) if lines else ""


def test_every_name_is_exported_once_and_exists() -> None:
    for module in (collector.api, collector.testing):
        names = module.__all__
        assert names == sorted(set(names), key=lambda name: (not name.isupper(), name))
        assert all(hasattr(module, name) for name in names)


def test_nothing_public_is_left_out() -> None:
    modules = {"annotations", "command", "component", "delivery", "event", "fields", "inputs"}
    modules |= {"outputs", "tasks", "stability", "TYPE_CHECKING", "Any", "deprecated_name"}
    names = {name for name in vars(collector.api) if name.isidentifier() and name[0] != "_"}
    assert names - set(collector.api.__all__) <= modules


def test_what_is_public_is_as_it_was() -> None:
    said = changes(FILE.read_text(), described())
    assert not said, said


class Made:
    """Public in this test."""

    field: int = 0

    def call(self, one: int, *, two: str = "") -> None: ...

    def _hidden(self) -> None: ...


def test_a_change_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    before = described()
    monkeypatch.setattr(collector.api, "Batch", Made)
    monkeypatch.setattr(collector.api, "API_LEVEL", 99)
    said = changes(before, public.described())
    assert "with `make api`" in said
    assert "-    copy(self) -> Batch" in said
    assert "+    call(self, one: int, *, two: str = ) -> None" in said
    assert "+    field: int" in said
    assert "+collector.api.API_LEVEL: int = 99" in said
    assert "_hidden" not in said
