"""The graph: pipelines that name components, components that pipelines name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from collector.config.description import Description, PipelineSpec

LOGS = "service.pipelines.logs"
NOT_SHOWN = "a name that is not shown, for it may be a secret,"
LOGS_ONLY = "expected logs or logs/name as the key: only logs are carried"
LISEN = "lisen is not defined under receivers; did you mean listen?"

Problems = Callable[..., list[str]]

COMPONENTS = """\
receivers: {listen: , listen/two: }
processors: {floor: {floor: 1}}
exporters: {send: , send/two: }
"""


@pytest.fixture
def pipelines(problems: Problems) -> Problems:
    """The errors of a file with these pipelines; their section begins on line 6, column 5."""

    def run(text: str) -> list[str]:
        found = problems(f"{COMPONENTS}service:\n  pipelines:\n    {text}\n")
        return [problem for problem in found if "warning" not in problem]

    return run


def test_pipelines_are_described_in_order(described: Callable[..., Description]) -> None:
    description = described(
        COMPONENTS + "service:\n"
        "  pipelines:\n"
        "    logs: {receivers: [listen], processors: [floor], exporters: [send, send/two]}\n"
        "    logs/two: {receivers: [listen/two, listen], processors: , exporters: [send]}\n"
    )
    assert description.pipelines == (
        PipelineSpec("logs", ("listen",), ("floor",), ("send", "send/two")),
        PipelineSpec("logs/two", ("listen/two", "listen"), (), ("send",)),
    )
    assert description.warnings == ()


@pytest.mark.parametrize(
    ("pipeline", "expected"),
    [
        (
            "logs: {receivers: [lisen], exporters: [send]}",
            f"24: error: {LOGS}.receivers[0]: {LISEN}",
        ),
        (
            "logs: {receivers: [listen], exporters: [kafka]}",
            f"45: error: {LOGS}.exporters[0]: kafka is not defined under exporters",
        ),
        (
            "logs: {receivers: ['hunter 2'], exporters: [send]}",
            f"24: error: {LOGS}.receivers[0]: {NOT_SHOWN} is not defined under receivers",
        ),
        (
            "logs: {receivers: [listen], processors: [batch/a], exporters: [send]}",
            f"46: error: {LOGS}.processors[0]: batch/a is not defined under processors",
        ),
        (
            "logs: {receivers: [listen], processors: [send], exporters: [send]}",
            f"46: error: {LOGS}.processors[0]: send is one of the exporters, not of the processors",
        ),
        (
            "logs: {receivers: [listen, listen], exporters: [send]}",
            f"32: error: {LOGS}.receivers[1]: listen is in this list already",
        ),
        (
            "logs: {exporters: [send]}",
            f"5: error: {LOGS}.receivers: expected at least one of the receivers",
        ),
        (
            "logs: {receivers: [listen], exporters: []}",
            f"33: error: {LOGS}.exporters: expected at least one of the exporters",
        ),
        (
            "logs: {receivers: listen, exporters: [send]}",
            f"23: error: {LOGS}.receivers: expected a list, found text",
        ),
        (
            "logs: {receivers: [listen], exporters: [{send: }]}",
            f"45: error: {LOGS}.exporters[0]: expected text, found a mapping",
        ),
        (
            "logs: {receivers: [listen], exporters: [send], processor: []}",
            "52: error: service.pipelines.logs: unknown key processor; did you mean processors?",
        ),
        ("logs: [listen]", "11: error: service.pipelines.logs: expected receivers and exporters"),
        ("logs: ", "5: error: service.pipelines.logs: expected receivers and exporters"),
        (
            "metrics: {receivers: [listen], exporters: [send]}",
            f"5: error: service.pipelines.metrics: {LOGS_ONLY}",
        ),
        (
            "logs/: {receivers: [listen], exporters: [send]}",
            f"5: error: service.pipelines.logs/: {LOGS_ONLY}",
        ),
    ],
)
def test_a_problem_of_a_pipeline(pipelines: Problems, pipeline: str, expected: str) -> None:
    assert pipelines(pipeline) == [f"6:{expected}"]


def test_all_problems_of_all_pipelines(pipelines: Problems) -> None:
    assert pipelines("logs: {receivers: [a, b]}\n    logs/b: {exporters: [5]}") == [
        f"6:5: error: {LOGS}.exporters: expected at least one of the exporters",
        f"6:24: error: {LOGS}.receivers[0]: a is not defined under receivers",
        f"6:27: error: {LOGS}.receivers[1]: b is not defined under receivers",
        "7:5: error: service.pipelines.logs/b.receivers: expected at least one of the receivers",
        "7:26: error: service.pipelines.logs/b.exporters[0]: expected text: put it in quotes",
    ]


PIPELINE = "expected a pipeline, such as logs: {receivers: [...], exporters: [...]}"


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("", "1:1: error: key service is missing, and its pipelines with it"),
        ("service:", "4:1: error: key service is missing, and its pipelines with it"),
        ("service: {workers: 1}", f"4:1: error: service: {PIPELINE}"),
        ("service: {pipelines: }", f"4:11: error: service.pipelines: {PIPELINE}"),
        ("service: {pipelines: {}}", f"4:11: error: service.pipelines: {PIPELINE}"),
        ("service: {pipelines: [logs]}", "4:22: error: service.pipelines: expected a mapping"),
        ("service: []", "4:10: error: service: expected a mapping"),
    ],
)
def test_a_file_without_pipelines(problems: Problems, service: str, expected: str) -> None:
    assert problems(COMPONENTS + service) == [expected]


def test_a_component_that_no_pipeline_names_is_a_warning(
    described: Callable[..., Description],
) -> None:
    description = described(
        COMPONENTS + "service: {pipelines: {logs: {receivers: [listen], exporters: [send]}}}"
    )
    unused = "is in no pipeline and will not run"
    assert [(p.line, p.column, p.level, p.message) for p in description.warnings] == [
        (1, 23, "warning", f"receivers.listen/two: {unused}"),
        (2, 14, "warning", f"processors.floor: {unused}"),
        (3, 21, "warning", f"exporters.send/two: {unused}"),
    ]
    assert ("processors", "floor") in description.components


def test_a_component_with_errors_is_defined_all_the_same(problems: Problems) -> None:
    found = problems(
        "receivers: {listen: {count: x}}\n"
        "exporters: {send: 5}\n"
        "service: {pipelines: {logs: {receivers: [listen], exporters: [send]}}}"
    )
    assert found == [
        "1:29: error: receivers.listen.count: expected a whole number",
        "2:19: error: exporters.send: expected a mapping",
    ]
