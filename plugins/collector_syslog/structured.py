"""Structured data: `[origin ip="10.0.0.7"]` in, attributes out (RFC 5424 section 6.3).

`read` takes everything that the spec's leniency list has seen in the wild, in one pass over the
text, and says what it had to guess. `Elements` remembers what it has read.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from .memo import remember

PREFIX = "syslog.structured_data."
#: Characters of structured data that is worth remembering, and with other values.
_MAX_MEMORY = 512
_MAX_SHAPE = 2048
#: Texts with this do not come again (section 7.3.1).
_ONCE = 'sequenceId="'
# SD-NAME has 32 characters in the RFC and up to 255 in the wild.
_NAME = r'[^\s=\]"]{1,255}+'
_ID = re.compile(rf"({_NAME})(?=[ \]])")
_PARAM_NAME = re.compile(_NAME)
_SPACES = re.compile(r" *+")
_BETWEEN = re.compile(r";?+ *+")  # Check Point separates by "; "
_UNQUOTED = re.compile(r"[^\s\]]*+")
_LITERAL = re.compile(r'[^"\\]++')
# Of a backslash and a character, only these three are an escape (section 6.3.3).
_ESCAPED = frozenset('"\\]')
# A quote ends its value where the next parameter or the end of the element follows; unescaped ones
# elsewhere belong to the value.
_AFTER_VALUE = re.compile(rf';?+ *+(?:\]|{_NAME}(?:=|(?<=:)"))')


class Structured(NamedTuple):
    """Structured data that could be read."""

    attributes: dict[str, Any]
    #: Where it ends in the text: after the last `]`.
    end: int
    #: It breaks the RFC; what was meant was guessed.
    lenient: bool
    duplicate_id: bool


class Elements:
    """Structured data and the space after it into attributes, as far as it was met before.

    It also knows data of a known shape, which is the text without the values: they change with
    each message (`sequenceId`), the names never do.
    """

    def __init__(self) -> None:
        #: Whole texts to their attributes.
        self.remembered: dict[str, dict[str, str]] = {}
        #: The texts between the values to the attributes' names.
        self._shapes: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._shape: list[str] = []  # the last of them, which most likely comes again
        self._names: tuple[str, ...] = ()

    def fill(self, attributes: dict[str, Any], text: str) -> None:
        """Add those of the text. Raises KeyError, with nothing added, for what is new."""
        known = self.remembered.get(text)
        if known is not None:
            attributes |= known
            return
        pieces = text.split('"')
        shape = pieces[::2]
        if shape != self._shape:
            self._names = self._shapes[tuple(shape)]
            self._shape = shape
        if "\\" in text:
            raise KeyError
        names, at = self._names, 1
        for name in names:  # half of what `dict(zip(...))` takes
            attributes[name] = pieces[at]
            at += 2
        if len(text) <= _MAX_MEMORY and _ONCE not in text:
            remember(self.remembered, text, {name: attributes[name] for name in names})

    def learn(self, text: str, found: Structured) -> None:
        """Take over what was read from `text`, if such a text can be looked up.

        Not if it had to be guessed, nor lists: all events would share them. The look-up is cut
        at the first `] `, so the text must have it at its end only.
        """
        plain = all(isinstance(value, str) for value in found.attributes.values())
        if not plain or found.lenient or found.duplicate_id or text.find("] ") != len(text) - 2:
            return
        if len(text) <= _MAX_MEMORY and _ONCE not in text:
            remember(self.remembered, text, found.attributes)
        pieces = text.split('"')
        if (
            "\\" not in text
            and len(pieces) // 2 == len(found.attributes)
            and len(text) <= _MAX_SHAPE
        ):
            remember(self._shapes, tuple(pieces[::2]), tuple(found.attributes))


def read(text: str, start: int, joint: str = ".") -> Structured | None:
    """All elements from the `[` at `start`. None when one of them cannot be read.

    `joint` stands between SD-ID and name in the names of attributes.
    """
    reader = _Reader(text, start, joint)
    ids: set[str] = set()
    duplicate = False
    while text.startswith("[", reader.at):
        name = reader.element()
        if name is None:
            return None
        duplicate = duplicate or name in ids
        ids.add(name)
    return Structured(reader.attributes, reader.at, reader.lenient, duplicate)


class _Reader:
    """Goes through a text once; `at` never goes back."""

    def __init__(self, text: str, at: int, joint: str) -> None:
        self._joint = joint
        self.text = text
        self.at = at
        self.attributes: dict[str, Any] = {}
        self.lenient = False

    def element(self) -> str | None:
        """Read the element at `at` and return its SD-ID, or None."""
        self._skip(_SPACES, 1)
        found = _ID.match(self.text, self.at)
        name = found[1] if found else ""
        if found is None:  # Check Point leaves the SD-ID out
            self.lenient = True
        self._skip(_SPACES, len(name))
        prefix = f"{PREFIX}{name}{self._joint}" if name else PREFIX
        empty = True
        while not self.text.startswith("]", self.at):
            if not self._param(prefix):
                return None
            empty = False
            self._skip(_BETWEEN)
        self.at += 1
        if empty and not name:
            return None
        if empty:  # its name is all it says
            self.attributes.setdefault(prefix[:-1], "")
        return name

    def _param(self, prefix: str) -> bool:
        found = _PARAM_NAME.match(self.text, self.at)
        if found is None:
            return False
        name, self.at = found[0], found.end()
        if self.text.startswith("=", self.at):
            self.at += 1
        elif name[-1] == ":" and len(name) > 1 and self.text.startswith('"', self.at):
            name = name[:-1]  # Check Point writes name:"value"
            self.lenient = True
        else:
            return False
        value = self._value()
        if value is None:
            return False
        self._keep(prefix + name, value)
        return True

    def _value(self) -> str | None:
        if self.text.startswith('"', self.at):
            return self._quoted()
        self.lenient = True  # VMware: [Originator@6876 sub=Proxy]
        start = self.at
        self._skip(_UNQUOTED)
        return self.text[start : self.at]

    def _quoted(self) -> str | None:
        """The value up to a quote that ends it; other quotes are in it."""
        pieces: list[str] = []
        text, at = self.text, self.at + 1
        while at < len(text):
            literal = _LITERAL.match(text, at)
            if literal is not None:
                pieces.append(literal[0])
                at = literal.end()
                continue
            following = text[at + 1 : at + 2]
            if text[at] == "\\":
                pieces.append(following if following in _ESCAPED else "\\" + following)
                at += 2
            elif _AFTER_VALUE.match(text, at + 1):
                self.at = at + 1
                self.lenient = self.lenient or following == ";"
                return "".join(pieces)
            else:
                pieces.append('"')
                self.lenient = True
                at += 1
        return None

    def _keep(self, key: str, value: str) -> None:
        """Keep one parameter. One that comes again, as `ip` of `origin` may, becomes a list."""
        known = self.attributes.get(key)
        if known is None:
            self.attributes[key] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            self.attributes[key] = [known, value]

    def _skip(self, pattern: re.Pattern[str], more: int = 0) -> None:
        found = pattern.match(self.text, self.at + more)
        self.at = found.end() if found else self.at + more
