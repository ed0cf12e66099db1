"""docs/metrics.md is what the code has: a metric that goes or changes is a change of the page."""

from __future__ import annotations

import ast

from tests import metrics_page


def test_the_page_is_what_the_code_says() -> None:
    written = metrics_page.PAGE.read_text().splitlines()
    assert written == metrics_page.page().splitlines(), "write it anew, as it says, and look at it"


def test_every_metric_has_a_sentence_and_a_place_on_the_page() -> None:
    page = metrics_page.page()
    for metric in metrics_page.metrics():
        assert metric.help.endswith("."), metric
        assert f"| `{metric.name}` | {metric.type} |" in page


def test_gauges_are_found_however_they_are_declared() -> None:
    code = """
TEXT = "Said elsewhere."
context.gauge("a", "Said here.", read)
self._context.gauges("b", TEXT, "source", read)
Gauge("processor_c", "Joined " "up.", (), read)
"""
    found = list(metrics_page._declared(ast.parse(code)))
    assert found == [("a", "Said here."), ("b", "Said elsewhere."), ("processor_c", "Joined up.")]
