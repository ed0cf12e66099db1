"""Field types for configuration models: what users write, checked and brought to one unit.

On a model they read `timeout: Duration = 30.0`. The types are plain `float`, `int` and `str`
to the code that uses them.
"""

from __future__ import annotations

import ipaddress
import math
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr, WithJsonSchema

from .endpoints import (
    MAX_PORT,
    is_local,
    is_loopback,
    shown_endpoint,
    split_endpoint,
    unix_path,
)

__all__ = [
    "MAX_PORT",
    "Duration",
    "Endpoint",
    "FileMode",
    "Network",
    "SecretStr",
    "Size",
    "StreamEndpoint",
    "UnixEndpoint",
    "is_local",
    "is_loopback",
    "shown_endpoint",
    "split_endpoint",
    "unix_path",
]

_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h|d)")
_DURATION = re.compile(rf"(?:{_DURATION_PART.pattern})+")
_FACTORS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 1 << 10,
    "mib": 1 << 20,
    "gib": 1 << 30,
    "tib": 1 << 40,
}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)
_LARGEST_SIZE = 1 << 63
_FILE_MODE = re.compile(r"0?[0-7]{3}", re.ASCII)


def seconds(value: Any) -> float:
    """Seconds of `1s`, `500ms`, `1h30m`; a bare number is refused, for its unit is a guess.

    Raises ValueError. 0 needs no unit.
    """
    found = math.nan
    if isinstance(value, str) and _DURATION.fullmatch(value.strip()):
        found = sum(float(n) * _UNITS[unit] for n, unit in _DURATION_PART.findall(value))
    elif isinstance(value, float) or (value in (0, "0") and value is not False):
        found = float(value)  # a float is a default in a model, already in seconds
    if 0 <= found < math.inf:
        return found
    raise ValueError("expected a duration with its unit, such as 500ms, 1s or 1h30m")


def size(value: Any) -> int:
    """Bytes of `512`, `64KiB`, `1MB`. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or found[2].lower() not in _FACTORS:
        raise ValueError("expected a size, such as 65536, 64KiB or 1GB")
    number = float(found[1]) * _FACTORS[found[2].lower()]
    if number > _LARGEST_SIZE:
        raise ValueError("expected a size below 8 EiB")
    return int(number)


def written_duration(seconds: float) -> str:
    """Seconds as they stand in a configuration: in the largest unit that leaves whole numbers."""
    for unit in ("d", "h", "m", "s", "ms", "us"):
        number = seconds / _UNITS[unit]
        if number > 0.5 and math.isclose(number, round(number)):
            return f"{number:.0f}{unit}"
    return f"{seconds:g}s" if seconds else "0"


def written_size(bytes: int) -> str:  # noqa: A002 that is what they are
    """The same of bytes: `64KiB`."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        number, rest = divmod(bytes, _FACTORS[unit.lower()])
        if number and not rest:
            return f"{number}{unit}"
    return str(bytes)


def file_mode(value: Any) -> str:
    """Octal digits, of text: to YAML 0660 is six hundred and sixty. Raises ValueError."""
    if isinstance(value, str) and _FILE_MODE.fullmatch(value):
        return value
    raise ValueError("expected a file's mode in quotes, such as '0660'")


def _stream_endpoint(value: Any) -> str:
    if isinstance(value, str) and unix_path(value) is not None:
        return value
    return _endpoint(value)


def _unix_endpoint(value: Any) -> str:
    if isinstance(value, str) and unix_path(value) is not None:
        return value
    raise ValueError(
        "expected unix:// and an absolute path, such as unix:///run/collector/log.sock"
    )


def _endpoint(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected host:port, such as 127.0.0.1:5514")  # noqa: TRY004 for pydantic
    split_endpoint(value)
    return value


def _network(value: Any) -> str:
    try:
        return str(ipaddress.ip_network(value if isinstance(value, str) else ""))
    except ValueError as e:
        raise ValueError("expected an address or a network, such as 10.1.0.0/16") from e


#: Seconds, written with a unit.
Duration = Annotated[
    float,
    BeforeValidator(seconds),
    WithJsonSchema(
        {
            "type": ["string", "integer"],
            "maximum": 0,
            "examples": ["500ms", "1s"],
            "x-unit": "seconds",
        }
    ),
]
#: Bytes, written as a number or with a unit.
Size = Annotated[
    int,
    BeforeValidator(size),
    WithJsonSchema({"type": ["integer", "string"], "examples": ["1GiB"], "x-unit": "bytes"}),
]
#: `host:port`; take it apart with `split_endpoint`.
Endpoint = Annotated[
    str,
    BeforeValidator(_endpoint),
    WithJsonSchema({"type": "string", "examples": ["127.0.0.1:5514", "[::]:5514"]}),
]
#: The same, or `unix:///path`: see `unix_path`.
StreamEndpoint = Annotated[
    str,
    BeforeValidator(_stream_endpoint),
    WithJsonSchema({"type": "string", "examples": ["[::]:5514", "unix:///run/collector/in.sock"]}),
]
#: Only `unix:///path`.
UnixEndpoint = Annotated[
    str,
    BeforeValidator(_unix_endpoint),
    WithJsonSchema({"type": "string", "examples": ["unix:///run/collector/log.sock"]}),
]
#: Of a file, in octal digits.
FileMode = Annotated[
    str, BeforeValidator(file_mode), WithJsonSchema({"type": "string", "examples": ["0660"]})
]
#: An address, or a network as `10.1.0.0/16`; `ipaddress.ip_network` takes it.
Network = Annotated[
    str,
    BeforeValidator(_network),
    WithJsonSchema({"type": "string", "examples": ["10.1.0.0/16", "2001:db8::/32"]}),
]
