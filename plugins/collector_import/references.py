"""`$NAME`, `${NAME}` and what other providers there are in; `${env:...}` and `${file:...}` out."""

from __future__ import annotations

import re

from .entries import Block, Entry, Scalar, walk

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_MARK = re.compile(rf"\$\$|\$\{{([^}}]*)\}}|\$({_NAME})")
_VARIABLE = re.compile(rf"(?:env:)?({_NAME}(?::-.*)?)", re.DOTALL)
_FILE = re.compile(r"file:(.+)", re.DOTALL)
_ALL = re.compile(r"(?:\s*\$\{(?:env|file):[^}]*\})+\s*")
_PROVIDERS = (
    ("yaml:", "write the value itself"),
    ("http:", "a configuration is not fetched: write the value, or ${file:path} of a copy"),
    ("https:", "a configuration is not fetched: write the value, or ${file:path} of a copy"),
)


def is_reference(text: str) -> bool:
    """Whether all of a text comes from somewhere else: it holds no secret itself."""
    return _ALL.fullmatch(text) is not None


def rewrite(root: Block) -> None:
    """Spell all references below a block as here, and leave out those that nobody here follows."""
    for entry in list(walk(root)):
        value = entry.value
        if isinstance(value, Scalar) and isinstance(value.value, str) and "$" in value.value:
            _rewrite(entry, value)


def _rewrite(entry: Entry, scalar: Scalar) -> None:
    found = _Reading()
    text = _MARK.sub(found.written, scalar.value)
    if found.wrong:
        entry.leave_out(found.wrong)
        return
    scalar.value = text
    for why in found.said:
        entry.change(why)


class _Reading:
    """Of one text: why nobody here reads it, and what is to be said if somebody does."""

    def __init__(self) -> None:
        self.wrong = ""
        self.said: dict[str, None] = {}

    def written(self, mark: re.Match[str]) -> str:
        """One reference as it is spelt here."""
        inside, bare = mark[1], mark[2]
        if bare:
            self.said["$NAME is written ${env:NAME}"] = None
            return f"${{env:{bare}}}"
        found = _VARIABLE.fullmatch(inside or "")
        if found and "${" not in inside:
            return f"${{env:{found[1]}}}"
        self._look(inside or "")
        return mark[0]

    def _look(self, inside: str) -> None:
        if "${" in inside:
            self.wrong = "one ${...} cannot stand in another: give the inner one a value"
        elif file := _FILE.fullmatch(inside):
            if not file[1].startswith("/"):
                self.said["a relative path in ${file:} begins at this file's directory"] = None
        elif ":" in inside:
            known = (advice for name, advice in _PROVIDERS if inside.startswith(name))
            advice = next(known, "write ${env:NAME} or ${file:path}")
            self.wrong = f"no such provider: {advice}"
