"""Connectors and the pipelines that they join: what is said of those that lead nowhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Problems = Callable[..., list[str]]

FILE = """\
receivers: {{listen: }}
exporters: {{send: }}
connectors: {connectors}
service:
  pipelines:
"""


@pytest.fixture
def wrong(problems: Problems) -> Problems:
    """The errors of a file with these pipelines; their first is on line 6."""

    def run(*pipelines: str, connectors: str = "{join: {to: [logs/b]}}") -> list[str]:
        lines = "".join(f"    {line}\n" for line in pipelines)
        found = problems(FILE.format(connectors=connectors) + lines)
        return [problem for problem in found if "warning" not in problem]

    return run


IN = "logs: {receivers: [listen], exporters: [join]}"
OUT = "logs/b: {receivers: [join], exporters: [send]}"


def test_a_connector_ends_one_pipeline_and_begins_another(wrong: Problems) -> None:
    assert wrong(IN, OUT) == []


def test_both_ends_are_needed(wrong: Problems) -> None:
    plain = "logs/b: {receivers: [listen], exporters: [send]}"
    (said,) = wrong(IN, plain, connectors="{join: }")
    assert said == (
        "3:14: error: connectors.join: nothing takes from it: name it under the receivers of a "
        "pipeline"
    )
    (said,) = wrong(OUT)
    assert "nothing comes to it: name it under the exporters of a pipeline" in said


def test_a_pipeline_that_a_connector_names_must_take_from_it(wrong: Problems) -> None:
    (said,) = wrong(IN, OUT, connectors="{join: {to: [logs/b, logs/c]}}")
    assert said == (
        "3:34: error: connectors.join.to[1]: logs/c is no pipeline; did you mean logs/b?"
    )
    (said,) = wrong(IN, OUT, connectors="{join: {to: [logs]}}")
    assert said.endswith("to[0]: logs does not take from join: name it under its receivers")


def test_a_circle_is_shown(wrong: Problems) -> None:
    back = "logs/b: {receivers: [join], exporters: [send, join/back]}"
    first = "logs: {receivers: [listen, join/back], exporters: [join]}"
    (said,) = wrong(first, back, connectors="{join: , join/back: }")
    assert said == (
        "6:5: error: service.pipelines.logs: pipelines feed each other in a circle: "
        "logs -> logs/b -> logs"
    )


def test_a_name_that_is_an_exporters_too_is_refused(wrong: Problems) -> None:
    said = wrong("logs: {receivers: [listen], exporters: [send]}", connectors="{send: }")
    assert any(
        "is one of the exporters too: give one of the two another name" in each for each in said
    )
