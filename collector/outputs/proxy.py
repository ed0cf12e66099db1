"""Which HTTP proxy leads to a URL: a key of a configuration, or the environment, in; a proxy out.

Nothing shows user and password: not `repr`, not `str`, and no sentence quotes what was given.
"""

from __future__ import annotations

import ipaddress
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NoReturn
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import (  # type: ignore[attr-defined]  # typeshed lacks the second
    getproxies_environment,
    proxy_bypass_environment,
)

from pydantic import BeforeValidator, SecretStr, WithJsonSchema

from ..fields import is_loopback, shown_endpoint, split_endpoint
from .trust import TlsClientOptions

_PORTS = {"http": 80, "https": 443}


class NotAProxy(ValueError):
    """What the environment names as a proxy is none that can be used."""


@dataclass(frozen=True)
class Proxy:
    """An HTTP proxy; as text it is its URL without user and password."""

    host: str
    port: int
    #: Speak TLS with the proxy itself.
    secure: bool = False
    user: str = field(default="", repr=False)
    password: SecretStr = field(default=SecretStr(""), repr=False)

    def __str__(self) -> str:
        return f"http{'s' * self.secure}://{shown_endpoint(self.host, self.port)}"

    def authorization(self) -> bytes:
        """The value of `Proxy-Authorization` (RFC 7617); empty where there is no user."""
        said = f"{self.user}:{self.password.get_secret_value()}"
        # An environment may hold bytes that are not UTF-8.
        coded = b64encode(said.encode(errors="surrogateescape"))
        return b"" if said == ":" else b"Basic " + coded


def proxy_of(text: str) -> Proxy:
    """The proxy of `[http[s]://][user:password@]host[:port]`. Raises ValueError."""
    text = text.strip()
    parts = _split(text if ":" not in text or "://" in text else f"http://{text}")
    if parts.scheme not in _PORTS:
        raise ValueError("a proxy's URL begins with http:// or https://; SOCKS is not spoken")
    host, port = _address(parts)
    return Proxy(
        host,
        port,
        secure=parts.scheme == "https",
        user=unquote(parts.username or ""),
        password=SecretStr(unquote(parts.password or "")),
    )


def _split(url: str) -> SplitResult:
    parts = None
    with suppress(ValueError):  # whose sentence quotes
        parts = urlsplit(url)
    if parts is None or parts.path.strip("/") or parts.query or parts.fragment:
        _refuse()
    return parts


def _address(parts: SplitResult) -> tuple[str, int]:
    found = "", 0
    with suppress(ValueError):
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
        found = split_endpoint(shown_endpoint(parts.hostname or "", port))
    if not parts.hostname or not found[1]:
        _refuse()
    return found


def _refuse() -> NoReturn:
    raise ValueError(
        "expected a proxy as http://host:port or http://user:password@host:port, with what is "
        "special in user and password percent-encoded; or none, or environment"
    )


def _option(value: Any) -> Any:
    if value is None or value in ("", "none"):
        return "none"
    if isinstance(value, Proxy) or value == "environment":
        return value
    return proxy_of(value) if isinstance(value, str) else _refuse()


#: A proxy's URL, `none`, or `environment`, which is HTTPS_PROXY and its kin.
ProxyOption = Annotated[
    Proxy | Literal["environment", "none"],
    BeforeValidator(_option),
    WithJsonSchema({"type": "string", "examples": ["http://proxy.example.com:3128", "none"]}),
]


class HttpClientOptions(TlsClientOptions):
    """Keys of whatever has an `HttpClient`: give that the whole as `tls`, and its `proxy`."""

    #: The HTTP proxy on the way: `http://user:password@host:port` or `https://...`, where user and
    #: password may be missing, such as `http://proxy.example.com:3128`; `none`; or `environment`,
    #: which is what the environment says.
    proxy: ProxyOption = "environment"


class Proxies:
    """Chooses. The environment is read once, at the beginning."""

    def __init__(self, option: ProxyOption) -> None:
        self._option = option
        self._environment = getproxies_environment() if option == "environment" else {}

    def to(self, url: str) -> Proxy | None:
        """The proxy to go through; None: directly. Raises NotAProxy."""
        found, parts = self._environment, urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        # Plain HTTP may carry a token to this machine, because that stays on it.
        if is_loopback(host) and (self._option == "environment" or parts.scheme == "http"):
            return None
        if isinstance(self._option, Proxy):
            return self._option
        text = found.get(parts.scheme) or found.get("all")
        if not text or _is_excepted(host, port, found):
            return None
        try:
            return proxy_of(text)
        except ValueError as e:
            raise NotAProxy(f"HTTPS_PROXY or another of its kin: {e}") from None


def _is_excepted(host: str, port: int, environment: dict[str, str]) -> bool:
    """Whether NO_PROXY names the host, or a network that it is in, which urllib does not know."""
    if proxy_bypass_environment(shown_endpoint(host, port), environment):
        return True
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        return any(address in network for network in _networks(environment.get("no", "")))
    return False


def _networks(text: str) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for item in text.split(","):
        with suppress(ValueError):
            yield ipaddress.ip_network(item.strip(), strict=False)
