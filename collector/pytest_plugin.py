"""A pytest plugin for plugin authors: installs the reactor that the collector runs on.

Say `collector_reactor = "uvloop"` (or `"asyncio"`) in pytest's configuration. It is imported
in every pytest session of an environment that has the collector, so it imports nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Called by pytest."""
    parser.addini(
        "collector_reactor",
        "the Twisted reactor to install before the tests: uvloop, asyncio or none",
        default="none",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Called by pytest."""
    choice = config.getini("collector_reactor")
    if choice != "none":
        from .run.loop import install_reactor

        install_reactor(uvloop=choice == "uvloop")
