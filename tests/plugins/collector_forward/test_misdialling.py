"""Who calls the wrong port, or the right one in the wrong way: one line says what to do."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from tests.collector.tasks import as_task
from tests.plugins.collector_forward.test_receiver import AUTHORITY, KEY, SecurityTestCase, chunk

_TLS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
_HTTP = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
_SYSLOG = b"<13>1 2026-01-01T00:00:00Z host app - - - text\n"
_JSON = b'["t",1700000000,{"message":"one"}]'


class MisdiallingTests(SecurityTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cert = Path(self.mktemp())
        self.cert.write_bytes(AUTHORITY.issue())
        self.lines: list[str] = []
        self.patch(
            self.context.log, "warn", lambda text, **said: self.lines.append(text.format(**said))
        )

    async def check(self, data: bytes, line: str, **labels: str) -> None:
        """Sent twice: counted twice, said once, and closed."""
        self.lines.clear()
        before = self.count("connections_refused", **labels)
        for after in (before + 1, before + 2):
            self.dial().sendall(data)
            await self.until(partial(self.counted, after, **labels))
        await self.until(lambda: self.gauge("connections") == 0)
        (found,) = self.lines
        self.assertIn(line, found)
        self.assertNotIn("canary", found)

    def counted(self, number: int, **labels: str) -> bool:
        return self.count("connections_refused", **labels) == number

    async def check_strangers(self, port: str) -> None:
        for data, protocol, advice in (
            (_TLS, "TLS", "give the receiver tls, or let the sender use none"),
            (_HTTP, "HTTP", "it wants another port"),
            (_SYSLOG, "syslog", "it wants the port of a syslog receiver"),
            (b"\x05hello", "no Fluent Forward", ""),
        ):
            line = f"127.0.0.1 speaks {protocol} to the {port} {self.address[1]}; connection closed"
            await self.check(data, line, reason="wrong_protocol", detail=protocol)
            self.assertTrue(self.lines[0].endswith(advice))

    @as_task
    async def test_to_a_plain_port(self) -> None:
        await self.listen()
        await self.check_strangers("plain TCP port")

    @as_task
    async def test_to_one_that_asks_for_a_key(self) -> None:
        await self.listen(security={"shared_key": KEY})
        await self.check_strangers("plain TCP port")
        self.lines.clear()
        line = "127.0.0.1 was not let in: no PING: the client has no shared key; set shared_key"
        await self.check(chunk("c", "no"), line, reason="no PING")
        self.assertEqual(self.count("peer_refusals", peer="127.0.0.1", reason="no PING"), 2)

    @as_task
    async def test_json_to_one_that_asks_for_a_key(self) -> None:
        await self.listen(security={"shared_key": KEY})
        await self.check(_JSON, "no PING: the client has no shared key", reason="no PING")

    @as_task
    async def test_half_a_ping_and_then_nonsense(self) -> None:
        await self.listen(security={"shared_key": KEY})
        line = "not let in: invalid ping message; it is no Fluent Forward client"
        await self.check(b"\x96\xa4PING\xc1", line, reason="invalid ping message")

    @as_task
    async def test_to_one_with_tls(self) -> None:
        await self.listen(tls={"cert_file": self.cert})
        plain = "it does not speak TLS, which must be on at the sender too"
        http = "it speaks HTTP without TLS: a health check or the wrong port"
        said: Any
        for data, said in ((chunk("c", "no"), plain), (_HTTP, http)):
            line = f"no TLS with 127.0.0.1: {said}"
            await self.check(data, line, reason="tls_handshake", detail=said)
        self.dial().sendall(_SYSLOG)
        labels = {"reason": "tls_handshake", "detail": plain}
        await self.until(partial(self.counted, 3, **labels))
