"""What `POST /api/v2/logs/ingest` allows: limits, key lists, level words, the form of a token.

Facts of the API and nothing else, shared by the exporter (which must obey) and the server
side (which checks). All sizes are bytes of UTF-8. Where the documentation writes `10 MB` or
`32 kB` without saying which, the decimal reading is meant here: it satisfies both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

#: POST only. Behind `/e/{environment id}` on an ActiveGate and on Managed.
INGEST_PATH = "/api/v2/logs/ingest"
#: GET: the body is `RUNNING`.
HEALTH_PATH = "/rest/health"
#: POST `{"token": ...}`: whether it is revoked, and its scopes.
LOOKUP_PATH = "/api/v2/apiTokens/lookup"
#: The scope a token needs.
SCOPE = "logs.ingest"

#: Records older than this are refused; newer than that, restamped with the time of ingest.
MAX_AGE_S = 24 * 3600
MAX_AHEAD_S = 10 * 60

# The first key present wins, in this order, whatever its case ("Ingest JSON and TXT logs").
TIMESTAMP_KEYS = (
    "timestamp",
    "@timestamp",
    "_timestamp",
    "eventtime",
    "date",
    "published_date",
    "syslog.timestamp",
    "time",
    "epochsecond",
    "starttime",
    "datetime",
    "ts",
    "timemillis",
    "@t",
)
LEVEL_KEYS = ("loglevel", "status", "severity", "level", "syslog.severity")
CONTENT_KEYS = ("content", "message", "payload", "body", "log")
#: Looked up after `CONTENT_KEYS`, in the raw data model only.
RAW_CONTENT_KEY = "_raw"

#: Everything that may be stored as `loglevel` (semantic dictionary, log fields).
LEVELS = (
    "ALERT",
    "CRITICAL",
    "DEBUG",
    "EMERGENCY",
    "ERROR",
    "FATAL",
    "INFO",
    "NONE",
    "NOTICE",
    "SEVERE",
    "TRACE",
    "WARN",
)
NO_LEVEL = "NONE"


@dataclass(frozen=True)
class Limits:
    """One profile ("Log Monitoring limits", columns OpenPipeline and Classic)."""

    #: Longer content is cut.
    content: int
    #: Longer attribute values are cut.
    value: int
    #: More attributes in a record are removed.
    attributes: int
    #: Longer attribute keys are cut.
    key: int = 100
    #: More values of one attribute are removed.
    values: int = 32
    #: Levels of nesting; what lies deeper is removed.
    depth: int = 5
    #: Bytes of a request's body, uncompressed. More: 413.
    request: int = 10_000_000
    #: Bytes of a request after preprocessing, which may copy a record into its content. More: 413.
    preprocessed: int = 16_000_000
    #: Records in a request. More: 413.
    records: int = 50_000
    #: Bytes of one record after processing.
    record: int = 16_000_000

    def binary(self) -> Limits:
        """The other reading of MB and kB: what the server may allow at most."""
        mib, kib = 1 << 20, 1 << 10
        return replace(
            self,
            content=10 * mib if self.content == 10_000_000 else self.content,
            value=32 * kib if self.value == 32_000 else self.value,
            request=10 * mib,
            preprocessed=16 * mib,
            record=16 * mib,
        )

    def client(self) -> Limits:
        """What a client should send at most to stay clear of them all."""
        return replace(self, request=9_500_000, preprocessed=15_000_000, record=9_000_000)


#: Grail with OpenPipeline, as the server enforces it.
GRAIL = Limits(content=10_000_000, value=32_000, attributes=500)
#: Log Monitoring Classic and Managed, as the server enforces it. 8 kB is confirmed as 8,192.
CLASSIC = Limits(content=8192, value=250, attributes=50)
GRAIL_CLIENT = GRAIL.client()
CLASSIC_CLIENT = CLASSIC.client()


def cut(text: str, limit: int) -> str:
    """The longest beginning of `text` that has at most `limit` bytes in UTF-8."""
    if len(text) * 4 <= limit:
        return text
    if text.isascii():
        return text if len(text) <= limit else text[:limit]
    # No code point takes less than a byte: what is behind `limit` of them need not be encoded.
    encoded = text[: limit + 1].encode("utf-8", "replace")
    if len(encoded) <= limit:
        return text
    return encoded[:limit].decode("utf-8", "ignore")


# "Automatic log enrichment": beginnings in the order in which they are tried.
_PREFIXES = (
    ("emerg", "EMERGENCY"),
    ("f", "EMERGENCY"),
    ("e", "ERROR"),
    ("a", "ALERT"),
    ("c", "CRITICAL"),
    ("s", "SEVERE"),
    ("w", "WARN"),
    ("n", "NOTICE"),
    ("i", "INFO"),
    ("d", "DEBUG"),
    ("trace", "DEBUG"),
    ("verbose", "DEBUG"),
)


def level_of(text: str) -> str:
    """The level a word stands for, by its beginning, in any case; `NONE` when no rule fits.

    The word `none` itself means `NONE`: by the letter of the rule it would be a notice.
    """
    word = text.strip().lower()
    if word == "none":
        return NO_LEVEL
    return next((level for prefix, level in _PREFIXES if word.startswith(prefix)), NO_LEVEL)


_STATUS = {
    **dict.fromkeys(("SEVERE", "ERROR", "CRITICAL", "ALERT", "FATAL", "EMERGENCY"), "ERROR"),
    "WARN": "WARN",
    **dict.fromkeys(("INFO", "TRACE", "DEBUG", "NOTICE"), "INFO"),
    "NONE": "NONE",
}


def status_of(level: str) -> str:
    """The `status` that is stored with a level of `LEVELS`."""
    return _STATUS.get(level, "NONE")


_TOKEN = re.compile(r"dt0c01\.[A-Za-z0-9_-]{24}\.[A-Za-z0-9_-]{64}")
_TOKEN_ID = re.compile(r"(dt0[a-z]\d\d\.[A-Za-z0-9_-]{8,64})\.[^.]+")


def is_token(text: str) -> bool:
    """Whether this has the form of an API token: `dt0c01.` + 24 + `.` + 64 characters."""
    return _TOKEN.fullmatch(text) is not None


def token_id(text: str) -> str:
    """The public part of a token, `dt0c01.PUBLIC`, which may be logged; `unknown` without one."""
    found = _TOKEN_ID.fullmatch(text)
    return found[1] if found else "unknown"
