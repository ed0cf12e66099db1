"""Which pipelines feed which."""

from __future__ import annotations

from collector.config.description import PipelineSpec
from collector.config.order import cycle, reached_from, upstream_first


def pipeline(id_: str, receivers: str, exporters: str) -> PipelineSpec:
    return PipelineSpec(id_, tuple(receivers.split()), (), tuple(exporters.split()))


LATE = pipeline("late", "join", "e")
FORK = pipeline("fork", "route", "join e/fork")
SIDE = pipeline("side", "route r/side", "join")
FIRST = pipeline("first", "r", "route")
ALONE = pipeline("alone", "r", "e/alone")


def test_a_pipeline_is_before_those_that_it_feeds() -> None:
    ordered = upstream_first([LATE, FORK, SIDE, FIRST, ALONE])
    assert [each.id for each in ordered] == ["first", "fork", "side", "late", "alone"]
    given = [ALONE, FIRST, FORK, LATE]
    assert upstream_first(given) == given


def test_an_exporter_is_reached_through_connectors() -> None:
    every = [LATE, FORK, SIDE, FIRST, ALONE]
    assert reached_from(every, "e") == {"join", "route", "r/side", "r"}
    assert reached_from(every, "e/fork") == {"route", "r"}
    assert reached_from(every, "e/alone") == {"r"}


def test_a_cycle_is_found_with_its_way() -> None:
    assert cycle([LATE, FORK, SIDE, FIRST, ALONE]) == []
    back = pipeline("back", "again", "join")
    late = pipeline("late", "join", "again")
    assert cycle([FIRST, FORK, SIDE, late, back]) == ["late", "back", "late"]
    assert cycle([pipeline("self", "loop", "loop")]) == ["self", "self"]


def test_diamonds_upon_diamonds_are_quick() -> None:
    steps = [pipeline(f"p{n}{side}", f"c{n}", f"c{n + 1}") for n in range(40) for side in "ab"]
    assert cycle(steps) == []
    assert reached_from(steps, "c40") == {f"c{n}" for n in range(40)}
