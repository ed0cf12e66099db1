"""Anything in, text out that every encoding of UTF-8 takes."""

from __future__ import annotations

from typing import Any


def as_text(value: Any) -> str:
    """What a value says of itself; without surrogates, and never an exception."""
    try:
        text = str(value)
    except Exception:  # noqa: BLE001 a broken __str__
        text = f"<{type(value).__name__}>"
    return text.encode("utf-8", "backslashreplace").decode()
