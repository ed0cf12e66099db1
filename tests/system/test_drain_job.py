"""The job that sends off the queue of a replica that is no more, and the probe of containers."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.system.network import lines, send_stream, texts
from tests.system.process import finished, running
from tests.system.waiting import LONG, eventually
from tests.system.way import a_way

pytestmark = pytest.mark.system

_PACKAGING = Path(__file__).parent.parent.parent / "packaging"


def _script(config: Path, data_dir: Path) -> str:
    job = YAML(typ="safe").load(_PACKAGING / "kubernetes" / "drain-job.yaml")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    text = str(container["command"][-1]).replace("/etc/collector/collector.yaml", str(config))
    text = re.sub(r"sleep \d", "sleep 0.1", text)
    return text.replace("/var/lib/collector", str(data_dir))


def test_what_is_queued_is_sent_and_the_job_ends(tmp_path: Path) -> None:
    with a_way(tmp_path) as (source, destination):
        data_dir = source.data_dir
        config = data_dir.parent / "collector.yaml"
        probe = _PACKAGING / "container" / "probe"
        seen = {"COLLECTOR_DATA_DIR": str(data_dir)}
        assert finished([probe, "/readyz"], tmp_path / "ready", **seen) == (0, "", "")
        assert finished([probe], tmp_path / "live", **seen)[0] == 0
        assert finished([probe, "/nothing"], tmp_path / "other", **seen)[0] == 1
        destination.fail({"status": 503, "count": 0})
        send_stream(source.port, lines("left", range(10)))
        eventually(lambda: source.metrics()("exporter_queue_bytes") > 0)
        assert source.process.stop() == 0
        code, _, error = finished([probe], tmp_path / "gone", **seen)
        assert code == 1
        assert "control.sock" in error

        words = tmp_path / "bin"
        words.mkdir()
        (words / "probe").symlink_to(probe)
        (words / "collector").symlink_to(Path(sys.executable).parent / "collector")
        path = f"{words}:{os.environ['PATH']}"
        command = ["sh", "-ec", _script(config, data_dir)]
        with running(command, tmp_path / "job", {**seen, "PATH": path}) as job:
            # Two processes start one after the other before it says so.
            eventually(lambda: '"exporter":"dynatrace"' in job.stdout, within=2 * LONG)
            assert destination.events("left-") == []
            destination.relent()
            assert job.wait() == 0, job.stderr
        assert destination.contents("left-", 10) == texts("left", range(10))
