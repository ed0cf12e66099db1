"""For all tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trial's `mktemp` makes directories where the test runs: not in the checkout, please."""
    monkeypatch.chdir(tmp_path)
