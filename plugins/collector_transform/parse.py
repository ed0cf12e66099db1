"""The parse processor: a text of each event in, what it says in attributes out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from collector.api import Batch, Config, Context, Event, Misread, Processor, Slip, flag
from collector_syslog.zone import zone

from . import formats
from .facts import Facts
from .formats import Fields, Reader, Reading
from .ottl.converters.parsing import MODES
from .ottl.fault import Fault
from .ottl.regex import Pattern
from .place import is_body, source, target

#: The keys that only some formats have.
_KEYS = {
    "kv": {"delimiter", "pair_delimiter"},
    "csv": {"header", "delimiter", "mode"},
    "regex": {"pattern"},
}
_NEEDED = {"csv": "header", "regex": "pattern"}


def _path(check: Callable[[str], object]) -> AfterValidator:
    def checked(text: str) -> str:
        try:
            check(text)
        except Fault as e:
            raise Misread([Slip(e.message, (), e.start, e.end)]) from None
        return text

    return AfterValidator(checked)


def _pattern(text: str) -> str:
    if not Pattern(text).names:  # raises WrongPattern, a ValueError
        raise ValueError("expected a regex with a named group, such as (?P<user>[a-z]+)")
    return text


def _zone(name: str) -> str:
    zone(name)  # raises ValueError
    return name


def _header(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names or len({*names}) < len(names) or len(names) > formats.MAX_FIELDS:
        raise ValueError(f"expected 1 to {formats.MAX_FIELDS} different names of columns")
    return names


Delimiter = Annotated[str, Field(min_length=1, max_length=16)]


class ParseConfig(Config):
    """Which text is read, as what, and where its fields go."""

    format: Literal["json", "kv", "csv", "regex", "cef", "leef", "syslog"]
    #: `body`, or `attributes["key"]`.
    parse_from: Annotated[str, _path(source)] = Field("body", alias="from")
    #: `attributes`, or `attributes["key"]` for a map there.
    parse_to: Annotated[str, _path(target)] = Field("attributes", alias="to")
    #: Stands before the name of each field.
    prefix: str = Field("", max_length=128)
    #: keep: as it is, flagged; ignore: as it is; drop: not at all.
    on_error: Literal["keep", "ignore", "drop"] = "keep"
    #: csv: names of the columns, in order.
    header: Annotated[tuple[str, ...], AfterValidator(_header)] | None = None
    #: csv: between two fields, a comma. kv: between key and value.
    delimiter: Delimiter | None = None
    #: kv: between two pairs. With neither of the two, whatever stands there.
    pair_delimiter: Delimiter | None = None
    #: csv: as the mode of `ParseCSV`.
    mode: Literal["strict", "lazyQuotes", "ignoreQuotes"] | None = None
    #: regex: has named groups.
    pattern: Annotated[str, AfterValidator(_pattern)] | None = None
    #: Names of the fields that say time and severity.
    timestamp: str | None = None
    severity: str | None = None
    #: IANA name of the zone of times that do not say theirs.
    timezone: Annotated[str, AfterValidator(_zone)] = Field("UTC", alias="location")

    @model_validator(mode="after")
    def _fits(self) -> ParseConfig:
        for key in sorted(set().union(*_KEYS.values()) - _KEYS.get(self.format, set())):
            if getattr(self, key) is not None:
                raise ValueError(f"the format {self.format} has no {key}")
        needed = _NEEDED.get(self.format)
        if needed and getattr(self, needed) is None:
            raise ValueError(f"the format {self.format} needs {needed}")
        between = self.delimiter or ","
        if self.format == "csv" and (len(between) > 1 or between in '"\r\n'):
            raise ValueError("the delimiter of csv is one character, and no quote or line end")
        if self.format == "kv" and (self.delimiter or "=") == (self.pair_delimiter or " "):
            raise ValueError("expected two different delimiters")
        return self

    def reading(self) -> Reading:
        """What reads the format."""
        match self.format:
            case "syslog":
                return formats.syslog(self.timezone, in_body=is_body(self.parse_from))
            case "kv":
                read = self._pairs()
            case "csv":
                mode = self.mode or MODES[0]
                read = formats.csv(self.header or (), self.delimiter or ",", mode)
            case "regex":
                read = formats.regex(Pattern(self.pattern or ""))
            case _:
                read = formats.PLAIN[self.format]
        return formats.bounded(read)

    def _pairs(self) -> Reader:
        if self.delimiter is None and self.pair_delimiter is None:
            return formats.any_pairs
        return formats.pairs_by(self.delimiter or "=", self.pair_delimiter or " ")


class ParseProcessor(Processor[ParseConfig]):
    """Adds what a text says; one that breaks the format stays as it is, flagged and counted."""

    counters: ClassVar[Mapping[str, str]] = {
        "parse_errors": "Events with a text that is not of the format.",
    }

    def __init__(self, config: ParseConfig, context: Context) -> None:
        super().__init__(config, context)
        self._find = source(config.parse_from)
        self._read = config.reading()
        self._store = target(config.parse_to)
        named = config.timestamp is not None or config.severity is not None
        self._facts = Facts(config.timestamp, config.severity, config.timezone) if named else None

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        if self._facts is not None:
            self._facts.at(time.time_ns())
        # What is no text has nothing to read, or was read already.
        texts = [(e, text) for e in batch.events if type(text := self._find(e)) is str]
        broken: list[Event] = []
        for event, fields in self._read(texts):
            if fields is None:
                broken.append(event)
            else:
                self._add(event, fields)
        if broken and self.config.on_error != "ignore":
            self._tell(batch, broken)
        return batch

    def _add(self, event: Event, fields: Fields) -> None:
        if self._facts is not None:
            self._facts.note(event, fields)
        if prefix := self.config.prefix:
            fields = {prefix + name: value for name, value in fields.items()}
        self._store(event, fields)

    def _tell(self, batch: Batch, broken: list[Event]) -> None:
        self.context.count("parse_errors", len(broken))
        if self.config.on_error == "keep":
            for event in broken:
                flag(event, "bad_body")
            return
        gone = {id(event) for event in broken}
        batch.events = [event for event in batch.events if id(event) not in gone]
        self.drop(broken, "parse_failed")
