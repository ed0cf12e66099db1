"""The bodies of answers: envelopes around a code and a message (API page, "Response")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from .refusal import STALE, TOO_NESTED, Refused, Violation
from .request import Taken

CONTENT_TYPE = "application/json; charset=utf-8"
#: Said when something was only trimmed (2021's API page).
LIMITED = "Success. Some log events were limited."
# How many numbers of events an answer lists.
_LISTED = 100


@dataclass(frozen=True)
class Style:
    """Where editions of the API differ."""

    #: The top key of the success envelope; `success` has been seen live.
    success_key: Literal["details", "success"] = "details"
    #: The status when records were only trimmed.
    trim_status: Literal[200, 204] = 204


def error(status: int, message: str, violations: tuple[Violation, ...] = ()) -> bytes:
    """An error envelope; without violations the key is left out."""
    said: dict[str, Any] = {"code": status, "message": message}
    if violations:
        said["constraintViolations"] = [_violation(violation) for violation in violations]
    return orjson.dumps({"error": said})


def _violation(violation: Violation) -> dict[str, str]:
    said = {"message": violation.message, "parameterLocation": violation.place}
    if violation.path:
        said["path"] = violation.path
    if violation.location:
        said["location"] = violation.location
    return said


def refusal(refused: Refused) -> bytes:
    """The body of the answer to a refused request."""
    return error(refused.status, refused.message, tuple(refused.violations))


def success(message: str | None, key: str = "details") -> bytes:
    """A success envelope."""
    return orjson.dumps({key: {"code": 200, "message": message}})


def taken(what: Taken, style: Style) -> tuple[int, bytes]:
    """Status and body for a request that was taken at least in part."""
    message = left_out(what.stale, what.invalid, what.too_nested)
    if not message and style.trim_status == 200 and what.warned:
        message = LIMITED
    return (200, success(message, style.success_key)) if message else (204, b"")


def left_out(stale: int, invalid: int, too_nested: Sequence[int] = ()) -> str:
    """One leading number, for clients that count by it, then why; empty: all was taken."""
    parts: list[str] = []
    reasons = [STALE] if stale else []
    if invalid:
        reasons.append("JSON parsing issues")
    if reasons:
        said = " and ".join(reasons)
        parts.append(f"{stale + invalid} events were not ingested because of {said}")
    if too_nested:
        listed = ", ".join(map(str, too_nested[:_LISTED]))
        more = ", ..." if len(too_nested) > _LISTED else ""
        parts.append(f"{TOO_NESTED} {listed}{more}")
    return ". ".join(parts)
