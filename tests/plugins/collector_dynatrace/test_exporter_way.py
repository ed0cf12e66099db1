"""The exporter's way to its server: TLS and proxy, as its configuration says."""

from __future__ import annotations

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.trial.unittest import TestCase

from collector.api import Batch, Event, Hold, Receipt
from collector.testing import context
from collector_dynatrace.exporter import DynatraceConfig, DynatraceExporter
from collector_dynatrace.sandbox.options import SandboxOptions
from collector_dynatrace.sandbox.server import Sandbox
from collector_dynatrace.sandbox.tls import PemFiles
from tests.collector.outputs.authority import Authority, pin_of
from tests.collector.outputs.connect_proxy import ConnectProxy
from tests.collector.outputs.http_case import as_task, logged_in, within

reactor: Any = global_reactor
TOKEN = f"dt0c01.{'P' * 24}.{'S' * 64}"


class WayTests(TestCase):
    timeout = 8

    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        pem = Path(folder.name, "server.pem")
        pem.write_bytes(Authority().issue(host="activegate.example", days=10))
        self.pin = pin_of(pem.read_bytes())
        options = SandboxOptions(tokens=frozenset({TOKEN}))
        self.sandbox = Sandbox(reactor, options, tls=PemFiles(pem, None))
        self.port = self.sandbox.start()
        self.addCleanup(self.sandbox.stop)
        self.logged = logged_in(self)

    async def sent(self, **options: Any) -> DynatraceExporter:
        """An exporter that has sent an event."""
        model = {"endpoint": f"https://127.0.0.1:{self.port}", "api_token": TOKEN} | options
        exporter = DynatraceExporter(
            DynatraceConfig.model_validate(model), context("exporter", "dynatrace")
        )
        self.addCleanup(lambda: within(exporter.stop()))
        await exporter.start()
        (request,) = exporter.encode([Batch([Event(time.time_ns(), "hello", {})])])
        self.assertEqual(await exporter.send(request), Receipt())
        return exporter

    @as_task
    async def test_a_pin_and_when_the_certificate_expires(self) -> None:
        exporter = await self.sent(pin_sha256=[self.pin])
        text = exporter.context.metrics.text().decode()
        (left,) = [x for x in text.splitlines() if "certificate_expiry_seconds{" in x]
        self.assertIn('server_address="127.0.0.1"', left)
        self.assertApproximates(float(left.split()[-1]), 10 * 86_400, 60)
        self.assertIn("expires on", " ".join(self.logged))

    @as_task
    async def test_a_certificate_that_is_refused_waits_for_a_person(self) -> None:
        for options in ({}, {"pin_sha256": ["0" * 64]}):
            with self.assertRaises(Hold):
                await self.sent(**options)
        self.assertEqual(len(self.sandbox.requests), 0)

    @as_task
    async def test_a_proxy_is_named_without_its_password(self) -> None:
        proxy = ConnectProxy(self.port)
        listening = reactor.listenTCP(0, proxy, interface="127.0.0.1")
        self.addCleanup(listening.stopListening)
        at = f"127.0.0.1:{listening.getHost().port}"
        way = {"pin_sha256": [self.pin], "proxy": f"http://me:CANARY@{at}"}
        exporter = await self.sent(endpoint="https://activegate.example:9999/e/x", **way)
        self.assertTrue(proxy.heads[0].startswith(b"CONNECT activegate.example:9999 "))
        proxy.says(b"HTTP/1.1 407 CANARY\r\n\r\n")
        with self.assertRaises(Hold) as caught:
            await self.sent(**way)
        self.assertIn(f"the proxy http://{at} answered 407", str(caught.exception))
        said = " ".join([*self.logged, repr(exporter.config), repr(caught.exception)])
        self.assertIn(f"sending through the proxy http://{at} to https://activegate.example", said)
        self.assertNotIn("CANARY", said)

    @as_task
    async def test_an_environment_that_cannot_be_used_ends_the_start(self) -> None:
        self.patch(os, "environ", {"HTTPS_PROXY": "socks5://me:CANARY@proxy:1080"})
        with self.assertRaises(ValueError) as caught:
            await self.sent(endpoint="https://activegate.example:9999/e/x")
        self.assertIn("HTTPS_PROXY", str(caught.exception))
        self.assertNotIn("CANARY", str(caught.exception))

    def test_tls_keys_have_no_use_with_http(self) -> None:
        model = {"endpoint": "http://127.0.0.1:1", "api_token": TOKEN, "pin_sha256": [self.pin]}
        advice = DynatraceExporter.config_warnings(DynatraceConfig.model_validate(model))
        self.assertEqual(list(advice), ["pin_sha256 has no use with http"])
