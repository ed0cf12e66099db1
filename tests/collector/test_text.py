"""Anything can be said as text."""

from __future__ import annotations

from collector.text import as_text


class _Broken:
    def __str__(self) -> str:
        raise ValueError("no")


def test_whatever_it_is() -> None:
    assert as_text("\ud800é") == "\\ud800é"
    assert as_text(_Broken()) == "<_Broken>"
    assert as_text(5) == "5"
