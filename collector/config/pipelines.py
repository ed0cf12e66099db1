"""The graph as a whole: pipelines that name components, components that pipelines name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from collector.component import Config

from .components import Defined, section_of
from .connections import check_connectors
from .description import PIPELINES as WAY
from .description import PipelineSpec
from .problem import did_you_mean, subject
from .source import Source
from .validation import Block

_ID = re.compile(r"logs(/\w[\w.-]{0,62})?")
_PARTS = ("receivers", "processors", "exporters")
_SECTIONS = {
    "receivers": ("receivers", "connectors"),
    "processors": ("processors",),
    "exporters": ("exporters", "connectors"),
}


class _Pipeline(Config):
    receivers: tuple[str, ...] = ()
    processors: tuple[str, ...] = ()
    exporters: tuple[str, ...] = ()


def pipelines(source: Source, defined: Defined) -> tuple[PipelineSpec, ...]:
    """All pipelines of the file. What is wrong with them, and what they leave out, is reported."""
    section = section_of(source, WAY)
    if not section:
        _none(source)
        return ()
    found = [_pipeline(source, id_, value, defined) for id_, value in section.items()]
    _unused(source, section.values(), defined)
    graph = tuple(pipeline for pipeline in found if pipeline)
    check_connectors(source, graph, defined)
    return graph


def _none(source: Source) -> None:
    service = source.value.get("service")
    if service is None:
        place = source.keys.get(("service",))
        source.error("key service is missing, and its pipelines with it", (), place)
    elif isinstance(service, dict) and isinstance(service.get("pipelines", {}), dict | None):
        way = WAY if "pipelines" in service else WAY[:1]
        said = "expected a pipeline, such as logs: {receivers: [...], exporters: [...]}"
        source.error(said, way, source.key_place(way))


def _pipeline(source: Source, id_: str, value: Any, defined: Defined) -> PipelineSpec | None:
    way = (*WAY, id_)
    if _ID.fullmatch(id_) is None:
        source.error(
            "expected logs or logs/name as the key: only logs are carried",
            way,
            source.key_place(way),
        )
    if not isinstance(value, dict):
        source.error("expected receivers and exporters", way)
        return None
    given = {key: below for key, below in value.items() if below is not None}
    checked = Block(source, way, given, _Pipeline).validate()
    for part in _PARTS:
        _check_part(source, (*way, part), given.get(part, []), defined)
    if checked is None:
        return None
    return PipelineSpec(id_, checked.receivers, checked.processors, checked.exporters)


def _check_part(
    source: Source, way: tuple[str, str, str, str], named: object, defined: Defined
) -> None:
    part = way[-1]
    if not isinstance(named, list):
        return
    if not named and part != "processors":
        place = source.key_place(way) if way in source.keys else source.key_place(way[:-1])
        source.error(f"expected at least one of the {part}", way, place)
    for n, name in enumerate(named):
        if not isinstance(name, str):
            continue
        if name in named[:n]:
            source.error(f"{subject(name)} is in this list already", (*way, n))
        elif not any((section, name) in defined for section in _SECTIONS[part]):
            source.error(_undefined(part, name, defined), (*way, n))


def _undefined(part: str, name: str, defined: Defined) -> str:
    elsewhere = [section for section, id_ in defined if id_ == name]
    if elsewhere:
        return f"{subject(name)} is one of the {elsewhere[0]}, not of the {part}"
    known = [id_ for section, id_ in defined if section in _SECTIONS[part]]
    return f"{subject(name)} is not defined under {part}{did_you_mean(name, known)}"


def _unused(source: Source, section: Iterable[Any], defined: Defined) -> None:
    named = {
        (below, name)
        for pipeline in section
        if isinstance(pipeline, Mapping)
        for part in _PARTS
        if isinstance(pipeline.get(part), list)
        for name in pipeline[part]
        if isinstance(name, str)
        for below in _SECTIONS[part]
    }
    for way in defined:
        if way not in named:
            source.warning("is in no pipeline and will not run", way, source.key_place(way))
