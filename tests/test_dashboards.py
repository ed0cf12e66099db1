"""The dashboard and the alert rules: what they ask for exists, and Prometheus understands it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.metrics_page import ROOT, metrics

_FILES = ROOT / "collector" / "dashboards"
_RULES = _FILES / "prometheus-rules.yaml"
_DASHBOARD = _FILES / "grafana.json"
_VARIABLES = {"$__rate_interval": "5m", "$instance": ".*"}


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed")
    return found


def _alerts() -> list[dict[str, Any]]:
    (group,) = YAML(typ="safe").load(_RULES)["groups"]
    return list(group["rules"])


def _panel_expressions() -> Iterator[str]:
    for panel in json.loads(_DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", []):
            expression: str = target["expr"]
            for name, value in _VARIABLES.items():
                expression = expression.replace(name, value)
            yield expression


@pytest.mark.parametrize("path", [_RULES, _DASHBOARD], ids=lambda path: path.name)
def test_every_metric_that_is_asked_for_exists(path: Path) -> None:
    asked = set(re.findall(r"\botelcol_\w+", path.read_text()))
    assert len(asked) > 10
    assert asked - {metric.name for metric in metrics()} == set()


def test_every_alert_names_its_runbook_in_the_documentation() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    for alert in _alerts():
        name = alert["alert"]
        assert alert["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
        assert f"\n### {name}\n" in page


def test_every_alert_says_how_bad_it_is() -> None:
    assert {alert["labels"]["severity"] for alert in _alerts()} == {"critical", "warning"}


def test_panels_have_ids_and_places_of_their_own() -> None:
    panels = json.loads(_DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels)


def test_prometheus_understands_the_rules_and_the_panels(promtool: str, tmp_path: Path) -> None:
    panels = [
        {"record": f"panel:{n}", "expr": expression}
        for n, expression in enumerate(_panel_expressions())
    ]
    as_rules = tmp_path / "panels.json"  # JSON is YAML
    as_rules.write_text(json.dumps({"groups": [{"name": "panels", "rules": panels}]}))
    done = subprocess.run(
        [promtool, "check", "rules", _RULES, as_rules], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_when_they_should(promtool: str, tmp_path: Path) -> None:
    shutil.copy(_RULES, tmp_path)
    shutil.copy(Path(__file__).parent / "alerts.yaml", tmp_path)
    done = subprocess.run(
        [promtool, "test", "rules", "alerts.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
