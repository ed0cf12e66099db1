"""Traps of SNMPv2c over UDP, each an event: a decoder for datagrams.

receivers:
  traps: {type: 'snmp_trap:TrapReceiver', endpoint: '[::]:1162'}
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from collector.api import WARN, DatagramOptions, DatagramReceiver, Event, Frames, flag

_INTEGER, _OCTETS, _OID = 0x02, 0x04, 0x06
_NUMBERS = {_INTEGER, 0x41, 0x42, 0x43, 0x46}  # counters, gauges and times too
_TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"


class TrapReceiver(DatagramReceiver[DatagramOptions]):
    """The body is the trap's OID; its variables are attributes."""

    def parse(self, frames: Frames) -> list[Event]:
        """See `FrameReceiver`."""
        now = time.time_ns()
        return [event(frame, now) for frame in frames]


def event(frame: bytes, now: int) -> Event:
    """A trap; of what is none, its bytes in hexadecimal, flagged."""
    try:
        attributes = dict(variables(frame))
    except (ValueError, IndexError):
        odd = Event(now, frame.hex(), {})
        flag(odd, "parse_error")
        return odd
    return Event(now, attributes.pop(_TRAP_OID, ""), attributes, WARN, "WARN")


def variables(frame: bytes) -> Iterator[tuple[str, str | int]]:
    """OIDs and values (RFC 3416 section 3). Raises ValueError or IndexError."""
    ((_, message),) = items(frame)
    _version, _community, (_, pdu) = items(message)
    *_, (_, bindings) = items(pdu)
    for _, binding in items(bindings):
        (_, name), (tag, value) = items(binding)
        yield oid(name), shown(tag, value)


def items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element of BER (X.690 section 8.1). Raises as `variables`."""
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            start, at = at, at + (length & 0x7F)
            length = int.from_bytes(data[start:at])
        if at + length > len(data):
            raise ValueError("an element ends behind the message")
        yield tag, data[at : at + length]
        at += length


def oid(data: bytes) -> str:
    """`1.3.6.1` (X.690 section 8.19)."""
    numbers, number = [min(data[0] // 40, 2)], 0
    numbers.append(data[0] - 40 * numbers[0])
    for byte in data[1:]:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    return ".".join(map(str, numbers))


def shown(tag: int, value: bytes) -> str | int:
    """A value: a number, an OID, text, or what is neither in hexadecimal."""
    if tag in _NUMBERS and len(value) <= 9:
        return int.from_bytes(value, signed=tag == _INTEGER)
    if tag == _OID:
        return oid(value)
    text = value.decode("utf-8", "backslashreplace")
    return text if text.isprintable() else value.hex()
