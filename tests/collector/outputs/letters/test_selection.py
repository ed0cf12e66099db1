"""Which letters a selection takes."""

from __future__ import annotations

import pytest

from collector.letter import Letter
from collector.outputs.letters.selection import Selection, moment

_LETTER = Letter(row=b'{"content":"disk \xc3\xa4"}', reason="poison", text="400: no", time=100)
_NOW = 1_769_860_800 * 10**9  # 2026-01-31T12:00:00Z


@pytest.mark.parametrize(
    ("selection", "takes"),
    [
        (Selection(), True),
        (Selection(reason="poison"), True),
        (Selection(reason="stale"), False),
        (Selection(since=100, until=101), True),
        (Selection(since=101), False),
        (Selection(until=100), False),
        (Selection(contains="ä"), True),
        (Selection(contains="400"), True),
        (Selection(contains="\udcff"), False),
        (Selection(contains="disk", reason="stale"), False),
    ],
)
def test_all_that_is_said_must_be_so(selection: Selection, takes: bool) -> None:  # noqa: FBT001
    assert selection.takes(_LETTER) == takes


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2h", -7200),
        ("0", 0),
        ("2026-01-31T12:00:00Z", 0),
        ("2026-01-31T12:00:00+01:00", -3600),
        ("2026-01-31 12:00:01", 1),
        ("2026-01-31", -43200),
    ],
)
def test_a_moment_is_an_age_or_a_time(text: str, seconds: int) -> None:
    assert moment(text, _NOW) == _NOW + seconds * 10**9


@pytest.mark.parametrize("text", ["", "yesterday", "2", "2026-13-01", "-2h"])
def test_others_are_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="expected an age such as 2h or a time"):
        moment(text, _NOW)
