"""Bounded memory of what was parsed before: a dict or a set, and a limit.

A full memory is emptied, not trimmed: a plain dict costs 19 ns a hit where an LRU costs 45 to
300, and what matters comes back with the next line.
"""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

#: Entries of one memory. The largest keys are a few hundred characters, so a few MB at worst.
LIMIT = 8192


def remember(memory: dict[K, V], key: K, value: V) -> None:
    """Keep `value`, at the price of all others when there is no room."""
    if len(memory) >= LIMIT:
        memory.clear()
    memory[key] = value


def learn(memory: set[K], key: K) -> None:
    """Keep `key`, at the price of all others when there is no room."""
    if len(memory) >= LIMIT:
        memory.clear()
    memory.add(key)
