"""The connectors, and what is said of their configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Batch
from collector.config.load import check
from collector.testing import context
from collector_transform.routing.connector import RoutingConnector
from collector_transform.routing.forward import ForwardConfig, ForwardConnector
from collector_transform.routing.options import RoutingConfig
from tests.plugins.collector_transform.running import event

ROUTE = {"context": "log", "condition": 'body == "a"', "pipelines": ["logs/a"]}


def config(*routes: Any, **said: Any) -> RoutingConfig:
    return RoutingConfig.model_validate({"table": list(routes), **said})


class RoutingTests(SynchronousTestCase):
    def test_events_are_routed(self) -> None:
        made = RoutingConnector(config(ROUTE, default_pipelines=["logs/b"]), context("connector"))
        found = made.route(Batch([event("a"), event("b"), event("a")]))
        bodies = {pipeline: [e.body for e in events] for pipeline, events in found.items()}
        self.assertEqual(bodies, {"logs/a": ["a", "a"], "logs/b": ["b"]})

    def test_failures_are_counted_by_condition(self) -> None:
        fails = {**ROUTE, "condition": "Int(body) / 0 == 1"}
        given = context("connector")
        made = RoutingConnector(config(ROUTE, fails), given)
        made.route(Batch([event("1"), event("2"), event("a")]))
        said = {"statement": "table[1].condition"}
        self.assertEqual(given.metrics.get("connector_statement_errors", **said), 2)

    def test_forward_sends_everything_everywhere(self) -> None:
        made = ForwardConnector(ForwardConfig(), context("connector"))
        made.pipelines = ("logs/a", "logs/b")
        batch = Batch([event("a")])
        self.assertEqual(made.route(batch), {"logs/a": batch.events, "logs/b": batch.events})


class ConfigurationTests(SynchronousTestCase):
    def test_a_route_has_a_condition_or_a_statement_and_pipelines(self) -> None:
        both = {**ROUTE, "statement": "route()"}
        neither = {"pipelines": ["logs/a"]}
        for wrong in (both, neither, {**ROUTE, "pipelines": []}, {**ROUTE, "context": "request"}):
            self.assertRaises(ValidationError, config, wrong)
        self.assertRaises(ValidationError, config)
        self.assertRaises(ValidationError, config, *[ROUTE] * 101)

    def test_the_older_form_is_read(self) -> None:
        older = {"statement": 'route() where attributes["t"] == "x"', "pipelines": ["logs/x"]}
        self.assertEqual(config(older).table[0].context, "resource")

    def test_a_wrong_condition_is_shown_in_its_file(self) -> None:
        file = Path(self.mktemp())
        file.write_text(
            "receivers: {generate: }\n"
            "exporters: {stdout: }\n"
            "connectors:\n"
            "  routing:\n"
            "    table:\n"
            "      - condition: resource.attributes.x === 1\n"
            "        pipelines: [logs/a]\n"
            "service:\n"
            "  pipelines:\n"
            "    logs: {receivers: [generate], exporters: [routing]}\n"
            "    logs/a: {receivers: [routing], exporters: [stdout]}\n"
        )
        problems = check(file)
        self.assertEqual([(problem.line, problem.column) for problem in problems], [(6, 44)])
