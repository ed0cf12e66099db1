"""The configuration of the processor `lookup`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator, model_validator

from collector.api import Config, Duration, Misread, Size

from ..expressions import values
from .index import Match
from .table import Format


class Source(Config):
    """The file that holds the table."""

    type: Format
    path: Path
    key: str = ""
    max_size: Size = 16 << 20
    reload_interval: Duration = 10.0


class Copy(Config):
    """A column, and the attribute that it goes to."""

    source: str = ""
    destination: str = Field(min_length=1)
    default: str | int | float | bool | None = None


class Lookup(Config):
    """What a row is looked for by, and what is taken of it."""

    key: str
    match: Match = "exact"
    attributes: tuple[Copy, ...] = Field(min_length=1, max_length=100)

    @field_validator("key")
    @classmethod
    def _readable(cls, text: str) -> str:
        try:
            values("key", (text,))
        except Misread as e:
            raise Misread([slip._replace(way=()) for slip in e.slips]) from None
        return text


class LookupConfig(Config):
    """A table and how it is asked."""

    source: Source
    lookups: tuple[Lookup, ...] = Field(max_length=100)

    @model_validator(mode="after")
    def _complete(self) -> LookupConfig:
        if not self.lookups:
            raise ValueError("expected lookups, a list of keys with their attributes")
        if not self.source.reload_interval:
            raise ValueError("expected a reload_interval over 0")
        return self

    def columns(self) -> tuple[str, ...]:
        """The columns that are taken, each once."""
        return tuple(dict.fromkeys(c.source for one in self.lookups for c in one.attributes))
