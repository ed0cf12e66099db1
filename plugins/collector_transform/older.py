"""OpenTelemetry's oldest way to filter logs, `include` and `exclude`, in, tests of events out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, WithJsonSchema, model_validator

from collector.api import Config, Misread, Slip

from .attributes.properties import KeyValue, Properties, Severity, Test
from .ottl.enums import ENUMS

#: In the words of the processor `attributes`, and here.
_NAMES = {
    "resources": "resource_attributes", "attributes": "record_attributes",
    "log_severity_texts": "severity_texts", "log_severity_number": "severity_number",
    "log_bodies": "bodies",
}  # fmt: skip


def _named(given: Any) -> Any:
    return ENUMS.get(f"SEVERITY_NUMBER_{given}".upper(), given)


class OlderSeverity(Severity):
    """The lowest severity, by its number or its short name."""

    #: The least severity, as a number or a name, such as `WARN`.
    min: Annotated[
        int,
        Field(ge=0, le=24),
        BeforeValidator(_named),
        WithJsonSchema({"type": ["integer", "string"], "minimum": 0, "maximum": 24}),
    ] = 0


class OlderProperties(Config):
    """What an event must be: all that is given."""

    #: `strict`: equal. `regexp`: the regex is found somewhere in the text.
    match_type: Literal["strict", "regexp"] = "strict"
    #: Attributes of the resource, all of which must be there.
    resource_attributes: tuple[KeyValue, ...] = ()
    #: Attributes of the event, all of which must be there.
    record_attributes: tuple[KeyValue, ...] = ()
    #: The severity text, one of these, such as `[DEBUG]`.
    severity_texts: tuple[str, ...] = ()
    #: The severity number.
    severity_number: OlderSeverity | None = None
    #: The body, one of these, such as `['^GET /health']`.
    bodies: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _readable(self) -> OlderProperties:
        if not any(getattr(self, name) for name in _NAMES.values()):
            raise ValueError(f"expected one of {', '.join(_NAMES.values())}")
        try:
            self.properties()
        except ValidationError as e:
            raise Misread([_renamed(slip) for slip in _slips(e)]) from None
        return self

    def properties(self) -> Properties:
        """The same in the words of the processor `attributes`."""
        said = {name: getattr(self, here) for name, here in _NAMES.items()}
        return Properties(match_type=self.match_type, **said)


class OlderFilter(Config):
    """Which events go on: those that `include` matches, and `exclude` does not."""

    #: Only what this matches goes on. All that is given in it must match. Not beside `log_record`
    #: and `resource`.
    include: OlderProperties | None = None
    #: What this matches does not go on. All that is given in it must match.
    exclude: OlderProperties | None = None

    def tests(self) -> Iterator[tuple[str, Test, bool]]:
        """The key, its test, and what that must give of an event that goes on."""
        for key, wanted in (("include", True), ("exclude", False)):
            found: OlderProperties | None = getattr(self, key)
            if found is not None:
                yield key, found.properties().test(), wanted


def _slips(error: ValidationError) -> list[Slip]:
    raised = [each["ctx"]["error"] for each in error.errors()]
    return [slip for each in raised if isinstance(each, Misread) for slip in each.slips]


def _renamed(slip: Slip) -> Slip:
    first, *rest = slip.way
    return slip._replace(way=(_NAMES[str(first)], *rest))
