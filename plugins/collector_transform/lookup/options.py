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

    #: `csv`, whose first line names the columns; or `json`: an object with a value, or an object
    #: of columns, by key, or a list of objects.
    type: Format
    #: The file, in UTF-8, such as `/etc/collector/sites.csv`. A relative name begins where the
    #: process runs.
    path: Path
    #: Column that holds the key, such as `network`; unless it is said, the first one. A list of
    #: JSON needs it, an object has no use for it.
    key: str = ""
    #: Size of the file at most. It has at most 1,000,000 rows, a key 1,024 characters, a value
    #: 4,096.
    max_size: Size = 16 << 20
    #: How often the file is looked at.
    reload_interval: Duration = 10.0


class Copy(Config):
    """A column, and the attribute that it goes to."""

    #: The column, such as `site`. It need not be named where a key has one value only.
    source: str = ""
    #: The attribute it goes to, over what is there, such as `site.name`.
    destination: str = Field(min_length=1)
    #: What goes there when there is no row, or nothing in that column, such as `elsewhere`.
    #: Without it the attribute stays as it is.
    default: str | int | float | bool | None = None


class Lookup(Config):
    """What a row is looked for by, and what is taken of it."""

    #: An expression of OTTL that gives the key, such as `log.attributes["ip"]` or `log.body`.
    key: str
    #: How it is looked for. `prefix`: the longest that the text begins with, of at most 256
    #: characters. `cidr`: the smallest network that has the address.
    match: Match = "exact"
    #: What is done with the row.
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

    #: The table.
    source: Source
    #: What is looked for, and what is done with the row.
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
