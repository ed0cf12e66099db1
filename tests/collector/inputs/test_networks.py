"""Networks that an address is in or not."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector.inputs.networks import Networks


class NetworksTests(SynchronousTestCase):
    def test_addresses_of_either_family(self) -> None:
        networks = Networks(("10.1.0.0/16", "2001:db8::/32", "192.0.2.7"))
        for ip in ("10.1.2.3", "2001:db8::1", "192.0.2.7"):
            self.assertIn(ip, networks)
        for ip in ("10.2.0.1", "2001:db9::1", "192.0.2.8", "/run/socket"):
            self.assertNotIn(ip, networks)

    def test_none_is_false(self) -> None:
        self.assertEqual((bool(Networks(())), bool(Networks(("::/0",)))), (False, True))
