"""What is wrong with a configuration: where, how grave, and in words that quote no value."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

#: What a key of a configuration looks like; anything else may be a secret in the wrong place.
_KEY = re.compile(r"[\w./:-]{1,64}")
_LONGEST_WORD = 64
_HIDDEN = "?"


@dataclass(frozen=True)
class Problem:
    """One finding; `str` gives the line that compilers taught editors to read."""

    file: str
    line: int
    column: int
    message: str
    level: Literal["error", "warning"] = "error"
    #: The line of a statement that it is about, and a mark under the wrong part of it.
    excerpt: str = ""
    #: From the root of the file to what it is about, an unknown key included.
    way: tuple[str | int, ...] = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        said = f"{self.file}:{self.line}:{self.column}: {self.level}: {self.message}"
        return f"{said}\n{self.excerpt}" if self.excerpt else said


class ConfigError(Exception):
    """A configuration that cannot be run: all its problems, warnings among them, by place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def shown(key: object) -> str:
    """A key as a message may show it: itself when it looks like one, else `?`."""
    text = str(key)
    return text if _KEY.fullmatch(text) else _HIDDEN


def subject(name: object) -> str:
    """A name as the subject of a sentence."""
    said = shown(name)
    return said if said != _HIDDEN else "a name that is not shown, for it may be a secret,"


def dotted(path: Iterable[str | int]) -> str:
    """A path as users write it: `service.pipelines.logs.receivers[0]`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{shown(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def nearest(word: object, choices: Iterable[str]) -> str | None:
    """The choice that was probably meant, whatever its case."""
    if not isinstance(word, str) or len(word) > _LONGEST_WORD:
        return None
    right = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(word.lower(), right, 1)
    return right[near[0]] if near else None


def did_you_mean(word: object, choices: Iterable[str]) -> str:
    """The nearest choice as the end of a sentence; empty when none is near."""
    near = nearest(word, choices)
    return f"; did you mean {near}?" if near else ""
