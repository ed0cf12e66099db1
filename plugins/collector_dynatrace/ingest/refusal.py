"""Why a request is refused: what goes into the answer, and a word for the counter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Where a violation lies (API page, ConstraintViolation).
HEADER, BODY, QUERY = "HEADER", "PAYLOAD_BODY", "QUERY"

# Messages that are known word for word ("Log Monitoring limits", and reports of users).
ALL_STALE = "All logs are out of correct time range."
ANY_STALE = "One or all logs are out of correct time range."
STALE = "timestamp out of correct time range"
TOO_NESTED = "Event(s) have attributes that are too nested for records:"
PREPROCESSED = "Message size limit exceeded after preprocessing on ingest endpoint"


@dataclass(frozen=True)
class Violation:
    """One entry of `constraintViolations`."""

    message: str
    place: str = BODY
    path: str = ""
    location: str = ""


class Refused(Exception):
    """Nothing of the request is taken. `reason` is one of Dynatrace's drop reasons, or ours."""

    def __init__(
        self, status: int, reason: str, message: str, violations: Sequence[Violation] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.violations = violations


def too_large(message: str, reason: str = "payload_byte_size_limit") -> Refused:
    """413: the same events in smaller requests may be taken."""
    return Refused(413, reason, message)


def bad_json(message: str, location: str = "") -> Refused:
    """400: the body does not say what its type promises."""
    violation = Violation(message, BODY, location=location)
    where = f" ({location})" if location else ""
    return Refused(
        400,
        "invalid_json_format",
        f"The request body is invalid (invalid_json_format): {message}{where}",
        [violation],
    )
