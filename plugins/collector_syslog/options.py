"""The receiver's configuration."""

from __future__ import annotations

import codecs
import string
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from collector.api import (
    Config,
    DatagramOptions,
    Duration,
    Network,
    StreamOptions,
    UnixDatagramOptions,
)

from .bodies import Format
from .clock import YEARS
from .guessing import GUESS
from .parser import Protocol
from .zone import ZoneWords, zone


def _zone(name: str) -> str:
    if name == GUESS:
        return name
    try:
        zone(name)
    except ValueError as e:
        raise ValueError(
            "expected the IANA name of a time zone, such as Europe/Vienna, or guess"
        ) from e
    return name


def _words(words: dict[str, str]) -> dict[str, str]:
    ZoneWords(words)  # raises ValueError
    return words


def _encoding(name: str) -> str:
    """Headers are ASCII, and line ends are bytes: an encoding must leave both as they are."""
    ascii_ = string.printable
    try:
        if ascii_.encode(name) == ascii_.encode():
            return codecs.lookup(name).name
    except (LookupError, UnicodeError):
        pass
    raise ValueError("expected an encoding that holds ASCII, such as cp1252, latin-1 or gb18030")


HostnamePolicy = Literal["message", "peer_ip", "message_then_peer", "rdns", "message_then_rdns"]
Zone = Annotated[str, AfterValidator(_zone)]
Encoding = Annotated[str, AfterValidator(_encoding)]


class SourceOptions(Config):
    """What is different for the senders of one network."""

    network: Network
    #: Each as for the receiver; None = as the receiver.
    timezone: Zone | None = None
    encoding: Encoding | None = None


class ReverseDnsOptions(Config):
    """How long names of addresses are good for."""

    ttl: Duration = 3600.0
    #: Of an address that has no name, or whose resolver does not answer.
    negative_ttl: Duration = 300.0


class SyslogConfig(Config):
    """RFC 3164 and 5424, octet-counted, LF, CRLF and NUL: recognised, nothing to set."""

    udp: DatagramOptions | None = None
    tcp: StreamOptions | None = None
    #: Datagrams over a socket that is a file, such as /dev/log.
    unix: UnixDatagramOptions | None = None
    #: Each message is answered when it is safe.
    relp: StreamOptions | None = None
    #: pri: over a stream, lines that do not begin with a PRI belong to the message before.
    multiline: Literal["none", "pri"] = "none"
    #: Which of the formats are told apart.
    protocol: Protocol = "auto"
    #: IANA name of the zone of timestamps that do not say theirs.
    timezone: Zone = Field("UTC", alias="location")
    #: Of timestamps that do not say theirs, see `clock.Year`.
    year: Literal["auto", "receive"] | Annotated[int, Field(ge=YEARS.start, lt=YEARS.stop)] = "auto"
    #: Offsets of zone words that mean something else here than in `zone.WORDS`.
    zone_words: Annotated[dict[str, str], AfterValidator(_words)] = Field({})
    #: Of frames that are not UTF-8.
    encoding: Encoding | None = None
    #: The first that has the sender's address decides.
    sources: tuple[SourceOptions, ...] = ()
    #: Whose name an event has: the message's, the peer's address, or the first that there is. With
    #: rdns the peer's name, as long as none is known its address.
    hostname_policy: HostnamePolicy = "message_then_peer"
    reverse_dns: ReverseDnsOptions = ReverseDnsOptions()
    #: Whether `#012` in a message is the character that rsyslog has written so.
    unescape_octal: bool = False
    #: What is looked for inside messages.
    parse_body: Format = "none"
    #: Whether messages that ISE and ESXi send in parts become one.
    join_parts: bool = False
    #: What is not whole after that goes on as it is.
    parts_timeout: Duration = 2.0
    #: Whether the frame is kept as `log.record.original`.
    keep_raw: bool = False
    #: Whose names the attributes have; otel: the OpenTelemetry Collector's syslog receiver's.
    attributes: Literal["dynatrace", "otel"] = "dynatrace"

    @model_validator(mode="after")
    def _listens(self) -> SyslogConfig:
        if not any((self.udp, self.tcp, self.unix, self.relp)):
            raise ValueError("expected udp, tcp, unix or relp, each with an endpoint")
        if self.join_parts and self.attributes == "otel":
            raise ValueError(
                "join_parts joins messages, and with attributes: otel the body is the line: leave "
                "one of them out"
            )
        return self
