"""Waits that grow with each failure."""

from __future__ import annotations

#: More doublings reach any limit, and a float has no room for a thousand.
_MOST = 32


def doubled(first: float, longest: float, times: int) -> float:
    """`first`, doubled so many times; `longest` at most."""
    return min(longest, first * 2.0 ** min(times, _MOST))
