"""The null exporter: the account without the content."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from collector.api import Batch, Retry, spawn
from collector.testing import context, events
from collector_debug.null import NullConfig, NullExporter


class NullTests(TestCase):
    def send(self, **config: Any) -> Deferred[Any]:
        exporter = NullExporter(NullConfig(**config), context("exporter"))
        (request,) = exporter.encode([Batch(events("one", "two"))])
        self.assertEqual((request.events, request.body), (2, b"\n\n"))
        return spawn(exporter.send(request))

    def test_takes_everything(self) -> Deferred[None]:
        return self.send(delay=0.001)

    def test_fails_as_often_as_told(self) -> Deferred[Any]:
        return self.assertFailure(self.send(failures=1), Retry)
