"""Which pipelines feed which, by the connectors between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .description import PipelineSpec


def upstream_first(pipelines: Sequence[PipelineSpec]) -> list[PipelineSpec]:
    """Each before those that it feeds; else as they come. There is no cycle."""
    ordered: dict[str, PipelineSpec] = {}

    def place(pipeline: PipelineSpec) -> None:
        for before in pipelines:
            if before.id not in ordered and _feeds(before, pipeline):
                place(before)
        ordered.setdefault(pipeline.id, pipeline)

    for pipeline in pipelines:
        place(pipeline)
    return list(ordered.values())


def reached_from(pipelines: Sequence[PipelineSpec], exporter: str) -> set[str]:
    """Ids of the receivers and connectors whose events can come to an exporter."""
    found: set[str] = set()
    wanted = [exporter]
    while wanted:
        last = wanted.pop()
        for pipeline in pipelines:
            if last in pipeline.exporters:
                wanted += set(pipeline.receivers) - found
                found.update(pipeline.receivers)
    return found


def cycle(pipelines: Sequence[PipelineSpec]) -> list[str]:
    """Ids of pipelines each of which feeds the next, the last being the first; or none."""
    clear: set[str] = set()

    def search(way: list[PipelineSpec]) -> list[str]:
        for after in (other for other in pipelines if _feeds(way[-1], other)):
            ids = [step.id for step in way]
            if after.id in ids:
                return [*ids[ids.index(after.id) :], after.id]
            if after.id not in clear and (found := search([*way, after])):
                return found
        clear.add(way[-1].id)
        return []

    return next(_nonempty(search([pipeline]) for pipeline in pipelines), [])


def _nonempty(lists: Iterator[list[str]]) -> Iterator[list[str]]:
    return (each for each in lists if each)


def _feeds(one: PipelineSpec, other: PipelineSpec) -> bool:
    return bool(set(one.exporters) & set(other.receivers))
