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

    allow_all_keys: bool = False
    allowed_keys: frozenset[str] = frozenset()
    ignored_keys: frozenset[str] = frozenset()
    ignored_key_patterns: Patterns = Field(default=(), max_length=MAX_PATTERNS)
    blocked_key_patterns: Patterns = Field(default=(), max_length=MAX_PATTERNS)
    blocked_values: Patterns = Field(default=(), max_length=MAX_PATTERNS)
    allowed_values: Patterns = Field(default=(), max_length=MAX_PATTERNS)
    redact_all_types: bool = False
    hash_function: Literal["md5", "sha1", "sha3", "hmac-sha256", "hmac-sha512"] | None = None
    hmac_key: SecretStr | None = None
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
