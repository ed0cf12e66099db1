"""Where something listens or is reached, as users write it: taken apart, and put together."""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from pathlib import Path

MAX_PORT = 65535
_UNIX = "unix:"
_LONGEST_NAME = 253
_LABEL = re.compile(r"[a-z0-9_-]{1,63}", re.IGNORECASE | re.ASCII)
_IPV6 = re.compile(r"\[([0-9a-f:.]+(?:%[\w.-]+)?)\]", re.IGNORECASE | re.ASCII)


def split_endpoint(endpoint: str) -> tuple[str, int]:
    """Host and port of `host:port`, `[v6]:port` or `:port` (every address). Raises ValueError."""
    host, colon, port = endpoint.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit():
        raise ValueError("expected host:port, such as 127.0.0.1:5514 or [::]:5514")
    if len(port) > len(str(MAX_PORT)) or int(port) > MAX_PORT:
        raise ValueError("expected a port from 0 to 65535")
    if host.startswith("["):
        host = _ipv6(host)
    elif ":" in host:
        raise ValueError("an IPv6 address needs brackets, such as [::1]:5514")
    elif host and not _is_name(host):
        raise ValueError("expected a host name or an address, such as 127.0.0.1, before the port")
    return host or "::", int(port)


def _ipv6(host: str) -> str:
    found = _IPV6.fullmatch(host)
    address = None
    if found is not None:
        with suppress(ValueError):  # whose sentence quotes
            address = str(ipaddress.IPv6Address(found[1]))
    if address is None:
        raise ValueError("expected an IPv6 address in the brackets, such as [::1]:5514")
    return address


def _is_name(host: str) -> bool:
    """Whether a resolver can be asked for this name; others fail in the codec before it."""
    try:
        name = host.encode("idna").decode("ascii").removesuffix(".")
    except UnicodeError:
        return False
    return len(name) <= _LONGEST_NAME and all(map(_LABEL.fullmatch, name.split(".")))


def unix_path(endpoint: str) -> Path | None:
    """The path of `unix:///path`; None: it is no UNIX socket. Raises ValueError."""
    if not endpoint.startswith((_UNIX, "/")):
        return None
    path = endpoint.removeprefix(f"{_UNIX}//")
    if path.startswith("@"):
        raise ValueError(
            "abstract sockets are not supported, for they have no mode and let in everybody on "
            "this machine; expected a path, such as unix:///run/collector/forward.sock"
        )
    if path == endpoint or not path.startswith("/") or path.endswith("/") or "\0" in path:
        raise ValueError(
            "expected unix:// and an absolute path, such as unix:///run/collector/forward.sock"
        )
    return Path(path)


def shown_endpoint(host: str, port: int) -> str:
    """Host and port, or path and 0, as an endpoint is written."""
    if host.startswith("/"):
        return f"{_UNIX}//{host}"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine only: localhost, 127.0.0.0/8 or ::1."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_local(endpoint: str) -> bool:
    """Whether only this machine reaches an endpoint: a UNIX socket, or a host on loopback."""
    return unix_path(endpoint) is not None or is_loopback(split_endpoint(endpoint)[0])
