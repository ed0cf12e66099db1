"""A word that is not known and the words that are in, the end of a sentence out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """The nearest choice, whatever its case; empty when none is near."""
    right = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(word[:64].lower(), right, 1)
    return f"; did you mean {right[near[0]]}?" if near else ""
