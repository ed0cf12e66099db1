"""The files of dead letters: durable, for their owner, and within a bound."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from twisted.logger import Logger
from twisted.trial.unittest import SynchronousTestCase

from collector.letter import Letter
from collector.outputs.letters.file import LetterFile
from collector.outputs.letters.names import components, files_of, path_of
from collector.outputs.letters.reading import Letters


def letters(*rows: bytes) -> list[Letter]:
    return [Letter(row=row, reason="x") for row in rows]


class LetterFileTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = path_of(Path(self.mktemp()), "exporter", "dt")
        self.discarded = 0
        self.errors: list[str] = []
        self.patch(Logger, "error", self.complain)
        self.make()

    def complain(self, line: str, **facts: Any) -> None:
        self.errors.append(line.format(**facts))

    def make(self, max_size: int = 1 << 20, **more: Any) -> None:
        self.file = LetterFile(self.path, "dt", max_size, discarded=self.discard, **more)

    def discard(self, number: int) -> None:
        self.discarded += number

    def rows(self) -> list[bytes]:
        with Letters(self.path) as found:
            return [each.letter.row for each in found]


class WritingTests(LetterFileTestCase):
    def test_letters_are_appended_and_dated(self) -> None:
        self.assertEqual(self.file.write(letters(b"one", b"two")), 2)
        self.assertEqual(self.file.write(letters(b"three")), 1)
        self.assertEqual(self.rows(), [b"one", b"two", b"three"])
        with Letters(self.path) as found:
            self.assertGreater(min(each.letter.time for each in found), 10**18)

    def test_all_that_come_together_cost_one_sync(self) -> None:
        self.file.write(letters(b"first"))  # which makes the file, and syncs its name
        synced: list[int] = []
        self.patch(os, "fsync", synced.append)
        self.file.write(letters(*[b"row"] * 100))
        self.assertEqual(len(synced), 1)

    def test_only_the_owner_may_read_it(self) -> None:
        before = os.umask(0)
        try:
            self.file.write(letters(b"x"))
        finally:
            os.umask(before)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.path.parent.stat().st_mode), 0o700)

    def test_what_a_server_quotes_of_a_secret_is_not_kept(self) -> None:
        self.make(shown=lambda text: text.replace("CANARY", "***"))
        self.file.write([Letter(row=b"row", reason="x", text="400: token CANARY")])
        self.assertNotIn(b"CANARY", self.path.read_bytes())

    def test_each_component_has_files_of_its_own(self) -> None:
        data_dir = self.path.parent.parent
        for kind, id in (("exporter", "dt/eu"), ("exporter", "dt.eu"), ("receiver", "dt/eu")):
            LetterFile(path_of(data_dir, kind, id), id).write(letters(b"x"))
        self.assertEqual(
            components(data_dir),
            [("exporter", "dt.eu"), ("exporter", "dt/eu"), ("receiver", "dt/eu")],
        )


class BoundTests(LetterFileTestCase):
    def test_files_rotate_and_the_oldest_go_counted(self) -> None:
        self.make(max_size=4000)
        rows = [b"%03d" % n + b"x" * 300 for n in range(20)]
        kept = sum(self.file.write(letters(row)) for row in rows)
        self.assertEqual(kept, 20)
        left = self.rows()
        self.assertEqual(left, rows[-len(left) :])
        self.assertEqual((len(left), self.discarded), (20 - self.discarded, 12))
        self.assertLessEqual(sum(path.stat().st_size for path in files_of(self.path)), 4000)
        self.assertIn(f"{self.path} is full: its 2 oldest records are gone", self.errors[0])

    def test_a_file_that_is_gone_leaves_its_name_to_the_next(self) -> None:
        self.make(max_size=1600)
        for n in range(4):
            self.file.write(letters(b"%d" % n + b"x" * 300))
        files_of(self.path)[2].unlink()
        self.file.write(letters(b"4" + b"x" * 300))
        self.assertEqual([row[:1] for row in self.rows()], [b"0", b"2", b"3", b"4"])
        self.assertEqual(self.discarded, 0)

    def test_more_than_a_file_at_once_is_spread(self) -> None:
        self.make(max_size=4000)
        self.assertEqual(self.file.write(letters(*[b"x" * 300] * 6)), 6)
        self.assertEqual(len(self.rows()), 6)

    def test_one_that_no_file_can_hold_is_not_kept_and_the_others_are(self) -> None:
        self.make(max_size=4000)
        self.assertEqual(self.file.write(letters(b"a", b"x" * 2000, b"b")), 2)
        self.assertEqual(self.rows(), [b"a", b"b"])
        self.assertIn("raise service.dead_letter.max_size", self.errors[0])


class FailureTests(LetterFileTestCase):
    def test_half_a_line_is_taken_back(self) -> None:
        self.file.write(letters(b"one"))
        write = os.write
        short = self.patch(os, "write", lambda fd, data: write(fd, data[:5]))
        self.assertEqual(self.file.write(letters(b"two")), 0)
        short.restore()
        self.file.write(letters(b"three"))
        self.assertEqual(self.path.read_bytes().count(b"\n"), 2)
        self.assertEqual(self.rows(), [b"one", b"three"])

    def test_half_a_line_of_a_crash_does_not_spoil_the_next(self) -> None:
        self.file.write(letters(b"one", b"two"))
        os.truncate(self.path, self.path.stat().st_size - 3)
        self.file.write(letters(b"three"))
        self.assertEqual(self.rows(), [b"one", b"three"])

    def test_a_disk_that_fails_is_said_with_path_and_what_to_do(self) -> None:
        def fail(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        self.patch(os, "fsync", fail)
        self.patch(os, "ftruncate", fail)
        self.assertEqual(self.file.write(letters(b"x", b"y")), 0)
        (said,) = self.errors
        self.assertIn(f"{self.path} cannot be written", said)
        self.assertIn("No space left on device; make room there", said)

    def test_a_place_that_cannot_be_written_is_no_exception(self) -> None:
        self.path.parents[1].write_bytes(b"")
        self.assertEqual(self.file.write(letters(b"x")), 0)
        self.assertEqual(len(self.errors), 1)
