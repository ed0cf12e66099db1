"""The example `snmp_trap`, a decoder."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase, TestCase

from collector.api import FLAGS_KEY, WARN, DatagramOptions
from collector.testing import (
    MemoryNetwork,
    ReceiverContract,
    ReceiverRig,
    RecordingOutput,
    context,
)
from examples.snmp_trap import TrapReceiver, event
from tests.collector.tasks import as_task

#: What `snmptrap -v2c` of net-snmp 5.9 sends for linkDown with these variables.
LINK_DOWN = bytes.fromhex(
    "3081c002010104067075626c6963a781b202043fcf63690201000201003081a3300f06082b060102"
    "01010300430301e2403017060a2b06010603010104010006092b0601060301010503300f060a2b06"
    "01020102020101030201033012060a2b0601020102020102030404657468303014060a2b06010201"
    "0202010603040600163e00ff01300e06092b06010401944c03010201ff301606082b060102010102"
    "00060a2b06010401bf0803020a3014060b2b060102011f0101010603410500ffffffff"
)


def element(tag: int, content: bytes) -> bytes:
    """As BER has it, of less than 64 KiB."""
    return bytes((tag, 0x82)) + len(content).to_bytes(2) + content


class TrapContractTests(ReceiverContract, TestCase):
    plugin = TrapReceiver
    config = {"endpoint": "127.0.0.1:0"}

    def sample(self, text: str) -> bytes:
        binding = element(0x30, element(6, b"\x2b\x06") + element(4, text.encode()))
        numbers = element(2, b"\1") * 3
        pdu = element(0xA7, numbers + element(0x30, binding))
        return element(0x30, element(2, b"\1") + element(4, b"public") + pdu)


class TrapTests(SynchronousTestCase):
    def test_a_trap_is_its_oid_and_its_variables(self) -> None:
        found = event(LINK_DOWN, 5)
        self.assertEqual((found.time, found.body), (5, "1.3.6.1.6.3.1.1.5.3"))
        self.assertEqual(found.severity_number, WARN)
        self.assertEqual(
            found.attributes,
            {
                "1.3.6.1.2.1.1.3.0": 123456,
                "1.3.6.1.2.1.2.2.1.1.3": 3,
                "1.3.6.1.2.1.2.2.1.2.3": "eth0",
                "1.3.6.1.2.1.2.2.1.6.3": "00163e00ff01",
                "1.3.6.1.4.1.2636.3.1": -1,
                "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.8072.3.2.10",
                "1.3.6.1.2.1.31.1.1.1.6.3": 4294967295,
            },
        )

    def test_half_a_trap_is_kept_as_it_is(self) -> None:
        for size in range(1, len(LINK_DOWN)):
            found = event(LINK_DOWN[:size], 5)
            self.assertEqual(found.body, LINK_DOWN[:size].hex())
            self.assertEqual(found.attributes[FLAGS_KEY], ["parse_error"])

    def test_any_byte_may_be_wrong(self) -> None:
        for place in range(len(LINK_DOWN)):
            for byte in (0x00, 0x7F, 0x84, 0xFF):
                event(LINK_DOWN[:place] + bytes([byte]) + LINK_DOWN[place + 1 :], 5)


class OverTheNetworkTests(TestCase):
    @as_task
    async def test_the_core_adds_who_has_sent_it(self) -> None:
        network, output = MemoryNetwork(), RecordingOutput()
        given = context("receiver", reactor=network.reactor, sockets=network)
        receiver = TrapReceiver(DatagramOptions(endpoint="127.0.0.1:162"), given)
        receiver.output = output
        await receiver.start()
        await ReceiverRig(receiver, network).datagrams([LINK_DOWN, b"no trap"])
        await receiver.stop()
        trap, odd = output.events
        self.assertEqual(trap.attributes["1.3.6.1.2.1.2.2.1.2.3"], "eth0")
        self.assertEqual(odd.body, b"no trap".hex())
        self.assertEqual({e.resource.attributes["net.peer.ip"] for e in (trap, odd)}, {"192.0.2.1"})
