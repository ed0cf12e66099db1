"""The last letters of every component."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from collector.letter import Letter
from collector.outputs.letters.file import LetterFile
from collector.outputs.letters.names import path_of
from collector.outputs.letters.recent import MOST, recent


class RecentTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.data_dir = Path(self.mktemp())

    def write(self, id_: str, *times: int, row: bytes = b"row") -> None:
        file = LetterFile(path_of(self.data_dir, "exporter", id_), id_, 1 << 20, str)
        file.write([Letter(row=row, reason="poison", time=time) for time in times])

    def times(self) -> list[tuple[str, int]]:
        return [(id_, letter.time) for _, id_, letter in recent(self.data_dir)]

    def test_the_newest_of_each_come_first(self) -> None:
        self.write("a", 1, 2, 3)
        self.write("b/c", 5)
        self.assertEqual(self.times(), [("a", 3), ("a", 2), ("a", 1), ("b/c", 5)])

    def test_there_is_a_bound(self) -> None:
        self.write("a", *range(1, 200))
        self.assertEqual([time for _, time in self.times()], list(range(199, 199 - MOST, -1)))

    def test_only_the_end_of_a_long_file_is_read(self) -> None:
        self.write("a", *range(1, 6), row=b"x" * 50_000)
        self.assertEqual([time for _, time in self.times()], [5, 4, 3, 2, 1])
        path = path_of(self.data_dir, "exporter", "a")
        path.write_bytes(b"y" * 2_000_000 + b"\n" + path.read_bytes())
        self.assertEqual(len(self.times()), 5)

    def test_a_line_that_is_no_letter_is_passed_over(self) -> None:
        self.write("a", 1)
        path = path_of(self.data_dir, "exporter", "a")
        path.write_bytes(b"{half\n" + path.read_bytes() + b'{"version": 1')
        self.assertEqual(self.times(), [("a", 1)])

    def test_there_is_none(self) -> None:
        self.assertEqual(self.times(), [])
