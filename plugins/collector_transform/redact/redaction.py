"""A value in, the same without what must not be shown out; what was found is counted.

What cannot be looked at, because it is too long, nested too deep or has too many parts, goes whole:
who wants nothing to be seen would rather lose a value than see it pass.
"""

from __future__ import annotations

from collections import Counter
from operator import is_
from typing import Any

from ..keys import matching
from ..ottl.fault import Failed
from ..ottl.regex import Pattern
from ..ottl.values import MAX_DEPTH, text_of
from .finder import Finder
from .options import BLOCKED, UNREAD, RedactConfig
from .treatment import treatment

#: Values below one body or attribute.
MAX_VALUES = 10_000
#: Integers in which a card number can be.
_LEAST, _MOST = 10**12, 10**19

#: What becomes of a value that is removed.
GONE = object()


class Redaction:
    """What one processor does to values. `counts`: finds by detector."""

    #: Texts that were found clean, and are short, are not looked at again: names of hosts, say.
    remembered = 8192
    short = 64

    def __init__(self, config: RedactConfig) -> None:
        key = None if config.hash_key is None else config.hash_key.get_secret_value().encode()
        both = config.chosen()
        self.counts: Counter[str] = Counter()
        self.clean: set[str] = set()
        allowed = [Pattern(text) for text in config.allowed_values]
        self.finder = Finder([detector for detector, _ in both], allowed)
        self._names = [detector.name for detector, _ in both]
        self._treatments = [treatment(action, config.mask, key) for _, action in both]
        self._mask = config.mask
        self._removes = config.action == "remove"
        self._blocked = treatment(config.action, config.mask, key)
        self._ignored = config.ignored_keys
        patterns = [Pattern(text) for text in config.blocked_key_patterns]
        self._blocks = matching(patterns) if patterns else None
        self._left = 0

    def text(self, text: str) -> str:
        """A text without what is found in it."""
        try:
            finds = self.finder.finds(text)
        except (Failed, UnicodeError):
            return self._unread()
        if not finds:
            self.remember(text)
            return text
        parts: list[str] = []
        at = 0
        for start, end, number in finds:
            parts += (text[at:start], self._treatments[number](text[start:end]))
            self.counts[self._names[number]] += 1
            at = end
        return "".join((*parts, text[at:]))

    def value(self, value: Any) -> Any:
        """A value without what is found in it, itself where that is nothing."""
        self._left = MAX_VALUES
        try:
            return self._looked_at(value, 0)
        except Failed:
            return self._unread()

    def is_blocked(self, key: str) -> bool:
        """Whether what stands under a key goes whatever it is."""
        if self._blocks is None:
            return False
        try:
            return self._blocks[key]
        except (Failed, UnicodeError):
            return True

    def blocked(self, value: Any) -> Any:
        """What stands in the place of a value whose key is blocked."""
        self.counts[BLOCKED] += 1
        if self._removes:
            return GONE
        try:
            return self._blocked(text_of(value))
        except Failed:
            return self._mask

    def _unread(self) -> str:
        self.counts[UNREAD] += 1
        return self._mask

    def remember(self, text: str) -> None:
        """Nothing is in this text."""
        if len(text) <= self.short:
            if len(self.clean) >= self.remembered:
                self.clean.clear()
            self.clean.add(text)

    def _looked_at(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise Failed("a value with too many parts")
        match value:
            case str() if value not in self.clean:
                if self.finder.suspects_one(value):
                    return self.text(value)
                self.remember(value)
            case int() if _LEAST <= value < _MOST:
                return self._number(value)
            case dict():
                return self._map(value, depth)
            case list():
                made = [self._looked_at(one, depth + 1) for one in value]
                return value if all(map(is_, made, value)) else made
        return value

    def _map(self, value: dict[str, Any], depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, below in value.items():
            if key in self._ignored:
                made[key] = below
            elif self.is_blocked(key):
                left = self.blocked(below)
                if left is not GONE:
                    made[key] = left
            else:
                made[key] = self._looked_at(below, depth + 1)
        same = len(made) == len(value) and all(map(is_, made.values(), value.values()))
        return value if same else made

    def _number(self, value: int) -> Any:
        before = str(value)
        after = self.text(before)
        return value if after is before else after
