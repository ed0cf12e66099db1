"""What a row died of before goes with it, also when it is changed."""

from __future__ import annotations

from collector.letter import Death, Letter
from collector.outputs import history

_LETTERS = [
    Letter(row=b"a", reason="poison", text="400", attempts=1, time=5),
    Letter(row=b"b", reason="stale", history=(Death(1, "poison", "400", 2),), time=6),
]


def test_each_row_has_its_own() -> None:
    said = history.written(_LETTERS)
    assert history.read(said, [b"b", b"c", b"a"]) == [
        (Death(1, "poison", "400", 2), Death(6, "stale")),
        (),
        (Death(5, "poison", "400", 1),),
    ]


def test_there_may_be_none_or_none_that_can_be_read() -> None:
    for said in ("", "{", "[]", '{"a": 1}'):
        assert history.read(said, [b"a"]) == [()]
        assert history.carried(said, [(b"a", b"b")]) == said


def test_a_changed_row_keeps_its_own() -> None:
    said = history.carried(
        history.written(_LETTERS), [(b"a", b"longer a"), (b"x", b"y"), (b"b", b"b")]
    )
    assert history.read(said, [b"longer a"]) == [(Death(5, "poison", "400", 1),)]
    assert history.read(said, [b"y"]) == [()]
    assert len(history.read(said, [b"b"])[0]) == 2
