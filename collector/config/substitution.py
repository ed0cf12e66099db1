"""`${env:NAME}`, `${env:NAME:-default}` and `${file:path}` in the strings of a configuration.

1. Strings only, and once: what comes in is not looked at again. Keys stay as they are.
2. `$$` is a literal `$`, so `$${env:X}` is the text `${env:X}`; a `$` before anything else but
   `{` is itself. `${NAME}` is `${env:NAME}`, as in the OpenTelemetry Collector; any other
   `${...}` that names no source, such as a regex's `${1}`, is itself too.
3. The result is text. A field for numbers or booleans reads "5000" and "true" as it would
   read them from the environment anywhere; a token of digits stays the text it is.
4. A default is for a variable that is not set; one that is set and empty gives empty text.
5. A file gives its content without the one line end that it closes with; its name is relative
   to the directory of the configuration.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .problem import shown
from .source import Source, Way
from .text import Unreadable, is_text, read

_SOURCE = r"[A-Za-z][A-Za-z0-9+.-]*:(?!-)"
#: `$$`; or what stands between `${` and `}`; or a `${env:` without its end.
_MARK = re.compile(rf"\$\$|\$\{{(?:((?:(?!\$\{{)[^}}])*)\}}|(?={_SOURCE}))")
_NAMED = re.compile(_SOURCE)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class _Missing(Exception):
    """What is wrong with one `${...}`, as a message."""


class _Elsewhere(_Missing):
    """Nothing is wrong with it, and what it names is not here."""

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name


def substitute(
    source: Source, environment: Mapping[str, str], needed: set[str] | None = None
) -> None:
    """Replace, in place, in all strings below the root. What cannot be had is reported.

    With `needed`, no file is read: variables that are not set and files are noted in it, and the
    values that need them are not judged.
    """
    source.value = _Substitution(source, environment, needed).value(source.value, ())


class _Substitution:
    def __init__(
        self, source: Source, environment: Mapping[str, str], needed: set[str] | None
    ) -> None:
        self._source = source
        self._environment = environment
        self._needed = needed

    def value(self, value: Any, way: Way) -> Any:
        if isinstance(value, dict):
            return {key: self.value(below, (*way, key)) for key, below in value.items()}
        if isinstance(value, list):
            return [self.value(below, (*way, n)) for n, below in enumerate(value)]
        return self._text(value, way) if isinstance(value, str) and "$" in value else value

    def _text(self, text: str, way: Way) -> str:
        def replaced(mark: re.Match[str]) -> str:
            try:
                return self._replaced(mark)
            except _Missing as e:
                if isinstance(e, _Elsewhere) and self._needed is not None:
                    self._needed.add(e.name)
                else:
                    self._source.error(str(e), way)
                self._source.broken.add(way)
                return ""

        return _MARK.sub(replaced, text)

    def _replaced(self, mark: re.Match[str]) -> str:
        inside = mark[1]
        if mark[0] == "$$":
            return "$"
        if inside is None:
            raise _Missing("this ${...} has no end, or another one inside; $$ gives a plain $")
        if not _NAMED.match(inside):
            return self._variable(inside) if _is_variable(inside) else mark[0]
        source, _, rest = inside.partition(":")
        if source == "env":
            return self._variable(rest)
        if source == "file":
            return self._file(rest)
        raise _Missing("expected ${env:NAME} or ${file:path}; $$ gives a plain $")

    def _variable(self, said: str) -> str:
        name, given, default = said.partition(":-")
        if not _NAME.fullmatch(name):
            raise _Missing("${env:...} needs the name of an environment variable")
        if name in self._environment:
            return _written(self._environment[name], name)
        if not given:
            raise _Elsewhere(f"environment variable {shown(name)} is not set", shown(name))
        return default.replace("$$", "$")

    def _file(self, name: str) -> str:
        said = name if name.isprintable() else "?"
        if self._needed is not None:
            raise _Elsewhere(f"file {said} is not read", said)
        try:
            text = read(self._source.directory / name)
        except Unreadable as e:
            raise _Missing(f"file {said} {e}") from None
        return text.removesuffix("\r\n") if text.endswith("\r\n") else text.removesuffix("\n")


def _written(value: str, name: str) -> str:
    """Bytes that are not UTF-8 come as surrogates, which nothing later can write."""
    if not is_text(value):
        raise _Missing(f"environment variable {shown(name)} is not UTF-8")
    return value


def _is_variable(inside: str) -> bool:
    return _NAME.fullmatch(inside.partition(":-")[0]) is not None
