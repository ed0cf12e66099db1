"""Whose name an event has, by the policy, and that it says where the name is from."""

from __future__ import annotations

from typing import Any
from unittest import mock

from twisted.trial.unittest import SynchronousTestCase

from collector.api import Frames, Resource
from collector.testing import context
from collector_syslog import reverse_dns
from collector_syslog.receiver import SyslogReceiver
from tests.plugins.collector_syslog.test_reader import Peer, config

NAMES = {"192.0.2.1": "router.example"}
NAMED, BARE = "<34>Oct 11 22:14:15 host app: text", "<34>app: text"


class NamingTests(SynchronousTestCase):
    def said(self, policy: str, line: str, ip: str, **resource: Any) -> tuple[Any, ...]:
        """Hostname, where it is from, and what the message said."""
        receiver = SyslogReceiver(config(hostname_policy=policy), context("receiver", "syslog"))
        peer = Peer(ip)
        peer.resource = Resource({"net.peer.ip": ip, **resource})
        with mock.patch.object(reverse_dns.Names, "of", lambda _, ip: NAMES.get(ip, "")):
            (event,) = receiver.parse(Frames([(peer, [line.encode()])]))
        keys = ("hostname", "hostname_source", "message_hostname")
        return tuple(event.attributes.get(f"syslog.{key}") for key in keys)

    def test_the_peers_name_goes_before_the_messages(self) -> None:
        self.assertEqual(self.said("rdns", NAMED, "192.0.2.1"), ("router.example", "rdns", "host"))
        self.assertEqual(self.said("rdns", BARE, "192.0.2.1"), ("router.example", "rdns", None))

    def test_or_behind_it(self) -> None:
        policy = "message_then_rdns"
        self.assertEqual(self.said(policy, NAMED, "192.0.2.1"), ("host", None, None))
        self.assertEqual(self.said(policy, BARE, "192.0.2.1"), ("router.example", "rdns", None))

    def test_as_long_as_none_is_known_it_is_the_address(self) -> None:
        for policy in ("rdns", "message_then_rdns"):
            self.assertEqual(self.said(policy, BARE, "192.0.2.2"), ("192.0.2.2", "peer", None))

    def test_an_address_that_a_proxy_named_is_said_to_be_so(self) -> None:
        proxy = {"net.sock.peer.addr": "127.0.0.1"}
        said = self.said("message_then_peer", BARE, "192.0.2.2", **proxy)
        self.assertEqual(said, ("192.0.2.2", "proxy", None))

    def test_a_unix_socket_has_no_address_to_ask_for(self) -> None:
        self.assertEqual(self.said("rdns", BARE, ""), (None, None, None))
