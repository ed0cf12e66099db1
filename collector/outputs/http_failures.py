"""What kept a request from its answer: an exception of Twisted's in, a sentence of ours out."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet import error
from twisted.internet.defer import CancelledError
from twisted.internet.defer import TimeoutError as LateError
from twisted.python.failure import Failure

from .pins import CertificateRefused
from .proxy import NotAProxy
from .tunnel import ProxyFailed, TunnelRefused


class NotSent(Exception):
    """No byte of the request reached the server: its name, a proxy, the connection or TLS failed.

    `lasting`: time does not mend it: a certificate was not accepted, the server's or ours, or a
    proxy does not let us through.
    """

    def __init__(self, reason: str, *, lasting: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting


class Ambiguous(Exception):
    """The request was under way, and no answer came: it may have been taken or not."""


def cause_of(failure: Failure) -> BaseException:
    """The innermost exception: Twisted wraps what broke in lists of failures."""
    found: Any = failure.value
    while reasons := getattr(found, "reasons", None):
        found = reasons[0].value
    return found if isinstance(found, BaseException) else failure.value or error.ConnectionLost()


def not_sent(cause: BaseException, where: str, *, late: bool) -> NotSent:
    """`late`: it was given up for the time it took."""
    match cause:
        case ProxyFailed():
            return not_sent(cause.cause, f"the proxy {cause.proxy}", late=late)
        case NotAProxy():
            reason = f"no way to {where}, {cause}"
        case TunnelRefused():
            return NotSent(f"{where} {cause}", lasting=cause.lasting)
        case CertificateRefused():
            return NotSent(f"the certificate of {where} {cause}", lasting=True)
        case VerificationError():
            return NotSent(f"the certificate of {where} is for another name", lasting=True)
        case SSL.Error():
            return _tls_failed(_ssl_text(cause), where)
        case error.DNSLookupError():
            reason = f"the name of {where} could not be resolved"
        case error.ConnectionRefusedError():
            reason = f"{where} refused the connection"
        case LateError() | error.TimeoutError() | CancelledError():
            reason = f"no connection to {where} in time"
        case _:
            when = "in time" if late else f"({type(cause).__name__})"
            reason = f"no connection to {where} {when}"
    return NotSent(reason)


def _tls_failed(text: str, where: str) -> NotSent:
    if " alert " in text and ("certificate" in text or "unknown ca" in text):
        reason = f"{where} does not accept our certificate ({text}): see cert_file"
        return NotSent(reason, lasting=True)
    if "wrong version number" in text:
        return NotSent(f"TLS with {where} failed ({text}): does it speak plain HTTP, so http://?")
    if "certificate" not in text:
        return NotSent(f"TLS with {where} failed ({text or 'the connection was closed'})")
    reason = f"the certificate of {where} is not trusted ({text}): is its CA in ca_file?"
    return NotSent(reason, lasting=True)


def _ssl_text(cause: SSL.Error) -> str:
    with suppress(IndexError, TypeError, ValueError):
        return "; ".join(str(text) for _, _, text in cause.args[0] if text)
    return ""


def broken(cause: BaseException, where: str) -> str:
    lost = (error.ConnectionDone, error.ConnectionLost, error.ConnectionAborted)
    if isinstance(cause, (*lost, CancelledError)):
        return f"the connection to {where} ended before the answer"
    if isinstance(cause, SSL.Error):
        return f"TLS with {where} broke off before the answer ({_ssl_text(cause)})"
    return f"what {where} answered is not HTTP ({type(cause).__name__})"
