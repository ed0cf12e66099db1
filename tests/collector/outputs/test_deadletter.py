"""The dead letter file: lines that survive, within a bound."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import orjson
from twisted.trial.unittest import SynchronousTestCase

from collector.outputs.deadletter import VERSION, DeadLetterFile


class DeadLetterTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / "deadletter" / "exporter-dt.jsonl"
        self.letters = DeadLetterFile(self.path, "dt")

    def lines(self) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self.path.read_bytes().splitlines()]

    def test_a_letter_says_what_and_why(self) -> None:
        self.assertTrue(self.letters.write(b'{"a":1}', "poison", text="status 400"))
        (line,) = self.lines()
        self.assertGreater(line.pop("time"), 10**18)
        self.assertEqual(
            line,
            {
                "version": VERSION,
                "component": "dt",
                "reason": "poison",
                "row": '{"a":1}',
                "text": "status 400",
            },
        )

    def test_letters_are_appended(self) -> None:
        for n in range(3):
            self.letters.write(b"%d" % n, "x")
        self.assertEqual([line["row"] for line in self.lines()], ["0", "1", "2"])

    def test_each_is_synced_before_it_counts(self) -> None:
        synced: list[int] = []
        self.patch(os, "fsync", synced.append)
        self.letters.write(b"x", "x")
        self.assertEqual(len(synced), 1)

    def test_only_the_owner_may_read_it(self) -> None:
        self.letters.write(b"x", "x")
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)

    def test_anything_can_be_written(self) -> None:
        odd = {"when": object(), "n": 1 << 80, "s": "\ud800", "f": float("nan"), "k": {1: 2}}
        self.assertTrue(self.letters.write(b"\xff\n\0", "\udfff", **odd))
        (line,) = self.lines()
        self.assertEqual((line["row"], line["reason"]), ("\\xff\n\0", "\\udfff"))

    def test_it_does_not_grow_beyond_its_bound(self) -> None:
        letters = DeadLetterFile(self.path, "dt", max_size=1000)
        kept = [letters.write(b"x" * 100, "x") for _ in range(20)]
        self.assertEqual(sum(kept), len(self.lines()))
        self.assertLessEqual(self.path.stat().st_size, 1000)
        self.assertEqual(kept, sorted(kept, reverse=True))
        self.assertIn(False, kept)

    def test_half_a_line_is_taken_back(self) -> None:
        self.letters.write(b"one", "x")
        write = os.write
        with_room = self.patch(os, "write", lambda fd, data: write(fd, data[:5]))
        self.assertFalse(self.letters.write(b"two", "x"))
        with_room.restore()
        self.assertTrue(self.letters.write(b"three", "x"))
        self.assertEqual([line["row"] for line in self.lines()], ["one", "three"])

    def test_a_disk_that_fails_is_no_exception(self) -> None:
        def fail(*_: Any) -> None:
            raise OSError(5, "Input/output error")

        self.patch(os, "fsync", fail)
        self.patch(os, "ftruncate", fail)
        self.assertFalse(self.letters.write(b"x", "x"))

    def test_a_place_that_cannot_be_written_is_no_exception(self) -> None:
        self.path.parents[1].write_bytes(b"")
        self.assertFalse(self.letters.write(b"x", "x"))

    def test_each_component_has_a_file(self) -> None:
        base = Path(self.mktemp())
        DeadLetterFile.of(base, "exporter", "dynatrace/eu").write(b"x", "x")
        self.assertTrue((base / "deadletter" / "exporter-dynatrace.eu.jsonl").exists())
