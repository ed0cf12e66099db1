"""What is wrong between connectors and the pipelines that they join."""

from __future__ import annotations

from collections.abc import Sequence

from collector.connector import Connector

from .components import Defined
from .description import PIPELINES, ComponentSpec, PipelineSpec
from .order import cycle
from .problem import did_you_mean, subject
from .source import Source


def check_connectors(source: Source, graph: Sequence[PipelineSpec], defined: Defined) -> None:
    """Report ends that lead nowhere, circles, and pipelines that a connector cannot reach."""
    for section, id_ in defined:
        if section == "connectors":
            _check_ends(source, id_, graph)
            spec = defined[section, id_]
            if spec is not None:
                _check_routes(source, spec, graph)
    circle = cycle(graph)
    if circle:
        said = f"pipelines feed each other in a circle: {' -> '.join(circle)}"
        source.error(said, (*PIPELINES, circle[0]), source.key_place((*PIPELINES, circle[0])))


def _check_ends(source: Source, id_: str, graph: Sequence[PipelineSpec]) -> None:
    place = source.key_place(("connectors", id_))
    comes = any(id_ in pipeline.exporters for pipeline in graph)
    goes = any(id_ in pipeline.receivers for pipeline in graph)
    if comes and not goes:
        said = "nothing takes from it: name it under the receivers of a pipeline"
        source.error(said, ("connectors", id_), place)
    elif goes and not comes:
        said = "nothing comes to it: name it under the exporters of a pipeline"
        source.error(said, ("connectors", id_), place)


def _check_routes(source: Source, spec: ComponentSpec, graph: Sequence[PipelineSpec]) -> None:
    assert issubclass(spec.cls, Connector)
    takers = [pipeline.id for pipeline in graph if spec.id in pipeline.receivers]
    for way, pipeline in spec.cls.routes(spec.config):
        if pipeline not in takers:
            known = [each.id for each in graph]
            said = f"{subject(pipeline)} is no pipeline{did_you_mean(pipeline, known)}"
            if pipeline in known:
                said = f"{pipeline} does not take from {spec.id}: name it under its receivers"
            source.error(said, ("connectors", spec.id, *way))
