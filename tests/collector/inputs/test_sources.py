"""Whose connections are counted together, and how many there may be."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector.inputs.sources import Sources, source


class SourcesTests(SynchronousTestCase):
    def test_each_source_has_its_own_room(self) -> None:
        sources = Sources(2)
        for _ in range(2):
            self.assertTrue(sources.has_room("192.0.2.1"))
            sources.came("192.0.2.1")
        self.assertFalse(sources.has_room("192.0.2.1"))
        self.assertTrue(sources.has_room("192.0.2.2"))
        sources.left("192.0.2.1")
        self.assertTrue(sources.has_room("192.0.2.1"))

    def test_nothing_is_kept_of_who_has_left(self) -> None:
        sources = Sources(2)
        for n in range(100):
            self.assertTrue(sources.has_room(f"192.0.2.{n}"))
        sources.came("192.0.2.1")
        sources.left("192.0.2.1")
        self.assertEqual(len(sources), 0)

    def test_nought_is_any_number(self) -> None:
        sources = Sources(0)
        for _ in range(5000):
            sources.came("192.0.2.1")
        self.assertTrue(sources.has_room("192.0.2.1"))

    def test_an_ipv6_network_of_64_bits_is_one_source(self) -> None:
        sources = Sources(1)
        sources.came("2001:db8:1:2::1")
        self.assertFalse(sources.has_room("2001:db8:1:2:ffff:ffff:ffff:ffff"))
        self.assertTrue(sources.has_room("2001:db8:1:3::1"))
        self.assertEqual(source("2001:db8:1:2::1"), "2001:db8:1:2::/64")
