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

    #: The senders that this is for.
    network: Network
    #: Their zone, such as `America/New_York`; unless it is said, the receiver's.
    timezone: Zone | None = None
    #: Their encoding, such as `cp1252`; unless it is said, the receiver's.
    encoding: Encoding | None = None


class ReverseDnsOptions(Config):
    """How long names of addresses are good for."""

    #: Time after which a sender's name is asked for again.
    ttl: Duration = 3600.0
    #: The same where it has none, or nobody answers.
    negative_ttl: Duration = 300.0


class SyslogConfig(Config):
    """RFC 3164 and 5424, octet-counted, LF, CRLF and NUL: recognised, nothing to set."""

    #: The UDP listener.
    udp: DatagramOptions | None = None
    #: The TCP listener, or that on a UNIX stream socket.
    tcp: StreamOptions | None = None
    #: The listener on a UNIX datagram socket, as programs of this machine write to `/dev/log`. The
    #: kernel tells which of them wrote: `process.pid` and `process.user.id` in the resource.
    unix: UnixDatagramOptions | None = None
    #: The RELP listener. Each message is answered when it is safe, see `ack`.
    relp: StreamOptions | None = None
    #: `pri`: over TCP and TLS, lines that do not begin with a PRI belong to the message before
    #: them. The last one ends after a second without a byte.
    multiline: Literal["none", "pri"] = "none"
    #: `rfc3164` or `rfc5424` take only those for headers; what has another is text behind its PRI.
    protocol: Protocol = "auto"
    #: IANA name of the zone of timestamps that do not say theirs, such as `Europe/Vienna`.
    #: `guess`: learned for each sender.
    timezone: Zone = Field("UTC", alias="location")
    #: Of timestamps that do not say theirs. `auto`: the newest in which the date exists and is at
    #: most 7 days ahead. `receive`: the year of the receipt, as rsyslog has it. A number: that
    #: one, for an archive that is sent again.
    year: Literal["auto", "receive"] | Annotated[int, Field(ge=YEARS.start, lt=YEARS.stop)] = "auto"
    #: Offsets of zone words that mean something else on your devices, such as `{IST: '+02:00'}`.
    zone_words: Annotated[dict[str, str], AfterValidator(_words)] = Field({})
    #: Of frames that are not UTF-8, such as `cp1252`, `gb18030` or `koi8-r`. Without one that
    #: fits, bytes are shown as `\xNN`, flagged `invalid_utf8`.
    encoding: Encoding | None = None
    #: Networks whose senders differ; the first that has the sender's address decides.
    sources: tuple[SourceOptions, ...] = ()
    #: Whose name an event has. `message`: what the message says, or none. `peer_ip`: the sender's
    #: address. `message_then_peer`: the address where the message says nothing. `rdns` and
    #: `message_then_rdns`: the same with the sender's name in place of its address, once it is
    #: known.
    hostname_policy: HostnamePolicy = "message_then_peer"
    #: How long names of addresses are good for.
    reverse_dns: ReverseDnsOptions = ReverseDnsOptions()
    #: Give messages back the control characters that an rsyslog before us has written as `#012`,
    #: `#011` and the like. What a message really had of these goes too.
    unescape_octal: bool = False
    #: What is looked for inside messages, whose text stays as it is; `auto` is any of them.
    parse_body: Format = "none"
    #: Make one event of a message that Cisco's ISE or ESXi has sent in parts. Not with
    #: `attributes: otel`.
    join_parts: bool = False
    #: Time that parts wait for the others. What is not whole then goes on as it is.
    parts_timeout: Duration = 2.0
    #: Keep the frame as it came, as `log.record.original`.
    keep_raw: bool = False
    #: Whose names the attributes have. `otel`: those of the OpenTelemetry Collector's syslog
    #: receiver, and the body is the whole line.
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
