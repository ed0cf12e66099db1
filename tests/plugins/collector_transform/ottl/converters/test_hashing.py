"""Digests, ids and addresses."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.plugins.collector_transform.running import value


class HashingTests(SynchronousTestCase):
    def test_gives_what_upstream_documents(self) -> None:
        for text, expected in {
            'SHA256("")': "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            'IsInCIDR("10.1.2.3", ["10.0.0.0/8"])': True,
            'IsValidLuhn("17893729974")': True,
        }.items():
            self.assertEqual(value(text), expected, text)
