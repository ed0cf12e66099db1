"""A letter as a line: everything that is in it comes back."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.letter import MAX_HISTORY, MAX_TEXT, Death, Letter
from collector.outputs.letters.line import VERSION, decoded, encoded

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NUMBER = st.integers(0, 1 << 62)
DEATHS = st.builds(Death, NUMBER, TEXT, TEXT, NUMBER)
LETTERS = st.builds(
    Letter,
    row=st.binary(max_size=200) | TEXT.map(str.encode),
    reason=TEXT,
    text=TEXT,
    format=TEXT,
    attempts=NUMBER,
    history=st.lists(DEATHS, max_size=3).map(tuple),
    time=NUMBER,
)


class LineTests(SynchronousTestCase):
    @given(LETTERS)
    def test_any_letter_comes_back_exactly(self, letter: Letter) -> None:
        line = encoded(letter, "dt")
        self.assertEqual(line.count(b"\n"), 1)
        self.assertEqual(decoded(line), letter)

    def test_it_can_be_read_by_people_and_other_programs(self) -> None:
        letter = Letter(row=b'{"a":1}', reason="poison", text="400: no", time=5, attempts=2)
        self.assertEqual(
            orjson.loads(encoded(letter, "dt")),
            {
                "version": VERSION,
                "time": 5,
                "component": "dt",
                "reason": "poison",
                "row": '{"a":1}',
                "text": "400: no",
                "attempts": 2,
            },
        )
        self.assertEqual(
            orjson.loads(encoded(Letter(row=b"\xff", reason=""), ""))["row_base64"], "/w=="
        )

    def test_it_has_bounds_and_no_surrogates(self) -> None:
        deaths = tuple(Death(n, "poison") for n in range(MAX_HISTORY + 5))
        odd = Letter(row=b"", reason="\ud800", text="x" * 1000, history=deaths)
        found: Any = decoded(encoded(odd, "dt"))
        self.assertEqual((found.row, found.reason, len(found.text)), (b"", "\\ud800", MAX_TEXT))
        self.assertEqual([death.time for death in found.history], list(range(5, MAX_HISTORY + 5)))

    def test_what_is_no_letter_is_none(self) -> None:
        whole = encoded(Letter(row=b"row", reason="x"), "dt")
        other = orjson.loads(whole) | {"version": VERSION + 1}
        late = whole.replace(b'"time":0', b'"time":99999999999999999999')
        early = whole.replace(b'"time":0', b'"time":-1')
        for line in (
            b"",
            b"{",
            b"\xff",
            b"[1]",
            whole[:-2],
            orjson.dumps(other),
            b"{}",
            late,
            early,
        ):
            self.assertIsNone(decoded(line))

    def test_deaths_end_with_the_last(self) -> None:
        letter = Letter(row=b"", reason="b", history=(Death(1, "a"),), time=2, text="t", attempts=3)
        self.assertEqual(letter.deaths, (Death(1, "a"), Death(2, "b", "t", 3)))
        self.assertEqual(len(msgspec.structs.replace(letter, history=letter.deaths * 9).deaths), 10)
