"""Letters are read in their order, whatever else is in the files, and taken out in place."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from collector.letter import Letter
from collector.outputs.letters.file import LetterFile
from collector.outputs.letters.line import encoded
from collector.outputs.letters.names import files_of
from collector.outputs.letters.reading import Letters
from tests.collector.outputs.letters.test_file import LetterFileTestCase, letters


class ReadingTests(LetterFileTestCase):
    def test_garbage_is_counted_and_passed_over(self) -> None:
        self.file.write(letters(b"one"))
        with self.path.open("ab") as file:
            file.write(b"garbage\n\n  \n{}\n\xff\n")
        self.file.write(letters(b"two"))
        with Letters(self.path) as found:
            self.assertEqual([each.letter.row for each in found], [b"one", b"two"])
            self.assertEqual(found.unreadable, 3)

    def test_there_may_be_none(self) -> None:
        self.assertEqual(self.rows(), [])

    def test_a_file_that_gets_another_name_meanwhile_is_read_once(self) -> None:
        self.file.write(letters(b"one"))
        files_of(self.path)[1].hardlink_to(self.path)
        self.assertEqual(self.rows(), [b"one"])

    @given(st.lists(st.binary(max_size=20), min_size=1, max_size=5), st.integers(0, 400))
    def test_a_cut_of_the_tail_loses_the_last_line_at_most(
        self, rows: list[bytes], cut: int
    ) -> None:
        lines = [encoded(letter, "dt") for letter in letters(*rows)]
        whole = b"".join(lines)
        left = max(0, len(whole) - cut)
        complete = sum(end - 1 <= left for end in itertools.accumulate(map(len, lines)))
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "exporter-dt.jsonl"
            path.write_bytes(whole[:left])
            LetterFile(path, "dt").write(letters(b"next"))
            with Letters(path) as found:
                got = [each.letter.row for each in found]
        self.assertEqual(got, [*rows[:complete], b"next"])


class RemovingTests(LetterFileTestCase):
    def remove(self, *rows: bytes) -> None:
        with Letters(self.path, writable=True) as found:
            found.remove([each for each in found if each.letter.row in rows])
            found.tidy(self.file)

    def test_some_go_and_the_others_stay(self) -> None:
        self.file.write(letters(b"one", b"two", b"three"))
        self.remove(b"two")
        self.assertEqual(self.rows(), [b"one", b"three"])
        self.assertNotIn(b"two", self.path.read_bytes())
        with Letters(self.path) as found:
            self.assertEqual(found.count(), 2)

    def test_a_file_with_nothing_left_is_deleted(self) -> None:
        self.make(max_size=1600)
        self.file.write(letters(*[b"%d" % n + b"x" * 300 for n in range(3)]))
        self.remove(b"1" + b"x" * 300)
        self.assertEqual(
            [path.exists() for path in files_of(self.path)], [True, False, True, False]
        )
        self.remove(*self.rows())
        self.assertEqual(list(self.path.parent.iterdir()), [])

    def test_one_that_was_not_read_to_its_end_is_kept(self) -> None:
        self.file.write(letters(b"one", b"two"))
        with Letters(self.path, writable=True) as found:
            found.remove([next(iter(found))])
            found.tidy(self.file)
        self.assertEqual(self.rows(), [b"two"])

    def test_what_is_no_letter_is_not_deleted(self) -> None:
        self.file.write(letters(b"one"))
        with self.path.open("ab") as file:
            file.write(b"garbage\n")
        self.remove(b"one")
        self.assertIn(b"garbage", self.path.read_bytes())

    def test_what_is_written_meanwhile_is_neither_read_nor_lost(self) -> None:
        self.make(max_size=1600)
        self.file.write(letters(b"one" + b"x" * 200))
        with Letters(self.path, writable=True) as found:
            (first,) = found
            self.file.write(letters(b"two" + b"x" * 200))  # into another file
            self.file.write([Letter(row=b"3", reason="x")])
            self.assertEqual(len(list(found)), 1)
            found.remove([first])
            found.tidy(self.file)
        self.assertEqual([row[:3] for row in self.rows()], [b"two", b"3"])

    def test_nor_when_it_is_in_the_same_file(self) -> None:
        self.file.write(letters(b"one"))
        with Letters(self.path, writable=True) as found:
            every = list(found)
            self.file.write(letters(b"two"))
            found.remove(every)
            found.tidy(self.file)
        self.assertEqual(self.rows(), [b"two"])
