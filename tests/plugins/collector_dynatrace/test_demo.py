"""What the demo says: a line for an event, a sentence when its collector ends."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from collector_dynatrace.demo import _PASTE, _ended, _line

_ROOT = Path(__file__).parent.parent.parent.parent


class LineTests(SynchronousTestCase):
    def test_says_time_level_host_and_application(self) -> None:
        event = {
            "content": "hello",
            "timestamp": "2025-01-01T00:00:00.000Z",
            "loglevel": "INFO",
            "syslog.hostname": "web1",
            "syslog.appname": "nginx",
            "dt.ingest.source.ip": "192.0.2.1",
        }
        self.assertEqual(_line(event), "2025-01-01T00:00:00.000Z INFO web1 nginx: hello")

    def test_without_a_host_name_it_says_the_address(self) -> None:
        event = {"content": "hello", "loglevel": "INFO", "dt.ingest.source.ip": "192.0.2.1"}
        self.assertEqual(_line(event), "INFO 192.0.2.1: hello")

    def test_a_long_line_is_cut(self) -> None:
        self.assertEqual(len(_line({"content": "x" * 298})), 300)
        cut = _line({"content": "x" * 299})
        self.assertEqual((len(cut), cut[-5:]), (303, "xx..."))

    def test_control_characters_are_shown(self) -> None:
        self.assertEqual(_line({"content": "a\x1b[31m"}), r": a\x1b[31m")


class EndTests(SynchronousTestCase):
    def test_says_the_exit_code(self) -> None:
        self.assertEqual(_ended(1), "The collector ended with exit code 1.\n")

    def test_says_which_signal(self) -> None:
        self.assertEqual(_ended(-9), "The collector was killed by signal 9.\n")


class PasteTests(SynchronousTestCase):
    def test_the_readme_has_the_same_lines(self) -> None:
        lines = [line.strip() for line in _PASTE.splitlines() if line.startswith("  ")]
        readme = [line.strip() for line in (_ROOT / "README.md").read_text().splitlines()]
        at = readme.index(lines[0])
        self.assertEqual(readme[at : at + len(lines)], lines)
