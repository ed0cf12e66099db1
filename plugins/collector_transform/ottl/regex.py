r"""RE2's regexes: a pattern in, tests and replacements whose time grows with the text alone out.

1. A pattern that is plain text needs no automaton: it becomes `in`, which is 6 times faster. One
   that begins with plain text is tried only where that is found.
2. Everything else is the RE2 library's. What it refuses is refused: its Python binding would hand
   a look-around to `re`, whose time can grow with the square of what a peer sends, or worse.
3. Classes are RE2's and Go's: `\d`, `\w`, `\s` and `\b` know ASCII only, `$` is the end of the
   text. A longer text than `MAX_TEXT` is an error: to look at its beginning would move its end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import re2

from .fault import Failed
from .values import MAX_SIZE

#: Characters of a text that a pattern looks at. 60,000 take 0.7 ms at worst.
MAX_TEXT = 1 << 20
MAX_PATTERN = 4096
#: Of a compiled pattern, in bytes: RE2's own default is 8 MiB, and there may be hundreds.
_MAX_MEMORY = 1 << 20
#: Keys that are remembered, and characters of one: 1 MiB for each pattern at worst.
_MAX_KEYS = 1024
_MAX_KEY = 256

re2.set_fallback_notification(re2.FALLBACK_EXCEPTION)

_PLAIN = re.compile(r"(?:[^\\.+*?()|\[\]{}^$]|\\[.+*?()|\[\]{}^$/\-\\])*")
_LEADING = re.compile(r"[^\\.+*?()|\[\]{}^$]*")
#: A class, an escaped character, or one that stands for itself or more.
_GLOB = re.compile(r"\[[!^]?(?:[^\]\\[]|\\.)+\]|\\.|.", re.DOTALL)
_SIGNS = {"*": ".*", "?": ".", "{": "(?:", "}": ")"}
_EXPANDED = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})", re.ASCII)


class WrongPattern(ValueError):
    """A pattern that RE2 does not take: why not."""


class _Keys(dict[str, bool]):
    """Answers about keys, which are few, and the same in most maps. A full memory is emptied."""

    def __init__(self, found: Callable[[str], bool]) -> None:
        super().__init__()
        self._found = found

    def __missing__(self, key: str) -> bool:
        answer = self._found(key)
        if len(key) <= _MAX_KEY:
            if len(self) >= _MAX_KEYS:
                self.clear()
            self[key] = answer
        return answer


class Pattern:
    """A checked pattern."""

    def __init__(self, text: str) -> None:
        """Raises WrongPattern."""
        self.text = text
        self._compiled = _compiled(text)
        self.groups: int = self._compiled.groups
        self.names: dict[str, int] = dict(self._compiled.groupindex)
        plain = _plain(text)
        #: What it looks for, where that is plain text.
        self.literal: str | None = plain
        self.anchored = text.startswith("^")
        #: Plain text that each match begins with, at the beginning of the text where `anchored`.
        self.prefix = _prefix(text.removeprefix("^"))
        #: Whether it is found in a key of a map.
        self.keys: Mapping[str, bool] = _Keys(self.found_in)
        self._contains: Callable[[str], bool] = self._compiled.contains

    def __repr__(self) -> str:
        return f"Pattern({self.text!r})"

    def found_in(self, text: str) -> bool:
        """Whether it matches somewhere in the text."""
        if self.literal is not None:
            return self.literal in text
        if not (text.startswith(self.prefix) if self.anchored else self.prefix in text):
            return False
        return bool(self._contains(_bounded(text)))

    def spans(self, text: str, group: int = 0) -> Iterator[tuple[int, int]]:
        """From where to where each match goes, or a group of it that took part."""
        for match in self._compiled.finditer(_bounded(text)):
            start, end = match.span(group)
            if start >= 0:
                yield start, end

    def named(self, text: str) -> dict[str, str]:
        """The named groups of the first match; empty where there is none."""
        match = self._compiled.search(_bounded(text))
        if match is None:
            return {}
        return {name: value or "" for name, value in match.groupdict().items()}

    def replaced(self, text: str, by: Callable[[Any], str]) -> str:
        """The text with each match replaced by what `by` makes of it; itself where none is."""
        if not self.found_in(text):
            return text
        parts: list[str] = []
        at = size = 0
        for match in self._compiled.finditer(_bounded(text)):
            start, end = match.span()
            parts += (text[at:start], by(match))
            size += len(parts[-1])
            if size > MAX_SIZE:
                raise Failed("the replaced text would be too long")
            at = end
        return "".join((*parts, text[at:]))


def glob(text: object) -> Pattern:
    """A pattern for a whole text, as upstream reads it: `*` is any text, `{a,b}` one of two.

    Raises WrongPattern.
    """
    if not isinstance(text, str):
        raise WrongPattern("expected a glob pattern, which is a string")
    parts: list[str] = []
    depth = 0
    for part in _GLOB.findall(text):
        depth += (part == "{") - (part == "}")
        if depth < 0:
            break
        parts.append("|" if depth and part == "," else _SIGNS.get(part) or _globbed(part))
    if depth:
        raise WrongPattern("a brace without its other one; as a character it is \\\\{ or \\\\}")
    return Pattern(rf"(?s)\A{''.join(parts)}\z")


def _globbed(part: str) -> str:
    if part[0] == "[" and len(part) > 2:
        return f"[^{part[2:]}" if part[1] == "!" else part
    return str(re2.escape(part[-1]))


def expansion(replacement: str) -> Callable[[Any], str]:
    """Go's `Regexp.Expand`: `$1`, `${name}` and `$$` in a replacement; one not known is empty."""
    if "$" not in replacement:
        return lambda _: replacement

    def expanded(match: Any) -> str:
        def group(mark: re.Match[str]) -> str:
            name = mark[1] or mark[2]
            return "$" if name is None else _group(match, name)

        return _EXPANDED.sub(group, replacement)

    return expanded


def _bounded(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise Failed(f"a text over {MAX_TEXT} characters, for a regex")
    return text


def _group(match: Any, name: str) -> str:
    try:
        return str(match.group(int(name) if name.isdecimal() else name) or "")
    except (IndexError, ValueError, OverflowError):
        return ""


def _compiled(text: str) -> Any:
    if len(text) > MAX_PATTERN:
        raise WrongPattern(f"a pattern has at most {MAX_PATTERN} characters")
    try:
        found = re2.compile(text, re2.ASCII, _MAX_MEMORY)
    except Exception as e:  # noqa: BLE001 the binding raises what it likes
        reason = str(e).partition(":")[0].lower()
        raise WrongPattern(f"not a regex of RE2: {reason or type(e).__name__}") from None
    if not isinstance(found, re2.Pattern):
        raise WrongPattern("not a regex of RE2")
    return found


def _prefix(text: str) -> str:
    """What stands before the first sign; without its last character where that may be missing."""
    if "|" in text:
        return ""
    found = _LEADING.match(text)
    assert found is not None  # it may be empty
    return found[0][:-1] if text[found.end() : found.end() + 1] in {"*", "?", "{"} else found[0]


def _plain(text: str) -> str | None:
    if _PLAIN.fullmatch(text) is None:
        return None
    return re.sub(r"\\(.)", r"\1", text)
