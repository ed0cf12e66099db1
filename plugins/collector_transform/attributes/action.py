"""One action of a configuration in, a change of many events' attributes out.

OpenTelemetry's actions, keys and order. An action runs over all attributes of a batch before the
next one does: what it costs an event is a turn of a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from collector.api import Config, Misread, Slip

from ..keys import matching
from ..ottl.converters.types import to_double, to_int
from ..ottl.fault import Failed
from ..ottl.regex import Pattern, WrongPattern
from ..ottl.values import text_of
from ..program import MAX_STATEMENTS
from .digest import digest

Attributes = dict[str, Any]
#: Carries the action out on each of these; what fails on one is told, and the next one goes on.
Change = Callable[[list[Attributes], Callable[[Exception], None]], None]

_Kind = Literal["insert", "update", "upsert", "delete", "hash", "extract", "convert"]
_Type = Literal["int", "double", "string"]
_SOURCES = ("value", "from_attribute", "default_value")
_USES: dict[str, tuple[str, ...]] = {
    "insert": _SOURCES, "update": _SOURCES, "upsert": _SOURCES,
    "delete": ("pattern",), "hash": ("pattern",), "extract": ("pattern",),
    "convert": ("converted_type",),
}  # fmt: skip
_NO_CONTEXT = (
    "from_context is not here: an event keeps nothing of its request but attributes; the peer's "
    "address is net.peer.ip of the resource"
)
_MISSING = object()


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class Action(Config):
    """What to do with one attribute, or with those whose key matches a pattern."""

    #: `insert` sets where the key is not there, `update` where it is, `upsert` in both cases.
    #: `delete` takes it away, `hash` puts the SHA-256 of a text in its place, `extract` makes
    #: attributes of the named groups of a pattern, `convert` makes another type of it.
    action: Annotated[_Kind, BeforeValidator(_lower)]
    #: The attribute, such as `env`. `delete` and `hash` need this or a pattern.
    key: str = ""
    #: For `insert`, `update` and `upsert`: what is set, of any type, such as `production`.
    value: Any = None
    #: For the same: the attribute that is copied, if it is there, such as `cloud.region`.
    from_attribute: str | None = None
    #: What is set where `from_attribute` is not there, such as `unknown`.
    default_value: Any = None
    #: Regex. `delete` and `hash`: of further keys, such as `'^internal\.'`. `extract`: of the text
    #: in `key`; each named group becomes the attribute of that name.
    pattern: str | None = None
    #: For `convert`. What cannot be converted stays as it is.
    converted_type: _Type | None = None

    @model_validator(mode="before")
    @classmethod
    def _carried(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and given.get("from_context"):
            raise Misread([Slip(_NO_CONTEXT, ("from_context",), 0, 0)])
        return given

    @field_validator("pattern")
    @classmethod
    def _regex(cls, text: str | None) -> str | None:
        if text is not None:
            try:
                Pattern(text)
            except WrongPattern as e:
                raise Misread([Slip(str(e), (), 0, len(text))]) from None
        return text

    @model_validator(mode="after")
    def _complete(self) -> Action:
        uses = _USES[self.action]
        stray = [name for name in (*_SOURCES, "pattern", "converted_type") if self._has(name)]
        slips = [_unused(self.action, name) for name in stray if name not in uses]
        if slips:
            raise Misread(slips)
        if not self.key and not (self.pattern and self.action in {"delete", "hash"}):
            raise ValueError("an action needs a key; delete and hash a key or a pattern")
        if not any(self._has(name) for name in uses) and self.action not in {"delete", "hash"}:
            raise ValueError(_NEEDS[uses])
        if self.value is not None and self.from_attribute is not None:
            raise ValueError("value and from_attribute exclude each other; give one")
        if self.action == "extract":
            self._check_groups()
        return self

    def _has(self, name: str) -> bool:
        return getattr(self, name) is not None

    def _check_groups(self) -> None:
        pattern = Pattern(self.pattern or "")
        if not pattern.names or len(pattern.names) < pattern.groups:
            said = "each group of extract needs a name, as (?P<user>[a-z]+); (?:...) is no group"
            raise Misread([Slip(said, ("pattern",), 0, len(pattern.text))])

    def change(self) -> Change:
        """What carries it out."""
        if self.action in {"insert", "update", "upsert"}:
            return _setting(self)
        if self.action == "convert":
            return _converting(self)
        if self.action == "extract":
            return _extracting(self.key, Pattern(self.pattern or ""))
        done = _delete if self.action == "delete" else _hash
        if self.pattern is None:
            return _on_key(self.key, done)
        return _on_keys(self.key, Pattern(self.pattern), done)


def _some(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    if not actions:
        raise ValueError("expected an action, such as {key: env, action: insert, value: dev}")
    return actions


#: At least one: pydantic's own bound would count the valid ones.
Actions = Annotated[tuple[Action, ...], Field(max_length=MAX_STATEMENTS), AfterValidator(_some)]


_NEEDS = {
    _SOURCES: "this action needs a value, from_attribute or default_value",
    ("pattern",): "extract needs a pattern",
    ("converted_type",): "convert needs a converted_type",
}


def _unused(kind: str, name: str) -> Slip:
    return Slip(f"the action {kind} does not use {name}", (name,), 0, 0)


def _setting(action: Action) -> Change:
    key, source = action.key, action.from_attribute
    value = action.default_value if action.value is None else action.value
    otherwise = _MISSING if value is None else value
    new, old = action.action != "update", action.action != "insert"

    def run(those: list[Attributes], _: Callable[[Exception], None]) -> None:
        for attributes in those:
            if old if key in attributes else new:
                found = otherwise if source is None else attributes.get(source, otherwise)
                if found is not _MISSING:
                    # A map may be changed in place later, by statements: each event has its own.
                    attributes[key] = found.copy() if type(found) is dict else found

    return run


def _delete(attributes: Attributes, key: str) -> None:
    attributes.pop(key, None)


def _hash(attributes: Attributes, key: str) -> None:
    if key in attributes:
        attributes[key] = digest(attributes[key])


def _on_key(key: str, done: Callable[[Attributes, str], None]) -> Change:
    def run(those: list[Attributes], failed: Callable[[Exception], None]) -> None:
        for attributes in those:
            try:
                done(attributes, key)
            except Failed as e:
                failed(e)

    return run


def _on_keys(key: str, pattern: Pattern, done: Callable[[Attributes, str], None]) -> Change:
    meant = matching([pattern])

    def run(those: list[Attributes], failed: Callable[[Exception], None]) -> None:
        for attributes in those:
            try:
                for found in [one for one in attributes if one == key or meant[one]]:
                    done(attributes, found)
            except Failed as e:
                failed(e)

    return run


def _extracting(key: str, pattern: Pattern) -> Change:
    def run(those: list[Attributes], failed: Callable[[Exception], None]) -> None:
        for attributes in those:
            value = attributes.get(key)
            if type(value) is str:
                try:
                    attributes.update(pattern.named(value))
                except Failed as e:
                    failed(e)

    return run


def _converting(action: Action) -> Change:
    key, wanted = action.key, action.converted_type
    convert = {"int": to_int, "double": to_double, "string": _to_text}[wanted or "string"]

    def run(those: list[Attributes], failed: Callable[[Exception], None]) -> None:
        for attributes in those:
            if key in attributes:
                try:
                    found = convert(attributes[key])
                except Failed as e:
                    failed(e)
                    continue
                if found is not None:  # else it stays as it is
                    attributes[key] = found

    return run


def _to_text(value: Any) -> str:
    return "" if value is None else text_of(value)
