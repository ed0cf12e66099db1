"""The configuration of the processor `redact`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from collector.api import Config, Misread, SecretStr, Slip

from ..ottl.nearest import did_you_mean
from ..ottl.regex import Pattern, WrongPattern
from .detector import Detector
from .known import KNOWN, ON_REQUEST
from .treatment import Action

#: What is counted that no detector found: keys that are blocked, and values that cannot be read.
BLOCKED, UNREAD = "blocked_key", "unread"
MAX_PATTERNS = 100

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]


class Named(Config):
    """A detector that has an action of its own."""

    #: The name of a detector, such as `email`.
    name: str
    #: What is done with its finds.
    action: Action


class PatternOption(Config):
    """A regex for what nobody else looks for."""

    #: What the regex is called in the metrics: `a-z`, digits and `_`, such as `employee`.
    name: _Name
    #: The regex, which is RE2's, such as `'\bE-\d{6}\b'`.
    pattern: str
    #: What is done with what it finds; unless it is said, the `action` of the processor.
    action: Action | None = None

    @field_validator("pattern")
    @classmethod
    def _regex(cls, text: str) -> str:
        if Pattern(_checked(text)).found_in(""):
            said = "this matches where nothing is; write + for *, or an end that must be there"
            raise Misread([Slip(said, (), 0, len(text))])
        return text


class RedactConfig(Config):
    """What is looked for, where, and what is done with it."""

    #: What is looked for: names of detectors, such as `[card, iban]`, or a name with an action of
    #: its own. Unless it is said, all but `password`, `ipv4` and `ipv6`.
    detectors: tuple[str | Named, ...] = tuple(name for name in KNOWN if name not in ON_REQUEST)
    #: Regexes of your own.
    patterns: tuple[PatternOption, ...] = Field(default=(), max_length=MAX_PATTERNS)
    #: Regexes, such as `['@example\.com$']`. A find in which one of them is found stays.
    allowed_values: tuple[str, ...] = Field(default=(), max_length=MAX_PATTERNS)
    #: Regexes of keys whose value goes whole, whatever it is, such as `['(?i)passw(or)?d$']`;
    #: counted as `blocked_key`.
    blocked_key_patterns: tuple[str, ...] = Field(default=(), max_length=MAX_PATTERNS)
    #: What is done with a find. `hash` puts a digest in its place. `remove` takes the text away,
    #: and the attribute of a blocked key.
    action: Action = "mask"
    #: What stands in its place, at most 64 characters.
    mask: str = Field(default="****", max_length=64)
    #: With it a hash is HMAC-SHA-256, else SHA-256, in hexadecimal. Without it, whoever sees the
    #: hash of a card number or an address can find it by trying all. Such as
    #: `'${file:redact.key}'`.
    hash_key: SecretStr | None = None
    #: Where it looks.
    fields: tuple[Literal["body", "attributes", "resource"], ...] = ("body", "attributes")
    #: The only attributes that are looked at, such as `[message]`; without any, all.
    keys: frozenset[str] = frozenset()
    #: Keys that are not looked at, in nested values either, such as `[trace.id]`.
    ignored_keys: frozenset[str] = frozenset()

    @field_validator("allowed_values", "blocked_key_patterns")
    @classmethod
    def _regexes(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        slips = []
        for n, text in enumerate(texts):
            try:
                _checked(text)
            except Misread as e:
                slips += [slip._replace(way=(n,)) for slip in e.slips]
        if slips:
            raise Misread(slips)
        return texts

    @model_validator(mode="after")
    def _consistent(self) -> RedactConfig:
        slips = []
        seen = {BLOCKED, UNREAD}
        for n, one in enumerate(self.detectors):
            way: tuple[str | int, ...] = ("detectors", n)
            name, way = (one, way) if isinstance(one, str) else (one.name, (*way, "name"))
            if name not in KNOWN:
                said = f"no detector is called that{did_you_mean(name, KNOWN)}"
                slips.append(Slip(said, way, 0, len(name)))
            elif name in seen:
                slips.append(Slip("this detector is named twice", way, 0, len(name)))
            seen.add(name)
        seen |= set(KNOWN)
        for n, pattern in enumerate(self.patterns):
            if pattern.name in seen:
                said = "this name has another pattern or a detector"
                slips.append(Slip(said, ("patterns", n, "name"), 0, len(pattern.name)))
            seen.add(pattern.name)
        if slips:
            raise Misread(slips)
        if not (self.detectors or self.patterns or self.blocked_key_patterns):
            raise ValueError("expected detectors, patterns or blocked_key_patterns")
        if self.hash_key is not None and not self.hash_key.get_secret_value():
            raise ValueError("hash_key is empty")
        return self

    def chosen(self) -> list[tuple[Detector, Action]]:
        """The detectors, those of the patterns last, each with what is done with its finds."""
        named = [
            (one, self.action) if isinstance(one, str) else (one.name, one.action)
            for one in self.detectors
        ]
        known = [(KNOWN[name], action) for name, action in named]
        own = [(Detector(p.name, p.pattern), p.action or self.action) for p in self.patterns]
        return known + own

    def hashes(self) -> bool:
        """Whether anything is hashed."""
        blocks = bool(self.blocked_key_patterns) and self.action == "hash"
        return blocks or any(action == "hash" for _, action in self.chosen())


def _checked(text: str) -> str:
    try:
        Pattern(text)
    except WrongPattern as e:
        raise Misread([Slip(str(e), (), 0, len(text))]) from None
    return text
