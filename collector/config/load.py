"""The way in: a file's name to a `Description`, or to all the problems of the file in one run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from .components import SECTIONS, components, section_of
from .description import Description
from .pipelines import pipelines
from .problem import ConfigError, Problem, did_you_mean, shown
from .service import ServiceConfig, default_data_dir
from .source import Source
from .substitution import substitute
from .syntax import SyntaxProblem, compose
from .text import Unreadable, decoded, read
from .tree import fill
from .trials import SECTION as TESTS
from .trials import Trial, beside, trials
from .validation import Block

_EXTENSIONS = (
    "has no effect: health and metrics are at service.admin; `collector import` fits a whole file"
)
#: Accepted for the sake of files of the OpenTelemetry Collector, and what to use instead.
_IGNORED = {
    ("extensions",): _EXTENSIONS,
    ("service", "extensions"): _EXTENSIONS,
    ("service", "telemetry"): "has no effect: see service.log and service.admin",
}
_EXPECTED = "receivers, exporters and service"
_TOP = (*SECTIONS, "service", TESTS)


def load(
    path: Path | str, env: Mapping[str, str] | None = None, data: bytes | None = None
) -> Description:
    """Read and check a configuration; nothing is opened but files. Raises ConfigError.

    `env` stands in for the environment of the process, `data` for what the file holds.
    """
    source, description = _examined(Path(path), os.environ if env is None else env, data)
    if description is None:
        raise ConfigError(source.problems())
    return description


def check(path: Path | str, env: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
    """All problems of a configuration, by place; `load` raises if one of them is an error.

    Where none is, those of the tests beside it are told too.
    """
    source, description = _examined(Path(path), os.environ if env is None else env)
    beside_it = _beside(Path(path), description)[0].problems() if description else ()
    return (*source.problems(), *beside_it)


def read_yaml(path: Path | str) -> Source:
    """A file as it is written, with the places of its values. Raises ConfigError.

    Nothing in it is substituted or judged, beyond that it is a mapping.
    """
    source = _source(Path(path))
    if not _read(source, Path(path)) or source.failed():
        raise ConfigError(source.problems())
    return source


def check_text(path: Path | str, text: str) -> tuple[tuple[Problem, ...], frozenset[str]]:
    """`check` of a text that is to stand at a path, on a machine that need not be this one.

    The second are the variables without a default and the files that it needs; they are not looked
    up, and the values that need them are not judged.
    """
    needed: set[str] = set()
    source, _ = _examined(Path(path), {}, text.encode(), needed)
    return source.problems(), frozenset(needed)


def load_trials(path: Path | str, description: Description) -> tuple[Trial, ...]:
    """The tests of a configuration: in its file, and in the one beside it. Raises ConfigError."""
    source, found = _beside(Path(path), description)
    if source.failed():
        raise ConfigError(source.problems())
    return (*description.trials, *found)


def _beside(path: Path, description: Description) -> tuple[Source, tuple[Trial, ...]]:
    other = beside(path)
    source = _source(other)
    if not other.exists() or not _read(source, other, TESTS):
        return source, ()
    for key in source.value:
        if key != TESTS:
            said = f"unknown key {shown(key)}; known here: {TESTS}"
            source.error(said, (), source.key_place((key,)))
    given = source.value.get(TESTS)
    return source, trials(source, given, description.components, description.pipelines)


def _source(path: Path) -> Source:
    name = str(path).encode("utf-8", "backslashreplace").decode()
    return Source(name, path.parent)


def _examined(
    path: Path,
    env: Mapping[str, str],
    data: bytes | None = None,
    needed: set[str] | None = None,
) -> tuple[Source, Description | None]:
    source = _source(path)
    if not _read(source, path, data=data):
        return source, None
    _set_aside(source)
    tests = source.value.pop(TESTS, None)
    substitute(source, env, needed)
    defined = components(source)
    graph = pipelines(source, defined)
    service = _service_of(source, env)
    tested = trials(source, tests, defined, graph)
    if source.failed() or service is None:
        return source, None
    specs = {way: spec for way, spec in defined.items() if spec}
    return source, Description(specs, graph, service, source.problems(), tested)


def _read(source: Source, path: Path, expected: str = _EXPECTED, data: bytes | None = None) -> bool:
    """Fill the source; False when there is no mapping to examine, which has been reported."""
    try:
        source.text = read(path) if data is None else decoded(data)
        root = compose(source.text)
        if root is not None:
            fill(source, root)
    except Unreadable as e:
        source.error(f"the file {e}", (), (e.line, e.column))
        return False
    except SyntaxProblem as e:
        source.error(str(e), (), e.place)
        return False
    if not isinstance(source.value, dict):
        fault = "the file is empty: expected" if source.value is None else "expected a mapping with"
        source.error(f"{fault} {expected}")
        return False
    return True


def _set_aside(source: Source) -> None:
    """Take out what has no effect, with a warning, and what is not known, with an error."""
    for way, said in _IGNORED.items():
        parent = source.value if len(way) == 1 else source.value.get(way[0])
        if isinstance(parent, dict) and way[-1] in parent:
            del parent[way[-1]]
            source.warning(said, way, source.key_place(way))
    for key in source.value:
        if key not in _TOP:
            guess = did_you_mean(key, _TOP) or f"; known here: {', '.join(_TOP)}"
            source.error(f"unknown key {shown(key)}{guess}", (), source.key_place((key,)))


def _service_of(source: Source, env: Mapping[str, str]) -> ServiceConfig | None:
    section = section_of(source, ("service",))
    given = {key: value for key, value in section.items() if value is not None}
    given.pop("pipelines", None)
    given.setdefault("data_dir", str(default_data_dir(env)))
    return Block(source, ("service",), given, ServiceConfig, others=["pipelines"]).validate()
