"""Networks that an address is in or not."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector.inputs import networks
from collector.inputs.networks import ByNetwork, Networks


class NetworksTests(SynchronousTestCase):
    def test_addresses_of_either_family(self) -> None:
        some = Networks(("10.1.0.0/16", "2001:db8::/32", "192.0.2.7"))
        for ip in ("10.1.2.3", "2001:db8::1", "192.0.2.7"):
            self.assertIn(ip, some)
        for ip in ("10.2.0.1", "2001:db9::1", "192.0.2.8", "/run/socket"):
            self.assertNotIn(ip, some)

    def test_none_is_false(self) -> None:
        self.assertEqual((bool(Networks(())), bool(Networks(("::/0",)))), (False, True))


class ByNetworkTests(SynchronousTestCase):
    def test_the_first_network_that_has_the_address_decides(self) -> None:
        said = ByNetwork([("10.1.2.0/24", "near"), ("10.0.0.0/8", "far"), ("::1", "here")], "else")
        places = [said.of(ip) for ip in ("10.1.2.3", "10.9.9.9", "::1", "192.0.2.1", "/run/x", "")]
        self.assertEqual(places, ["near", "far", "here", "else", "else", "else"])

    def test_what_it_remembers_is_bounded(self) -> None:
        self.patch(networks, "_REMEMBERED", 4)
        said = ByNetwork([("10.0.0.0/8", 1)], 0)
        self.assertEqual([said.of(f"10.0.0.{n}") for n in range(99)], [1] * 99)
        self.assertLessEqual(len(said._known), 4)
