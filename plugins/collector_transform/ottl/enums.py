"""OTTL's enums of the log context, by name."""

from __future__ import annotations

from collections.abc import Mapping

_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")

#: https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
ENUMS: Mapping[str, int] = {
    "SEVERITY_NUMBER_UNSPECIFIED": 0,
    **{
        f"SEVERITY_NUMBER_{level}{step if step > 1 else ''}": 4 * place + step
        for place, level in enumerate(_LEVELS)
        for step in range(1, 5)
    },
}
