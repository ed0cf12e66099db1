"""XML in, maps out: `ParseXML`, and `ParseSimplifiedXML` of what that gives.

The parser is expat. A document with a DOCTYPE is refused, since only that can have entities that
grow; what is left takes time and room that grow with the text alone.
"""

from __future__ import annotations

from typing import Any
from xml.parsers.expat import (
    ExpatError,
    ParserCreate,
)

from ..fault import Failed
from ..regex import MAX_TEXT

#: Levels of elements: each is two of the value's, a map and a list in it.
_MAX_DEPTH = 30
#: Elements of a document. A value with more could not be stored.
_MAX_ELEMENTS = 32_768
Element = dict[str, Any]


def element(target: str) -> Element:
    """What `ParseXML` gives: `tag`, and of `attributes`, `content` and `children` what there is.

    Raises Failed.
    """
    if len(target) > MAX_TEXT:
        raise Failed(f"a text over {MAX_TEXT} characters, for XML")
    tree = _Tree()
    parser = ParserCreate("utf-8")  # whatever the document says: it is text
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = tree.refuse
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.text
    try:
        parser.Parse(target.encode("utf-8", "replace"), True)
    except ExpatError:
        raise Failed("not XML") from None
    root: Element = tree.top["children"][0]
    return root


class _Tree:
    """The elements that are open, and the document above them."""

    def __init__(self) -> None:
        self.top: Element = {}
        self._open = [self.top]
        self._left = _MAX_ELEMENTS

    def refuse(self, *_: object) -> None:
        raise Failed("XML with a DOCTYPE")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) > _MAX_DEPTH:
            raise Failed(f"XML nested deeper than {_MAX_DEPTH}")
        if self._left == 0:
            raise Failed(f"XML of more than {_MAX_ELEMENTS} elements")
        self._left -= 1
        found: Element = {"tag": _local(name)}
        if attributes:
            found["attributes"] = {_local(key): value for key, value in attributes.items()}
        self._open[-1].setdefault("children", []).append(found)
        self._open.append(found)

    def end(self, _: str) -> None:
        done = self._open.pop()
        if "content" in done:
            done["content"] = "".join(done["content"])

    def text(self, data: str) -> None:
        if text := data.strip():
            self._open[-1].setdefault("content", []).append(text)


def _local(name: str) -> str:
    """A name without its namespace's prefix."""
    return name.rpartition(":")[2]


def simplified(target: str) -> dict[str, Any]:
    """What `ParseSimplifiedXML` gives: values by tag, without attributes. Raises Failed."""
    root = element(target)
    value = _value(root)
    return {} if value is None else {root["tag"]: value}


def _value(of: Element) -> Any:
    """A map where there are elements in it, else the text; None where there is neither.

    Elements of one tag are a list, even if only one of them is not empty.
    """
    if "children" not in of:
        return of.get("content")
    found: dict[str, list[Any]] = {}
    for child in of["children"]:
        found.setdefault(child["tag"], []).append(_value(child))
    return {
        tag: values[0] if len(values) == 1 else [value for value in values if value is not None]
        for tag, values in found.items()
        if any(value is not None for value in values)
    }
