"""Plugins as `collector new-plugin` writes them, with the collector that users install.

The wheel goes into an environment of its own, which has our dependencies from ours by a path: a
package index need not be in reach.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import sysconfig
import urllib.request
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.system.network import free_port
from tests.system.process import running
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

ROOT = Path(__file__).parent.parent.parent
#: One of them as long as a name may be.
PLUGINS = {"receiver": "made_up", "processor": "abcdefghi_jklmnopqrs", "exporter": "m"}
#: Of pytest, alike in all: to start it once for all three takes a third of the time.
_SETTINGS = "pyproject.toml"
_CHECK = """
import collector, sys
from collector.config.load import check
print(collector.__file__, *map(check, sys.argv[1:]))
"""


class Environment(NamedTuple):
    """Where an author works."""

    bin: Path
    #: Of each kind the directory of its package.
    packages: dict[str, Path]

    def run(self, *command: object, at: Path) -> str:
        """What a command writes; it must succeed."""
        words = [str(self.bin / str(command[0])), *map(str, command[1:])]
        done = subprocess.run(words, cwd=at, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    """The collector from its wheel, and three new plugins."""
    home = tmp_path_factory.mktemp("author")
    made = Environment(home / "venv" / "bin", {kind: _package(home, kind) for kind in PLUGINS})
    pip = _made(made.bin.parent)
    made.run(*pip, wheel, at=home)
    for kind, name in PLUGINS.items():
        made.run("collector", "new-plugin", kind, name, at=home)
    editable = [word for path in made.packages.values() for word in ("-e", path)]
    made.run(*pip, "--no-build-isolation", *editable, at=home)
    return made


def _package(home: Path, kind: str) -> Path:
    return home / f"collector-{PLUGINS[kind].replace('_', '-')}"


def _made(venv: Path) -> list[object]:
    """Make an environment; the command that installs into it. To give it a pip takes 6 s of CPU."""
    has_pip = importlib.util.find_spec("pip") is not None
    flags = ["--without-pip"] if has_pip else []
    subprocess.run([sys.executable, "-m", "venv", *flags, venv], check=True)
    site = sysconfig.get_path("purelib", vars={"base": str(venv)})
    ours = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    Path(site, "dependencies.pth").write_text("\n".join(ours) + "\n")
    python = venv / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python] if has_pip else [python, "-m", "pip"]
    return [*pip, "install", "--quiet", "--no-index", "--no-deps"]


def test_their_tests_pass(installed: Environment) -> None:
    packages = list(installed.packages.values())
    pytest_ = ("python", "-m", "pytest", "-v", "-p", "no:cacheprovider", "-c", _SETTINGS)
    said = installed.run(*pytest_, *packages, at=packages[0])
    for package in packages:
        (module,) = package.glob("test_*.py")
        assert f"{module.name}::ContractTests::test_contract" in said


def test_their_examples_are_valid(installed: Environment) -> None:
    paths = [str(package / "example.yaml") for package in installed.packages.values()]
    said = installed.run("python", "-c", _CHECK, *paths, at=installed.bin).split(maxsplit=1)
    assert Path(said[0]).is_relative_to(installed.bin.parent)
    assert said[1] == "() () ()\n"


def test_its_style_and_types_are_right(installed: Environment) -> None:
    if importlib.util.find_spec("mypy") is None or importlib.util.find_spec("ruff") is None:
        pytest.skip("mypy and ruff are not installed")
    ours = Path(sys.executable).parent
    cache = ROOT / ".mypy_cache" / "plugins"
    modules = [path for package in installed.packages.values() for path in package.glob("*.py")]
    assert len(modules) == 6
    for command in (
        ("ruff", "check", "--no-cache", *installed.packages.values()),
        ("ruff", "format", "--no-cache", "--check", *installed.packages.values()),
        ("mypy", "--strict", "--config-file=", f"--cache-dir={cache}", *modules),
    ):
        words = [str(ours / str(command[0])), *map(str, command[1:])]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_they_are_listed_with_what_they_take(installed: Environment) -> None:
    home = installed.packages["receiver"]
    lines = installed.run("collector", "components", at=home).splitlines()
    schema = json.loads(installed.run("collector", "schema", at=home))
    for kind, name in PLUGINS.items():
        package = f"collector-{name.replace('_', '-')} 0.1.0"
        assert [f"{kind}s", name, *package.split()] in [line.split() for line in lines]
        assert any(name in key for key in schema["properties"][f"{kind}s"]["patternProperties"])


def test_they_are_on_the_status_page(installed: Environment, tmp_path: Path) -> None:
    admin, port = free_port(), free_port()
    receiver, processor, exporter = PLUGINS.values()
    file = tmp_path / "all.yaml"
    file.write_text(
        f"receivers: {{{receiver}: {{endpoint: '127.0.0.1:{port}'}}}}\n"
        f"processors: {{{processor}: }}\n"
        f"exporters: {{{exporter}: {{endpoint: 'http://127.0.0.1:1'}}}}\n"
        f"service:\n  data_dir: {tmp_path}\n  admin: {{endpoint: '127.0.0.1:{admin}'}}\n"
        f"  pipelines: {{logs: {{receivers: [{receiver}], processors: [{processor}], "
        f"exporters: [{exporter}]}}}}\n"
    )

    def status() -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{admin}/status", timeout=5) as answer:
                said: bytes = answer.read()
                return said.decode()
        except OSError:
            return ""

    with running([installed.bin / "collector", "run", file], tmp_path / "run") as process:
        try:
            said = eventually(status)
        except AssertionError:
            raise AssertionError(process.stderr) from None
        assert [name for name in PLUGINS.values() if f'"{name}"' not in said] == []
        assert process.stop() == 0
