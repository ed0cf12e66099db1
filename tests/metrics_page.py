"""The code in, docs/metrics.md out: `python -m tests.metrics_page > docs/metrics.md`.

Counters are read from `CORE_COUNTERS` and from the installed components, gauges from the calls that
declare them, for many are there only once a peer has come.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple

from collector import registry
from collector.metrics import CORE_COUNTERS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "metrics.md"
_OURS = "twisted-log-collector"
_KINDS = ("receiver", "processor", "connector", "exporter", "process", "service")
#: Of which kind the components are whose gauges the core declares there.
_CORE = {"inputs": "receiver", "run": "receiver", "outputs": "exporter"}
_HEAD = """# Metrics

What `/metrics` has, with the help that it gives there. [Operations](operations.md#metrics) says
what to do about the ones that ask for it. A test holds this page to the code; after a change

    .venv/bin/python -m tests.metrics_page > docs/metrics.md

writes it anew. A name that is here stays what it is, by the
[versioning policy](operations.md#versions).

The first label is the kind of the component with its id: `receiver="syslog"`. A counter is there
from its first use on, and has 2,000 series at most; what comes after those counts with `overflow`
for its other labels. Numbers are of all workers together. `process_*` beside them are of the
supervisor's process, by prometheus_client; `otelcol_process_*` are of the workers, by the number
that each has in the label `worker`.
"""


class Metric(NamedTuple):
    """One line of the page."""

    name: str
    type: str
    help: str
    #: The components that have it; none: every one of its kind.
    components: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """That of its components."""
        return self.name.split("_", 2)[1]


@functools.cache
def metrics() -> list[Metric]:
    """All of them, by name."""
    return sorted({*_core_counters(), *_component_counters(), *_gauges()})


def _core_counters() -> Iterator[Metric]:
    for name, text in CORE_COUNTERS.items():
        yield Metric(f"otelcol_{name}_total", "counter", text)


def _component_counters() -> Iterator[Metric]:
    found: dict[tuple[str, str], list[str]] = {}
    for kind in registry.KINDS:
        for point in entry_points(group=f"collector.{kind}"):
            if point.dist is None or point.dist.name == _OURS:
                for name, text in registry.load(kind, point.name).counters.items():
                    full = f"otelcol_{kind[:-1]}_{name}_total"
                    found.setdefault((full, text), []).append(point.name)
    for (full, text), names in found.items():
        yield Metric(full, "counter", text, tuple(sorted(names)))


def _gauges() -> Iterator[Metric]:
    for root in ("collector", "plugins"):
        for path in sorted((ROOT / root).rglob("*.py")):
            module, code = path.relative_to(ROOT).with_suffix("").parts, path.read_text()
            if "gauge" not in code:  # to parse all would take 2 s
                continue
            for name, text in _declared(ast.parse(code)):
                if name.startswith(
                    ("process_", "processor_", "service_")
                ):  # it says of what kind it is
                    yield Metric(f"otelcol_{name}", "gauge", text)
                elif root == "collector":
                    yield Metric(f"otelcol_{_CORE[module[1]]}_{name}", "gauge", text)
                else:
                    kind, components = _owners(module[1:])
                    yield Metric(f"otelcol_{kind}_{name}", "gauge", text, components)


def _declared(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Name and help of each gauge that a module declares."""
    texts: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=variable)], value=ast.Constant(value=str(text))):
                texts[variable] = text
    for node in ast.walk(tree):
        match node:
            case ast.Call(args=[ast.Constant(value=str(name)), help_, *_]) if _is_gauge(node.func):
                yield name, texts[help_.id] if isinstance(help_, ast.Name) else _text(help_)


def _is_gauge(function: ast.expr) -> bool:
    return ast.unparse(function).rpartition(".")[2] in {"gauge", "gauges", "Gauge"}


def _text(help_: ast.expr) -> str:
    return str(ast.literal_eval(help_))


def _owners(module: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The kind and the names of the components that are nearest to a module of a plugin."""
    near: dict[int, set[tuple[str, str]]] = {}
    for kind in registry.KINDS:
        for point in entry_points(group=f"collector.{kind}"):
            theirs = point.module.split(".")
            shared = sum(1 for _ in _alike(theirs, module))
            near.setdefault(shared, set()).add((kind[:-1], point.name))
    best = near[max(near)]
    (kind,) = {kind for kind, _ in best}
    return kind, tuple(sorted(name for _, name in best))


def _alike(one: list[str], other: tuple[str, ...]) -> Iterator[str]:
    for mine, yours in zip(one, other, strict=False):
        if mine != yours:
            return
        yield mine


def page() -> str:
    """The text of docs/metrics.md."""
    found, lines = metrics(), [_HEAD]
    for kind in _KINDS:
        rows = [metric for metric in found if metric.kind == kind]
        lines += [f"## {kind.capitalize()}", "", "| | | |", "| --- | --- | --- |"]
        lines += [_row(metric) for metric in rows]
        lines.append("")
    return "\n".join(lines)


def _row(metric: Metric) -> str:
    of = ", ".join(f"`{name}`" for name in metric.components)
    return f"| `{metric.name}` | {metric.type} | {metric.help}{f' Of {of}.' if of else ''} |"


if __name__ == "__main__":
    print(page(), end="")
