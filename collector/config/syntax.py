"""Text in, YAML nodes out, or what is wrong with the YAML in words of our own.

The YAML library's messages quote what they stumble over, and that may be a token without its
quotes; so none of them is shown.
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node
from ruamel.yaml.reader import Reader, ReaderError
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.tag import Tag

from .source import Place

#: Deeper than any configuration, far from the interpreter's own limit.
MAX_DEPTH = 64
#: The tag of every node that has none of its own in the file.
UNTAGGED = "untagged"

_QUOTES = "put the value in quotes if this is part of it"
_IPV6 = "; put values with [ ] or : in quotes, such as '[::]:5514'"
#: How the library's problem begins, what to say, and whether its context is the better place.
_SENTENCES = (
    ("could not find expected ':'", "expected a ':' after this key", True),
    ("mapping values are not allowed", f"a ':' cannot stand here; {_QUOTES}", False),
    ("mapping keys are not allowed", f"a '?' cannot stand here; {_QUOTES}", False),
    ("sequence entries are not allowed", f"a '-' cannot stand here; {_QUOTES}", False),
    ("found character '\\t'", "a tab cannot stand here; indent with spaces", False),
    ("found character", f"a value cannot begin with this character; {_QUOTES}", False),
    ("found unexpected end of stream", "this quote is never closed", True),
    ("found unknown escape", "no such escape; use single quotes, or \\\\ for a backslash", False),
    ("found undefined alias", f"an alias (*) of an anchor (&) that is not there; {_QUOTES}", False),
    ("expected <block end>", "the indentation is wrong, or a '-' or ':' is missing", False),
    ("expected ',' or ']'", "expected a ',' or the ']' that ends the list", False),
    ("expected ',' or '}'", "expected a ',' or the '}' that ends the mapping", False),
    ("but found another document", "expected one document; a second one begins here", False),
    ("expected the node content", "expected a value", False),
    ("found undefined tag", f"tags (!) are not supported; {_QUOTES}", False),
)


#: What the library raises besides its own errors when input is odd enough.
_STUMBLES = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


class SyntaxProblem(Exception):
    """The file is not YAML, or not YAML that we read: what is wrong, and where."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.place = place


class _Reader(Reader):
    """Remembers how far it came; the library forgets that on its way out."""

    reached: Place = (1, 1)

    def reset_reader(self) -> None:
        self.reached = (getattr(self, "line", 0) + 1, getattr(self, "column", 0) + 1)
        super().reset_reader()


class _Untagged(VersionedResolver):
    """Leaves types to `tree`, and so tells tags in the file from those the library would add.

    It is told of each node's parent before the node is made, so it watches the depth too.
    """

    _depth = 0

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            mark = current_node.start_mark
            place = (mark.line + 1, mark.column + 1)
            raise SyntaxProblem(f"nested deeper than {MAX_DEPTH} levels", place)

    def ascend_resolver(self) -> None:
        self._depth -= 1

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Tag:
        return Tag(suffix=UNTAGGED)


def compose(text: str) -> Node | None:
    """The root node of the one document in `text`; None if it has none. Raises SyntaxProblem."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Reader = _Reader
    yaml.Resolver = _Untagged
    yaml.composer.warn_double_anchors = False  # an anchor may be defined again
    try:
        root: Node | None = yaml.compose(text)
    except MarkedYAMLError as e:
        problem = _marked(e, text)
    except ReaderError as e:
        problem = SyntaxProblem(_control(e), _at(text, e.position))
    except (YAMLError, *_STUMBLES):
        problem = SyntaxProblem("this is not valid YAML", yaml.reader.reached)
    else:
        return root
    raise problem  # outside of `except`: the library's error would hang on it, with its text


def _marked(e: MarkedYAMLError, text: str) -> SyntaxProblem:
    said = str(e.problem or "")
    found = (entry for entry in _SENTENCES if said.startswith(entry[0]))
    _, sentence, in_context = next(found, ("", "this is not valid YAML", False))
    mark = (e.context_mark if in_context else e.problem_mark) or e.problem_mark or e.context_mark
    if mark is None:
        return SyntaxProblem(sentence, (1, 1))
    hint = _IPV6 if "expected" in said and _has_address(text, mark.line) else ""
    return SyntaxProblem(sentence + hint, (mark.line + 1, mark.column + 1))


def _has_address(text: str, line: int) -> bool:
    """Whether what looks like an IPv6 endpoint, which YAML takes for a list, is on this line."""
    return any("[::" in it or "]:" in it for it in text.splitlines()[line : line + 1])


def _control(e: ReaderError) -> str:
    return f"the character U+{e.character:04X} cannot stand in a YAML file"


def _at(text: str, index: int) -> Place:
    before = text[:index].split("\n")
    return len(before), len(before[-1]) + 1
