"""The configuration of OpenTelemetry's processor `redaction`, for logs."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from collector.api import Config, Misread, SecretStr, Slip

from ..ottl.regex import Pattern, WrongPattern

MAX_PATTERNS = 100
#: The least bytes of a key.
_KEYS = {"hmac-sha256": 32, "hmac-sha512": 64}
_SANITIZERS = "redact's detector url_password, or replace_pattern of transform, may do instead"

Patterns = tuple[str, ...]


class RedactionConfig(Config):
    """Which attributes stay, and which values are masked."""

    #: All keys stay.
    allow_all_keys: bool = False
    #: Only these keys stay, in bodies that are maps too, such as `[service, message]`. With
    #: neither this nor `allow_all_keys`, every attribute goes.
    allowed_keys: frozenset[str] = frozenset()
    #: Keys whose values stay as they are, such as `[trace.id]`.
    ignored_keys: frozenset[str] = frozenset()
    #: Regexes of such keys, such as `['^k8s\.']`.
    ignored_key_patterns: Patterns = Field(default=(), max_length=MAX_PATTERNS)
    #: Regexes of keys whose values are masked whole, such as `['(?i)password']`.
    blocked_key_patterns: Patterns = Field(default=(), max_length=MAX_PATTERNS)
    #: Regexes of what is masked in values, such as `['4[0-9]{12}(?:[0-9]{3})?']`.
    blocked_values: Patterns = Field(default=(), max_length=MAX_PATTERNS)
    #: Regexes, such as `['@example\.com$']`. A value in which one is found stays as it is.
    allowed_values: Patterns = Field(default=(), max_length=MAX_PATTERNS)
    #: Attributes that are no text are looked at as their text.
    redact_all_types: bool = False
    #: The digest, in hexadecimal, that stands in the place of what is masked; without one it is
    #: `****`.
    hash_function: Literal["md5", "sha1", "sha3", "hmac-sha256", "hmac-sha512"] | None = None
    #: The key of `hmac-sha256`, at least 32 bytes, or of `hmac-sha512`, at least 64; such as
    #: `'${file:redaction.key}'`.
    hmac_key: SecretStr | None = None
    #: What is added to an event. `info`: the numbers of keys in `redaction.masked.count` and its
    #: like. `debug`: their names too, in `redaction.masked.keys`, the first 100.
    summary: Literal["debug", "info", "silent"] = "silent"

    @model_validator(mode="before")
    @classmethod
    def _carried(cls, given: Any) -> Any:
        slips = [
            Slip(f"{key} is not here; {_SANITIZERS}", (key,), 0, 0)
            for key in ("url_sanitizer", "db_sanitizer")
            if isinstance(given, dict) and given.get(key)
        ]
        if slips:
            raise Misread(slips)
        return given

    @field_validator("hash_function", mode="before")
    @classmethod
    def _unsaid(cls, given: Any) -> Any:
        return None if given == "" else given

    @field_validator(
        "ignored_key_patterns", "blocked_key_patterns", "blocked_values", "allowed_values"
    )
    @classmethod
    def _regexes(cls, texts: Patterns) -> Patterns:
        slips = []
        for n, text in enumerate(texts):
            try:
                Pattern(text)
            except WrongPattern as e:
                slips.append(Slip(str(e), (n,), 0, len(text)))
        if slips:
            raise Misread(slips)
        return texts

    @model_validator(mode="after")
    def _keyed(self) -> RedactionConfig:
        least = _KEYS.get(self.hash_function or "", 0)
        key = self.hmac_key.get_secret_value() if self.hmac_key else ""
        if len(key.encode()) < least:
            raise ValueError("an HMAC needs hmac_key: 32 bytes for hmac-sha256, 64 for hmac-sha512")
        return self
