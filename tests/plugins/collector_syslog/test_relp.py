"""RELP on the wire: bytes in, commands and answers out."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.api import WrongProtocol
from collector_syslog.relp import Command, Commands, Unacceptable, accepted, answer, taken

numbers = st.integers(0, 999_999_999).map(lambda n: b"%d" % n)
names = st.sampled_from([b"open", b"close", b"syslog", b"starttls"])
commands = st.builds(Command, numbers, names, st.binary(max_size=60))


def wire(command: Command) -> bytes:
    number, name, data = command
    return b"%b %b %d%b%b\n" % (number, name, len(data), b" " if data else b"", data)


def fed(*reads: bytes, max_size: int = 65536) -> list[Command]:
    framing = Commands(max_size)
    return [command for read in reads for command in framing.feed(read)]


class CommandTests(SynchronousTestCase):
    @given(st.lists(commands, max_size=5), st.lists(st.integers(0, 200), max_size=6))
    def test_the_same_however_the_bytes_are_cut(self, sent: list[Command], cuts: list[int]) -> None:
        data = b"".join(map(wire, sent))
        ends = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
        reads = [data[a:b] for a, b in itertools.pairwise(ends)]
        self.assertEqual(fed(*reads), sent)

    @given(st.binary(max_size=80))
    def test_anything_is_commands_or_the_wrong_protocol(self, data: bytes) -> None:
        framing = Commands(480)
        try:
            framing.feed(data)
            framing.feed(b"")
        except WrongProtocol:
            return

    def test_no_data_may_have_its_space_or_not(self) -> None:
        close = Command(b"9", b"close", b"")
        self.assertEqual(fed(b"9 close 0\n9 close 0 \n"), [close, close])

    def test_long_data_is_cut_and_the_next_frame_is_found(self) -> None:
        sent = b"1 syslog 100000 " + b"x" * 100_000 + b"\n2 syslog 2 ok\n"
        first, second = fed(*(sent[at : at + 999] for at in range(0, len(sent), 999)), max_size=480)
        self.assertEqual((len(first.data), first.data.flags), (480, ("truncated",)))  # type: ignore[attr-defined]
        self.assertEqual(second, (b"2", b"syslog", b"ok"))

    def test_what_came_before_nonsense_is_taken_first(self) -> None:
        framing = Commands(480)
        self.assertEqual(len(framing.feed(b"1 syslog 1 x\nnonsense")), 1)
        with self.assertRaisesRegex(WrongProtocol, "no RELP"):
            framing.feed(b"\n")

    def test_strangers_are_named(self) -> None:
        for data, name in (
            (b"<34>Oct 11", "syslog without RELP"),
            (b"\x16\x03\x01\x02", "TLS"),
            (b"1 syslog 1 xx\n", "wrong length"),
            (b"1234567890 syslog 1 x\n", "no RELP"),
        ):
            with self.assertRaisesRegex(WrongProtocol, name):
                fed(data)


class AnswerTests(SynchronousTestCase):
    def test_answers_name_their_transaction(self) -> None:
        self.assertEqual(answer(b"7", b"500 no"), b"7 rsp 6 500 no\n")
        self.assertEqual(answer(b"7", b""), b"7 rsp 0\n")
        self.assertEqual(taken([b"1", b"2"]), b"1 rsp 6 200 OK\n2 rsp 6 200 OK\n")

    def test_both_names_of_the_version_are_echoed_and_others_become_ours(self) -> None:
        for offered, chosen in ((b"0", b"0"), (b"1", b"1"), (b"2", b"1"), (b"10", b"1")):
            said = accepted(
                b"\nrelp_version=%b\nrelp_software=x\ncommands=syslog,eventlog" % offered
            )
            self.assertEqual(
                said.splitlines(),
                [
                    b"200 OK",
                    b"relp_version=" + chosen,
                    b"relp_software=collector",
                    b"commands=syslog",
                ],
            )

    def test_offers_that_cannot_be_met_say_which(self) -> None:
        for offers, why in (
            (b"", "relp_version"),
            (b"relp_version=x", "relp_version"),
            (b"relp_version=0\ncommands=eventlog", "syslog"),
        ):
            with self.assertRaisesRegex(Unacceptable, why):
                accepted(offers)
