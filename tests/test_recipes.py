"""docs/recipes.md: what of the senders' side can be looked at here is right."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.documents import ROOT, Block, blocks, configurations, read_yaml
from tests.pages import Page
from tests.system.clients import ENV, client, syslog_ng
from tests.system.relaying import needs

_PAGE = "docs/recipes.md"
_TRIED = Page("recipes.md")
_SECTIONS = (
    "rsyslog",
    "syslog-ng",
    "Fluent Bit",
    "Fluentd",
    "Docker",
    "Kubernetes",
    "Cisco IOS",
    "FortiGate",
    "OpenTelemetry SDKs",
)


def _blocks(*languages: str) -> list[Block]:
    return [block for block in blocks(*languages) if block.page == _PAGE]


def test_every_sender_has_a_section() -> None:
    found = re.findall(r"^## (.*)$", (ROOT / _PAGE).read_text(), re.MULTILINE)
    assert set(_SECTIONS) <= set(found)


def test_the_collectors_side_is_whole() -> None:
    sides = [block for block in configurations() if block.page == _PAGE]
    assert len(sides) >= len(_SECTIONS) - 1  # Fluentd's is Fluent Bit's
    for side in sides:
        assert {"receivers", "exporters", "service"} <= read_yaml(side.text).keys(), side


@pytest.mark.system
def test_rsyslog_takes_its_configurations(tmp_path: Path) -> None:
    needs("omrelp", "rsyslog-relp")
    found = [block for block in _blocks("text") if "action(" in block.text]
    assert len(found) == 2
    for block in found:
        file = tmp_path / "rsyslog.conf"
        file.write_text(f'global(workDirectory="{tmp_path}")\n{block.text}')
        command = [client("rsyslogd", "/usr/sbin/rsyslogd"), "-N1", "-f", str(file)]
        ran = subprocess.run(command, env=ENV, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert "error" not in ran.stderr


@pytest.mark.system
def test_syslog_ng_takes_its_configuration(tmp_path: Path) -> None:
    (block,) = [block for block in _blocks("text") if "d_collector" in block.text]
    file = tmp_path / "syslog-ng.conf"
    file.write_text(f"@version: current\nsource s_src {{ internal(); }};\n{block.text}")
    command = [syslog_ng(), "--syntax-only", "--no-caps", f"--cfgfile={file}"]
    ran = subprocess.run(
        command, env={**os.environ, **ENV}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_docker_and_the_receiver_name_one_socket() -> None:
    (block,) = _blocks("json")
    address = json.loads(block.text)["log-opts"]["fluentd-address"]
    endpoints = [
        read_yaml(side.text)["receivers"].get("fluent_forward", {}).get("endpoint")
        for side in configurations()
        if side.page == _PAGE
    ]
    assert address in endpoints


def test_the_chart_gives_fluent_bit_the_key_that_it_uses() -> None:
    (values,) = [read for block in _blocks("yaml") if "config" in (read := read_yaml(block.text))]
    (variable,) = [one["name"] for one in values["env"]]
    assert f"${{{variable}}}" in values["config"]["outputs"]


@pytest.mark.system
@pytest.mark.parametrize(("command", "output"), _TRIED.commands)
def test_a_line_of_a_device_becomes_what_the_page_shows(
    command: str, output: str, tmp_path: Path
) -> None:
    _TRIED.check(command, output, tmp_path)
