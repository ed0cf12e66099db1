"""Events routed by conditions, from a socket to two destinations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.system.collecting import QUICK, collector
from tests.system.network import ANY, send_stream
from tests.system.sandbox import sandbox
from tests.system.way import Way

pytestmark = pytest.mark.system


def test_each_destination_gets_what_is_for_it(way: Way, tmp_path: Path) -> None:
    with sandbox(tmp_path) as errors:

        def configure(port: int, data_dir: Path) -> str:
            route = {
                "context": "log",
                "condition": "severity_number >= 17",
                "pipelines": ["logs/errors"],
                "action": "copy",
            }
            said = {
                "receivers": {"syslog": {"tcp": {"endpoint": f"{ANY}:{port}"}}},
                "processors": {"transform": {"log_statements": ['set(log.body, "an error")']}},
                "connectors": {"routing": {"table": [route], "default_pipelines": ["logs/all"]}},
                "exporters": {
                    "dynatrace": {**QUICK, "endpoint": way.sandbox.url},
                    "dynatrace/errors": {**QUICK, "endpoint": errors.url},
                },
                "service": {
                    "data_dir": str(data_dir),
                    "pipelines": {
                        "logs": {"receivers": ["syslog"], "exporters": ["routing"]},
                        "logs/all": {"receivers": ["routing"], "exporters": ["dynatrace"]},
                        "logs/errors": {
                            "receivers": ["routing"],
                            "processors": ["transform"],
                            "exporters": ["dynatrace/errors"],
                        },
                    },
                },
            }
            return json.dumps(said)

        with collector(tmp_path, configure) as source:
            send_stream(
                source.port, b"<11>1 - h a - - - routed-bad\n<14>1 - h a - - - routed-fine\n"
            )
            assert way.sandbox.contents("routed-", 2) == ["routed-bad", "routed-fine"]
            assert errors.contents("", 1) == ["an error"]
            sent = [source.settled(id_).sent for id_ in ("dynatrace", "dynatrace/errors")]
    assert sent == [2, 1]
