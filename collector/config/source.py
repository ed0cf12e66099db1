"""One configuration file under examination: its values, their places, what was found so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .problem import Problem, dotted

#: From the root of the file to a value: keys and list indexes.
Way = tuple[str | int, ...]
#: Line and column, counted from 1.
Place = tuple[int, int]


@dataclass
class Source:
    """What later stages read, and where they report. Nothing here is printed but problems."""

    #: The file as messages name it.
    file: str
    #: What `${file:}` is relative to.
    directory: Path
    value: Any = field(default=None, repr=False)
    keys: dict[Way, Place] = field(default_factory=dict, repr=False)
    values: dict[Way, Place] = field(default_factory=dict, repr=False)
    #: The file as it was read.
    text: str = field(default="", repr=False)
    #: Values that could not be had: reported once, and not judged again.
    broken: set[Way] = field(default_factory=set, repr=False)
    _problems: dict[Problem, None] = field(default_factory=dict)

    def value_place(self, way: Way) -> Place:
        """Where a value stands; the nearest one around it if it stands nowhere."""
        while way and way not in self.values:
            way = way[:-1]
        return self.values.get(way, (1, 1))

    def key_place(self, way: Way) -> Place:
        """Where the key of a value stands; for an item of a list, the item."""
        return self.keys.get(way) or self.value_place(way)

    def error(self, message: str, way: Way = (), place: Place | None = None) -> None:
        """Report what must be changed, at `place`, else at the value."""
        self._report("error", message, way, place)

    def unknown(self, message: str, way: Way, key: str | int) -> None:
        """Report a key of the value at `way` that nothing reads."""
        about = (*way, key)
        self._report("error", message, way, self.key_place(about), about=about)

    def warning(self, message: str, way: Way, place: Place | None = None) -> None:
        """Report what is unusual and runs all the same."""
        self._report("warning", message, way, place)

    def slip(self, message: str, way: Way, place: Place, excerpt: str) -> None:
        """Report what is wrong inside of a text, with the line of it that may be shown."""
        self._report("error", message, way, place, excerpt)

    def problems(self) -> tuple[Problem, ...]:
        """All that was reported, once each, by place, errors first."""
        return tuple(sorted(self._problems, key=lambda it: (it.line, it.column, it.level)))

    def failed(self) -> bool:
        """Whether there is an error among the problems."""
        return any(problem.level == "error" for problem in self._problems)

    def _report(
        self,
        level: Literal["error", "warning"],
        message: str,
        way: Way,
        place: Place | None,
        excerpt: str = "",
        about: Way | None = None,
    ) -> None:
        line, column = place or self.value_place(way)
        text = f"{dotted(way)}: {message}" if way else message
        problem = Problem(self.file, line, column, _one_line(text), level, excerpt, about or way)
        self._problems[problem] = None


def _one_line(text: str) -> str:
    """Text of plugins too, made safe for a terminal and for tools that read lines."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
