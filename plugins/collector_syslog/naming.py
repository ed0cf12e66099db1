"""Whose name an event has: by the policy, the message's, the peer's name, or its address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collector.api import Context, Event, Frames, Resource

from .options import SyslogConfig
from .reverse_dns import Names

HOSTNAME = "syslog.hostname"
#: Says where the hostname is from, when that is not the message.
HOSTNAME_SOURCE = "syslog.hostname_source"
#: What the message said, when the peer's name or address stands in its place.
MESSAGE_HOSTNAME = "syslog.message_hostname"
#: Of the resource: whose connection it was, when a PROXY header says who is behind it.
_PROXY = "net.sock.peer.addr"


class Naming:
    """Of one receiver."""

    def __init__(self, config: SyslogConfig, context: Context) -> None:
        policy = config.hostname_policy
        self._nobody = policy == "message"
        self._everybody = policy in {"peer_ip", "rdns"}
        asks = policy in {"rdns", "message_then_rdns"}
        self._names = Names(context, config.reverse_dns) if asks else None

    def name(self, frames: Frames, events: Sequence[Event], hostless: Sequence[int]) -> None:
        """Name the events; `hostless`: the numbers of those whose message says nothing."""
        if self._nobody:
            return
        known: dict[Resource, tuple[str, str]] = {}
        for number in range(len(events)) if self._everybody else hostless:
            resource = frames.resource(number)
            if resource not in known:
                known[resource] = self._of(resource)
            _take(events[number].attributes, *known[resource])

    def _of(self, resource: Resource) -> tuple[str, str]:
        """The name of a peer, and where it is from."""
        ip = ip_of(resource)
        name = self._names.of(ip) if ip and self._names else ""
        if name:
            return name, "rdns"
        return ip, "proxy" if _PROXY in resource.attributes else "peer"


def ip_of(resource: Resource) -> str:
    """The peer's address; "" for a socket that has none."""
    ip: str = resource.attributes.get("net.peer.ip", "")
    return ip


def _take(attributes: dict[str, Any], name: str, source: str) -> None:
    """Take the peer's name for the hostname."""
    said = attributes.get(HOSTNAME)
    if not name or said == name:
        return
    if said:
        attributes[MESSAGE_HOSTNAME] = said
    attributes[HOSTNAME] = name
    attributes[HOSTNAME_SOURCE] = source
