"""The wheel that users install: which packages it brings, and what it registers."""

from __future__ import annotations

import configparser
import functools
import tomllib
import zipfile
from pathlib import Path

import pytest
from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).parent.parent
PACKAGES = {
    "collector",
    "collector_debug",
    "collector_dynatrace",
    "collector_forward",
    "collector_http",
    "collector_import",
    "collector_otlp",
    "collector_syslog",
    "collector_transform",
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@functools.cache
def contents(path: Path) -> dict[str, str]:
    """The names of a wheel's files and, of its metadata, the text."""
    with zipfile.ZipFile(path) as archive:
        return {
            name: archive.read(name).decode() if ".dist-info/" in name else ""
            for name in archive.namelist()
        }


class WheelTests(SynchronousTestCase):
    """Built by the backend that a release uses, from the files as they are."""

    @pytest.fixture(autouse=True)
    def _has_one(self, wheel: Path) -> None:
        self.wheel = contents(wheel)

    def metadata(self, name: str) -> str:
        (text,) = (text for path, text in self.wheel.items() if path.endswith(f".dist-info/{name}"))
        return text

    def entry_points(self) -> dict[str, dict[str, str]]:
        parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
        parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
        parser.read_string(self.metadata("entry_points.txt"))
        return {group: dict(parser[group]) for group in parser.sections()}

    def test_brings_exactly_our_top_level_packages(self) -> None:
        """A stray `tests` or `plugins` would land in everybody's site-packages."""
        tops = {name.partition("/")[0] for name in self.wheel}
        (info,) = (top for top in tops if top.endswith(".dist-info"))
        self.assertEqual(tops - {info}, PACKAGES)

    def test_brings_every_package_in_the_source_roots(self) -> None:
        """A new plugin must not be forgotten in pyproject.toml."""
        found = {path.parent.name for path in ROOT.glob("plugins/*/__init__.py")}
        self.assertEqual(found | {"collector"}, PACKAGES)

    def test_carries_type_information(self) -> None:
        for package in PACKAGES:
            self.assertIn(f"{package}/py.typed", self.wheel)

    def test_carries_what_new_plugins_are_made_of(self) -> None:
        """As many templates as there are: a build may leave out what is no module."""
        top = ROOT / "collector" / "scaffold" / "template"
        names = {str(path.relative_to(ROOT)) for path in top.rglob("*.template")}
        self.assertGreater(len(names), 10)
        self.assertEqual(names - set(self.wheel), set())

    def test_carries_the_license(self) -> None:
        self.assertIn("Apache License", self.metadata("licenses/LICENSE"))
        self.assertIn("License-Expression: Apache-2.0", self.metadata("METADATA"))

    def test_registers_the_command(self) -> None:
        command = {"collector": "collector.run.cli.main:main"}
        self.assertEqual(self.entry_points()["console_scripts"], command)

    def test_registers_what_the_project_declares(self) -> None:
        groups = self.entry_points()
        for group, names in PROJECT["entry-points"].items():
            self.assertEqual(groups[group], names)

    def test_entry_points_name_modules_that_are_in_the_wheel(self) -> None:
        modules = {
            name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for name in self.wheel
            if name.endswith(".py")
        }
        targets = {target for names in self.entry_points().values() for target in names.values()}
        self.assertEqual({target.partition(":")[0] for target in targets} - modules, set())
