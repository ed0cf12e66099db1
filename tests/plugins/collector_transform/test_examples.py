"""The examples of docs/configuration.md for processors are configurations that are taken."""

from __future__ import annotations

import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from collector.config.load import check

_PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"


class ExampleTests(SynchronousTestCase):
    def test_every_example_of_a_processor_is_valid(self) -> None:
        blocks = re.findall(r"(?ms)^```yaml\n(processors:\n.*?)^```", _PAGE.read_text())
        self.assertGreaterEqual(len(blocks), 4)
        directory = Path(self.mktemp())
        directory.mkdir()
        (directory / "redact.key").write_text("secret")
        for block in blocks:
            names = re.findall(r"(?m)^  ([a-z_/]+):", block)
            path = directory / "collector.yaml"
            path.write_text(
                "receivers: {generate: }\nexporters: {stdout: }\n"
                f"{block}service: {{pipelines: {{logs: {{receivers: [generate], "
                f"processors: [{', '.join(names)}], exporters: [stdout]}}}}}}\n"
            )
            self.assertEqual([str(problem) for problem in check(path)], [], block)
