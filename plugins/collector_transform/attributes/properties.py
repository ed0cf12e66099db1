"""OpenTelemetry's `include` and `exclude` in, a test of events out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from collector.api import Config, Event, Misread, Resource, Slip

from ..ottl.paths import scope_of
from ..ottl.regex import Pattern, WrongPattern
from ..ottl.values import text_of

Test = Callable[[Event], bool]

_SPANS = ("services", "span_names", "span_kinds", "metric_names")
_NOT_HERE = {name: f"{name} is not for logs" for name in _SPANS} | {
    "services": "services is not for logs; resources has the key service.name",
}
_KINDS = ("attributes", "resources", "libraries", "log_bodies", "log_severity_texts")


class KeyValue(Config):
    """A key that must be there, with this value if there is one."""

    #: The key, such as `service.name`.
    key: str = Field(min_length=1)
    #: Its value, such as `shop`; without it any.
    value: Any = None


class Library(Config):
    """An instrumentation scope. A version that is not given is any."""

    #: The scope's name, such as `checkout`.
    name: str
    #: Its version, such as `1.2.0`; without it any.
    version: str | None = None


class Severity(Config):
    """The lowest severity number; 0 of the event is one that nobody said."""

    #: The least severity number.
    min: int = Field(default=0, ge=0, le=24)
    #: Whether events without one match.
    match_undefined: bool = False


class RegexpCache(Config):
    """OpenTelemetry's cache of matches, which RE2 needs not."""

    #: Has no effect.
    cacheenabled: bool = False
    #: Has no effect.
    cachemaxnumentries: int = 0


class Properties(Config):
    """What an event must be to be matched: all that is given."""

    #: `strict`: equal, and of the same type. `regexp`: the regex is found somewhere in the text.
    match_type: Literal["strict", "regexp"]
    #: Read and not used, for nothing here needs a cache.
    regexp: RegexpCache | None = None
    #: Attributes of the event, all of which must be there.
    attributes: tuple[KeyValue, ...] = ()
    #: Attributes of the resource, all of which must be there.
    resources: tuple[KeyValue, ...] = ()
    #: Instrumentation scopes, one of which it must be.
    libraries: tuple[Library, ...] = ()
    #: The body, one of these, such as `['^login']`.
    log_bodies: tuple[str, ...] = ()
    #: The severity text, one of these, such as `[ERROR]`.
    log_severity_texts: tuple[str, ...] = ()
    #: The severity number.
    log_severity_number: Severity | None = None

    @model_validator(mode="before")
    @classmethod
    def _carried(cls, given: Any) -> Any:
        if isinstance(given, Mapping):
            slips = [Slip(said, (key,), 0, 0) for key, said in _NOT_HERE.items() if given.get(key)]
            if slips:
                raise Misread(slips)
        return given

    @model_validator(mode="after")
    def _readable(self) -> Properties:
        if self.log_severity_number is None and not any(getattr(self, kind) for kind in _KINDS):
            raise ValueError(
                "expected one of attributes, resources, libraries, log_bodies, log_severity_texts "
                "and log_severity_number"
            )
        slips = [slip for way, text in self._regexes() if (slip := _slip(way, text))]
        if slips:
            raise Misread(slips)
        return self

    def _regexes(self) -> Iterator[tuple[tuple[str | int, ...], Any]]:
        if self.match_type == "strict":
            return
        for kind in ("attributes", "resources"):
            for n, one in enumerate(getattr(self, kind)):
                if one.value is not None:
                    yield (kind, n, "value"), one.value
        for n, library in enumerate(self.libraries):
            yield ("libraries", n, "name"), library.name
            if library.version is not None:
                yield ("libraries", n, "version"), library.version
        for kind in ("log_bodies", "log_severity_texts"):
            for n, text in enumerate(getattr(self, kind)):
                yield (kind, n), text

    def test(self) -> Test:
        """What tells whether an event is so. It may raise Failed."""
        tests = tuple(self._tests())
        if len(tests) == 1:
            return tests[0]
        return lambda event: all(test(event) for test in tests)

    def _tests(self) -> Iterator[Test]:
        """The cheap ones first."""
        if self.log_severity_number is not None:
            yield _severity(self.log_severity_number)
        if self.log_severity_texts:
            texts = self._any_of(self.log_severity_texts)
            yield lambda event: texts(event.severity_text)
        if self.attributes:
            attributes = self._pairs(self.attributes)
            yield lambda event: attributes(event.attributes)
        if self.resources:
            yield _of_resource(self._pairs(self.resources))
        if self.libraries:
            yield self._library_test()
        if self.log_bodies:
            bodies = self._any_of(self.log_bodies)
            yield lambda event: bodies(_shown(event.body))

    def _any_of(self, texts: tuple[str, ...]) -> Callable[[str], bool]:
        if self.match_type == "strict":
            return frozenset(texts).__contains__
        patterns = [Pattern(text) for text in texts]
        return lambda text: any(pattern.found_in(text) for pattern in patterns)

    def _pairs(self, wanted: tuple[KeyValue, ...]) -> Callable[[Mapping[str, Any]], bool]:
        checks = [(one.key, self._value_test(one.value)) for one in wanted]
        return lambda there: all(key in there and right(there[key]) for key, right in checks)

    def _value_test(self, wanted: Any) -> Callable[[Any], bool]:
        if wanted is None:
            return lambda _: True
        if self.match_type == "strict":
            kind = type(wanted)
            return lambda value: type(value) is kind and value == wanted
        pattern = Pattern(wanted)
        scalars = str | int | float  # a bool is an int
        return lambda value: isinstance(value, scalars) and pattern.found_in(text_of(value))

    def _library_test(self) -> Test:
        checks = [
            (self._any_of((one.name,)), one.version and self._any_of((one.version,)), one.version)
            for one in self.libraries
        ]

        def test(event: Event) -> bool:
            scope = scope_of(event)
            return any(
                name(scope.name)
                and (version(scope.version) if version else said in {None, scope.version})
                for name, version, said in checks
            )

        return test


def _slip(way: tuple[str | int, ...], text: Any) -> Slip | None:
    if not isinstance(text, str):
        return Slip("under match_type regexp a value is a regex: put it in quotes", way, 0, 0)
    try:
        Pattern(text)
    except WrongPattern as e:
        return Slip(str(e), way, 0, len(text))
    return None


def _severity(wanted: Severity) -> Test:
    def test(event: Event) -> bool:
        number = event.severity_number
        return number >= wanted.min if number else wanted.match_undefined

    return test


def _of_resource(right: Callable[[Mapping[str, Any]], bool]) -> Test:
    """Remembers the last resource: events of one source follow each other."""
    last: list[Any] = [None, False]

    def test(event: Event) -> bool:
        resource: Resource = event.resource
        if resource is not last[0]:
            last[:] = resource, right(resource.attributes)
        return bool(last[1])

    return test


def _shown(body: Any) -> str:
    if type(body) is str:
        return body
    return "" if body is None else text_of(body)
