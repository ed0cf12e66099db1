"""CEF, ArcSight's Common Event Format: a body in, attributes out.

`CEF:0|vendor|product|version|class|name|severity|key=value with spaces key2=value`. In the header
`|` and a backslash are escaped, in the extension `=`, a backslash and line ends.
"""

from __future__ import annotations

import re
from typing import Any

from . import pairs

_FIELD = r"((?:[^|\\]++|\\.)*+)"
_HEADER = re.compile(rf" *+CEF: ?+([0-9.]{{1,8}})\|{_FIELD}" + rf"\|{_FIELD}" * 5 + r"(?:\||$)")
#: The header, as attributes.
FIELDS = (
    "cef.version",
    "cef.device_vendor",
    "cef.device_product",
    "cef.device_version",
    "cef.device_event_class_id",
    "cef.name",
    "cef.severity",
)
_ESCAPE = re.compile(r"\\([\\|=nr])")
_MEANT = {"n": "\n", "r": "\r"}


def read(body: str) -> dict[str, Any] | None:
    """The attributes of a body, None if it breaks the format."""
    found = parts(body)
    return None if found is None else pairs.attributes(FIELDS, *found, "cef.extension.")


def parts(body: str) -> tuple[list[str], pairs.Pairs] | None:
    """The seven fields of the header and the extension, None if a body breaks the format."""
    found = _HEADER.match(body)
    if found is None:
        return None
    extension: pairs.Pairs = {}
    for key, value in pairs.spaced(body[found.end() :]).items():
        extension[key] = (
            [_plain(one) for one in value] if isinstance(value, list) else _plain(value)
        )
    return [_plain(field) for field in found.groups()], extension


def _plain(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: _MEANT.get(found[1], found[1]), text)
