"""What the log has told of peers."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector.inputs import named
from collector.inputs.named import Named


class NamedTests(SynchronousTestCase):
    def test_each_mistake_of_a_peer_is_new_once(self) -> None:
        is_new = Named().is_new
        self.assertEqual([is_new("::1", "TLS"), is_new("::1", "TLS")], [True, False])
        self.assertTrue(is_new("::1", "HTTP") and is_new("::2", "TLS"))

    def test_more_than_it_can_remember_are_not_new(self) -> None:
        self.patch(named, "_MOST", 2)
        is_new = Named().is_new
        self.assertEqual([is_new(f"::{n}", "TLS") for n in range(4)], [True, True, False, False])
