"""Connections and datagrams that are not taken: counted each, told now and then."""

from __future__ import annotations

import ssl

from ..context import Context
from .named import Named

#: Seconds between warnings that accepting fails, or a framing.
_QUIET = 60.0
#: What to do about a peer that speaks something else.
_ADVICE = {
    "TLS": "; give the receiver tls, or let the sender use none",
    "HTTP": "; a health check or a browser: it wants another port",
    "syslog": "; it wants the port of a syslog receiver",
}


class ClientRefused(ssl.SSLError):
    """A client's certificate is none of those that are let in; `shown`: what it has shown."""

    def __init__(self, why: str, shown: str) -> None:
        super().__init__(why)
        self.reason = why
        self.shown = shown


class Refusals:
    """Of one listener. Peers may cause them as often as they like."""

    def __init__(self, context: Context, counter: str = "connections_refused") -> None:
        self._context = context
        self._counter = counter
        self._is_new = Named().is_new
        self._quiet_until: dict[str, float] = {}

    def count(self, reason: str, n: int = 1) -> None:
        """One more, or `n`."""
        self._context.count(self._counter, n, reason=reason)

    def accept_failed(self, error: OSError) -> None:
        """It fails until a descriptor is free."""
        self.count("accept_failed")
        if self._may_say("accepting"):
            log, id = self._context.log, self._context.id
            log.warn("{id}: accepting failed: {error}", id=id, error=error.strerror)

    def framing_failed(self) -> None:
        """It raised what is not WrongProtocol. Called while that is handled."""
        self.count("framing_failed")
        self._context.raised("{id}: the framing failed; connection closed")

    def full(self, source: str, most: int) -> None:
        """One source has as many as it may have."""
        self.count("max_connections_per_source")
        if self._may_say("full"):
            self._context.log.warn(
                "{id}: {source} has {most} connections open, more of its are closed; where many "
                "senders share an address, raise max_connections_per_source",
                id=self._context.id,
                source=source,
                most=most,
            )

    def misdialled(self, ip: str, protocol: str, place: str) -> None:
        """The peer speaks something else than that place understands."""
        self._context.count("connections_refused", reason="wrong_protocol", detail=protocol)
        if self._is_new(ip, protocol):
            self._context.log.warn(
                "{id}: {ip} speaks {protocol} to the {place}; connection closed{advice}",
                id=self._context.id,
                ip=ip,
                protocol=protocol,
                place=place,
                advice=_ADVICE.get(protocol, ""),
            )

    def not_allowed(self, ip: str) -> None:
        """It is none of the allowed sources."""
        self.count("source")
        self._warn_of(ip, "it is not one of allowed_sources")

    def bad_proxy(self, ip: str, why: str) -> None:
        """A proxy that is none, or whose header cannot be read."""
        self.count("proxy_header")
        self._warn_of(ip, why)

    def _warn_of(self, ip: str, why: str) -> None:
        """Once a source, and not all of them at once: who is not told of now is told of later."""
        if self._may_say(why) and self._is_new(ip, why):
            log, id = self._context.log, self._context.id
            log.warn("{id}: nothing is taken from {ip}: {why}", id=id, ip=ip, why=why)

    def too_fast(self, source: str, rate: int, therefore: str) -> None:
        """One sends more events a second than it may."""
        if self._is_new(source, "rate"):
            self._context.log.warn(
                "{id}: {source} sends more than {rate} events a second, {therefore}; it may do so "
                "with another max_rate_per_source",
                id=self._context.id,
                source=source,
                rate=rate,
                therefore=therefore,
            )

    def handshake_failed(self, ip: str, why: str, shown: str = "") -> None:
        """Of TLS. `shown`: what only the log tells, beside the reason that is counted."""
        self._context.count("connections_refused", reason="tls_handshake", detail=why)
        if self._is_new(ip, why):
            log, id = self._context.log, self._context.id
            said = f"{why}; {shown}" if shown else why
            log.warn("{id}: no TLS with {ip}: {why}", id=id, ip=ip, why=said)

    def _may_say(self, what: str) -> bool:
        now: float = self._context.reactor.seconds()
        if now < self._quiet_until.get(what, 0.0):
            return False
        self._quiet_until[what] = now + _QUIET
        return True
