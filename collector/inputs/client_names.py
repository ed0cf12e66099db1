"""The names in a client's certificate, and those that a listener lets in (RFC 5425 section 5.2).

A `*` stands for one label, the first, on either side: in the certificate of many hosts, and in the
option that lets many in. A certificate without names for machines is known by its common name.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from contextlib import suppress
from typing import Annotated, Any

from cryptography import x509
from cryptography.x509.oid import NameOID
from pydantic import AfterValidator
from service_identity import CertificateError
from service_identity.hazmat import DNS_ID, DNSPattern

_ANY = "*."


def client_name(text: str) -> str:
    """In lower case, an address in its usual form. Raises ValueError."""
    with suppress(ValueError):
        return str(ipaddress.ip_address(text))
    try:
        wanted = DNS_ID(text.removeprefix(_ANY)).hostname.decode()
        if text.startswith(_ANY):
            DNSPattern.from_bytes(f"{_ANY}{wanted}".encode())
    except (ValueError, CertificateError) as e:
        raise ValueError(
            "expected a name in certificates, such as fw1.example.com, an IP address, or "
            "*.example.com for any name with one label more"
        ) from e
    return (f"{_ANY}{wanted}" if text.startswith(_ANY) else wanted).lower()


#: See `client_name`.
ClientName = Annotated[str, AfterValidator(client_name)]


def names_of(certificate: x509.Certificate) -> list[str]:
    """DNS names and addresses in its subjectAltName; without any, its common names."""
    found: list[Any] = []
    with suppress(x509.ExtensionNotFound, ValueError):
        said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found += said.get_values_for_type(x509.DNSName)
        found += said.get_values_for_type(x509.IPAddress)
    with suppress(ValueError):
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        found = found or [attribute.value for attribute in common]
    return [str(name).lower() for name in found]


def is_named(names: Collection[str], wanted: Collection[str]) -> bool:
    """Whether one of a certificate's names is one of those that are let in."""
    return any(name in wanted or _fits(name, want) for name in names for want in wanted)


def _fits(name: str, wanted: str) -> bool:
    """Whether either is a pattern for the other."""
    pattern, other = (name, wanted) if name.startswith(_ANY) else (wanted, name)
    if not pattern.startswith(_ANY) or "*" in other or "*" in pattern[1:]:
        return False
    with suppress(ValueError, CertificateError):  # it is no name: it fits none
        return bool(DNS_ID(other).verify(DNSPattern.from_bytes(pattern.encode())))
    return False
