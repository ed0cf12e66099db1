"""PROXY protocol headers: bytes in, an origin out."""

from __future__ import annotations

import ipaddress
import socket
import struct

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.inputs.proxy_header import (
    SIGNATURE_2,
    BadHeader,
    Header,
    Origin,
    read_header,
)


def version_1(ip: str, port: int) -> bytes:
    family = "TCP6" if ":" in ip else "TCP4"
    return f"PROXY {family} {ip} {ip} {port} 514\r\n".encode()


def version_2(ip: str, port: int, more: bytes = b"", command: int = 0x21, kind: int = 1) -> bytes:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    packed = socket.inet_pton(family, ip)
    content = packed + packed + struct.pack("!HH", port, 514) + more
    byte = (0x20 if ":" in ip else 0x10) | kind
    return SIGNATURE_2 + struct.pack("!BBH", command, byte, len(content)) + content


addresses = st.one_of(
    st.ip_addresses(v=4),
    st.ip_addresses(v=6).filter(lambda ip: not getattr(ip, "ipv4_mapped", None)),
)
ports = st.integers(0, 65535)
writers = st.sampled_from([version_1, version_2])


class HeaderTests(SynchronousTestCase):
    @given(addresses, ports, writers, st.binary(max_size=20))
    def test_says_whom_it_speaks_for_and_where_it_ends(
        self,
        ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
        port: int,
        writer: object,
        rest: bytes,
    ) -> None:
        header = writer(str(ip), port)  # type: ignore[operator]
        self.assertEqual(read_header(header + rest), Header(len(header), Origin(str(ip), port)))
        for end in range(len(header)):
            self.assertIsNone(read_header(header[:end]))

    @given(st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda b: b"PROXY " + b),
                     st.binary(max_size=60).map(lambda b: SIGNATURE_2 + b)))  # fmt: skip
    def test_anything_is_a_header_a_beginning_or_bad(self, data: bytes) -> None:
        try:
            header = read_header(data)
        except BadHeader:
            return
        self.assertTrue(header is None or 0 < header.size <= len(data))

    def test_a_proxy_may_speak_for_itself_or_not_say_for_whom(self) -> None:
        local = version_2("192.0.2.1", 1, command=0x20)
        unix = SIGNATURE_2 + struct.pack("!BBH", 0x21, 0x31, 216) + bytes(216)
        unknown = SIGNATURE_2 + struct.pack("!BBH", 0x21, 0, 0)
        for data in (
            b"PROXY UNKNOWN\r\n",
            b"PROXY UNKNOWN ff::1 ff::1 1 1\r\n",
            local,
            unix,
            unknown,
        ):
            self.assertEqual(read_header(data), Header(len(data), None))

    def test_what_else_a_header_carries_is_skipped(self) -> None:
        data = version_2("192.0.2.1", 7, more=b"\x04\x00\x03abc", kind=2)
        self.assertEqual(read_header(data + b"x"), Header(len(data), Origin("192.0.2.1", 7)))

    def test_ipv4_in_ipv6_becomes_ipv4(self) -> None:
        for writer in (version_1, version_2):
            header = read_header(writer("::ffff:192.0.2.1", 7))
            assert header is not None
            self.assertEqual(header.origin, Origin("192.0.2.1", 7))

    def test_what_is_wrong_is_said(self) -> None:
        for data, why in (
            (b"<34>hello", "no PROXY header"),
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n", "broken"),
            (b"PROXY TCP4 hello 192.0.2.2 1 1\r\n", "no address"),
            (b"PROXY TCP4 ::1 ::1 1 1\r\n", "contradicts"),
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 99999 1\r\n", "contradicts"),
            (b"PROXY TCP4 " + b"1" * 100, "too long"),
            (SIGNATURE_2 + struct.pack("!BBH", 0x11, 0x11, 12), "version or command"),
            (SIGNATURE_2 + struct.pack("!BBH", 0x22, 0x11, 12), "version or command"),
            (SIGNATURE_2 + struct.pack("!BBH", 0x21, 0x11, 65535), "too long"),
            (SIGNATURE_2 + struct.pack("!BBH", 0x21, 0x21, 12) + bytes(12), "too short"),
        ):
            with self.assertRaisesRegex(BadHeader, why):
                read_header(data)
