"""For all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

#: `make fuzz`: as many examples of each property as patience allows.
settings.register_profile("fuzz", max_examples=50_000, deadline=None)


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trial's `mktemp` makes directories where the test runs: not in the checkout, please."""
    monkeypatch.chdir(tmp_path)
