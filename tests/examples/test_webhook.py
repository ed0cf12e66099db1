"""The example `webhook`, an exporter."""

from __future__ import annotations

import json

from twisted.trial.unittest import TestCase

from collector.api import Batch, Hold, Poison, Retry, TooLarge
from collector.testing import ExporterContract, HttpDestination, context, events
from examples.webhook import WebhookConfig, WebhookExporter
from tests.collector.outputs.http_case import Case, as_task


def exporter(url: str) -> WebhookExporter:
    return WebhookExporter(WebhookConfig(url=url, proxy="none"), context("exporter"))


class WebhookContractTests(ExporterContract, TestCase):
    plugin = WebhookExporter
    config = {"url": "{destination}", "proxy": "none"}
    destination = HttpDestination


class WebhookTests(Case):
    @as_task
    async def test_events_are_lines(self) -> None:
        made = exporter(self.url)
        (request,) = made.encode([Batch(events("one", "zwei", n=1))])
        await made.send(request)
        _, body = self.server.requests[0]
        await made.stop()
        rows = [json.loads(line) for line in body.splitlines()]
        self.assertEqual([row["body"] for row in rows], ["one", "zwei"])
        self.assertEqual(rows[0]["attributes"], {"n": 1})

    @as_task
    async def test_what_an_answer_means(self) -> None:
        made = exporter(self.url)
        (request,) = made.encode([Batch(events("one"))])
        meanings = {400: Poison, 413: TooLarge, 403: Hold, 500: Retry, 302: Retry}
        for status, meaning in meanings.items():
            self.server.answers(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)
            with self.assertRaises(meaning):
                await made.send(request)
        self.server.answers(b"HTTP/1.1 429 X\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n")
        with self.assertRaises(Retry) as caught:
            await made.send(request)
        await made.stop()
        self.assertEqual(caught.exception.after, 7.0)
