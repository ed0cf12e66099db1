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

    #: What the text is: an object of JSON, pairs (`key=value`), one row of CSV, what a regex with
    #: named groups finds, or one of the formats that the receiver `syslog` reads.
    format: Literal["json", "kv", "csv", "regex", "cef", "leef", "syslog"]
    #: The text: `body`, `attributes["key"]`, or below one of them, as `body["log"]`. What is
    #: missing, or no text, is left alone. `from` is another name for it.
    parse_from: Annotated[str, _path(source)] = Field("body", alias="from")
    #: Where the fields go: `attributes`, in place of those of the same name, or
    #: `attributes["key"]`, as one map. `to` is another name for it.
    parse_to: Annotated[str, _path(target)] = Field("attributes", alias="to")
    #: What stands before the name of each field, such as `app.`.
    prefix: str = Field("", max_length=128)
    #: What a text does that is not of the format. `keep`: the event goes on as it is, flagged
    #: `bad_body`, and counts in `otelcol_processor_parse_errors_total`. `drop`: it ends there, and
    #: counts as dropped too, with the reason `parse_failed`. `ignore`: it goes on as it is, for
    #: streams of which only some is of the format.
    on_error: Literal["keep", "ignore", "drop"] = "keep"
    #: Required for `csv`: the names of the columns, in their order, such as `[user, action,
    #: result]`. A row with more or fewer fields is not of the format.
    header: Annotated[tuple[str, ...], AfterValidator(_header)] | None = None
    #: `csv`: the one character between two fields, a comma unless it is said, such as `';'`. `kv`:
    #: what stands between key and value, `=`.
    delimiter: Delimiter | None = None
    #: `kv`: what stands between two pairs, such as `';'`; a space where only `delimiter` is said.
    #: With neither of the two, pairs are found whatever stands between them.
    pair_delimiter: Delimiter | None = None
    #: What quotes mean in `csv`: `lazyQuotes` lets them stand where they should not,
    #: `ignoreQuotes` gives them no meaning. Unless it is said, `strict`.
    mode: Literal["strict", "lazyQuotes", "ignoreQuotes"] | None = None
    #: Required for `regex`: it has named groups, such as `'(?P<user>[a-z]+)'`. Groups that took no
    #: part are empty.
    pattern: Annotated[str, AfterValidator(_pattern)] | None = None
    #: Name of the field that is the event's time, such as `ts`: RFC 3339, RFC 3164, or a number
    #: since 1970 in seconds, milliseconds, microseconds or nanoseconds. One that cannot be read is
    #: flagged `bad_timestamp`.
    timestamp: str | None = None
    #: Name of the field that is the event's severity, such as `level`, if it is a word for one:
    #: `warn`, `Error`, `crit`.
    severity: str | None = None
    #: IANA name of the zone of times that do not say theirs, such as `Europe/Vienna`. `location`
    #: is another name for it.
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
