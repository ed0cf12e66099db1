"""A description in, its pipelines as a diagram out, in the language of Mermaid or of Graphviz.

A component of which there is one has one node; a processor has one in each pipeline that names it.
Ids hold letters, digits and `_ . - / :` alone, so labels need no escaping.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ..config.description import Description, PipelineSpec

_SHAPES = {"receivers": ("([", "])"), "connectors": ("{{", "}}"), "exporters": ("[(", ")]")}
_DOT_SHAPES = {"receivers": "oval", "connectors": "hexagon", "exporters": "cylinder"}
_PLAIN = "passes on"


@dataclass(frozen=True)
class _Step:
    """A node inside of a pipeline."""

    name: str
    label: str


class _Names:
    """Short names of the nodes, which both languages take."""

    def __init__(self, description: Description) -> None:
        self.outside: dict[str, tuple[str, str]] = {}
        for section in ("receivers", "connectors", "exporters"):
            for number, id in enumerate(getattr(description, section), 1):
                self.outside[id] = (section, f"{section[0]}{number}")
        self.pipelines = [
            (spec, list(_steps(spec, f"p{number}")))
            for number, spec in enumerate(description.pipelines, 1)
        ]

    def arrows(self) -> Iterator[tuple[str, str]]:
        """From node to node."""
        for spec, steps in self.pipelines:
            names = [step.name for step in steps]
            yield from ((self.outside[id][1], names[0]) for id in spec.receivers)
            yield from pairwise(names)
            yield from ((names[-1], self.outside[id][1]) for id in spec.exporters)


def _steps(spec: PipelineSpec, name: str) -> Iterator[_Step]:
    for number, label in enumerate(spec.processors or (_PLAIN,), 1):
        yield _Step(f"{name}_{number}", label)


def mermaid(description: Description) -> str:
    """For Markdown on GitHub and elsewhere, and mermaid.live."""
    names = _Names(description)
    lines = ["flowchart LR"]
    for id, (section, name) in names.outside.items():
        before, after = _SHAPES[section]
        lines.append(f'    {name}{before}"{id}"{after}')
    for number, (spec, steps) in enumerate(names.pipelines, 1):
        lines.append(f'    subgraph p{number}["{spec.id}"]')
        lines += [f'        {step.name}["{step.label}"]' for step in steps]
        lines.append("    end")
    lines += [f"    {start} --> {end}" for start, end in names.arrows()]
    return "\n".join(lines) + "\n"


def dot(description: Description) -> str:
    """For Graphviz: `dot -Tsvg`."""
    names = _Names(description)
    lines = ["digraph collector {", "    rankdir=LR", "    node [shape=box]"]
    for id, (section, name) in names.outside.items():
        lines.append(f'    {name} [label="{id}" shape={_DOT_SHAPES[section]}]')
    for number, (spec, steps) in enumerate(names.pipelines, 1):
        lines += [f"    subgraph cluster_p{number} {{", f'        label="{spec.id}"']
        lines += [f'        {step.name} [label="{step.label}"]' for step in steps]
        lines.append("    }")
    lines += [f"    {start} -> {end}" for start, end in names.arrows()]
    return "\n".join([*lines, "}"]) + "\n"
