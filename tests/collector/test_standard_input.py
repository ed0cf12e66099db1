"""Lines of standard input, through a pipe."""

from __future__ import annotations

import os

from twisted.trial.unittest import TestCase

from collector import standard_input
from collector.standard_input import standard_lines
from tests.collector.tasks import as_task


class StandardLinesTests(TestCase):
    def setUp(self) -> None:
        self.out, self.into = os.pipe()
        self.addCleanup(os.close, self.out)

    @as_task
    async def test_gives_lines_without_their_ends_as_they_come(self) -> None:
        lines = standard_lines(self.out)
        os.write(self.into, b"one\r\n\ntwo\nthr")
        self.assertEqual(await anext(lines), [b"one", b"two"])
        os.write(self.into, b"ee\nfour")
        self.assertEqual(await anext(lines), [b"three"])
        os.close(self.into)
        self.assertEqual([batch async for batch in lines], [[b"four"]])

    @as_task
    async def test_a_line_without_end_is_taken_in_parts(self) -> None:
        self.patch(standard_input, "LONGEST", 10)
        os.write(self.into, b"\0" * 25)
        os.close(self.into)
        self.assertEqual([batch async for batch in standard_lines(self.out)], [[b"\0" * 25]])

    @as_task
    async def test_what_cannot_be_read_is_empty(self) -> None:
        os.close(self.into)
        self.assertEqual([batch async for batch in standard_lines(-1)], [])
