"""The wheel that users install: which packages it brings, and what it registers."""

from __future__ import annotations

import configparser
import functools
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

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
def wheel() -> dict[str, str]:
    """Build the wheel, once a session; give its file names and, of its metadata, the text."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out]
        done = subprocess.run([*command, str(ROOT)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        (path,) = Path(out).glob("*.whl")
        with zipfile.ZipFile(path) as archive:
            return {
                name: archive.read(name).decode() if ".dist-info/" in name else ""
                for name in archive.namelist()
            }


def metadata(name: str) -> str:
    (text,) = (text for path, text in wheel().items() if path.endswith(f".dist-info/{name}"))
    return text


def entry_points() -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    parser.read_string(metadata("entry_points.txt"))
    return {group: dict(parser[group]) for group in parser.sections()}


class WheelTests(SynchronousTestCase):
    """Built by the backend that a release uses, from the files as they are."""

    def test_brings_exactly_our_top_level_packages(self) -> None:
        """A stray `tests` or `plugins` would land in everybody's site-packages."""
        tops = {name.partition("/")[0] for name in wheel()}
        (info,) = (top for top in tops if top.endswith(".dist-info"))
        self.assertEqual(tops - {info}, PACKAGES)

    def test_brings_every_package_in_the_source_roots(self) -> None:
        """A new plugin must not be forgotten in pyproject.toml."""
        found = {path.parent.name for path in ROOT.glob("plugins/*/__init__.py")}
        self.assertEqual(found | {"collector"}, PACKAGES)

    def test_carries_type_information(self) -> None:
        for package in PACKAGES:
            self.assertIn(f"{package}/py.typed", wheel())

    def test_carries_the_license(self) -> None:
        self.assertIn("Apache License", metadata("licenses/LICENSE"))
        self.assertIn("License-Expression: Apache-2.0", metadata("METADATA"))

    def test_registers_the_command(self) -> None:
        command = {"collector": "collector.run.cli.main:main"}
        self.assertEqual(entry_points()["console_scripts"], command)

    def test_registers_what_the_project_declares(self) -> None:
        groups = entry_points()
        for group, names in PROJECT["entry-points"].items():
            self.assertEqual(groups[group], names)

    def test_entry_points_name_modules_that_are_in_the_wheel(self) -> None:
        modules = {
            name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for name in wheel()
            if name.endswith(".py")
        }
        targets = {target for names in entry_points().values() for target in names.values()}
        self.assertEqual({target.partition(":")[0] for target in targets} - modules, set())
