"""The contract of receivers that listen, over a network in memory and under its clock."""

from __future__ import annotations

from collections.abc import Mapping

from ..delivery import Outcome
from ..inputs.web_receiver import WebReceiver
from ..memory_network import MemoryNetwork
from ..receiver_rig import ReceiverRig
from ..stand_ins import RecordingOutput
from .clause import in_reactor
from .garbage import garbage
from .lifecycle import ReceiverCase
from .sender import Sender

#: Bytes in a read, where a sender writes a lot; and where the network cuts as it likes.
_READ, _SMALL_READ = 65536, 7
#: More than any sender may make a receiver hold.
_FLOOD = 8
#: Virtual seconds after which everything has had its time.
_LATER = 120.0


class ListeningCase(ReceiverCase):
    """A receiver, started on a network in memory, its output, and how it is spoken to."""

    #: Bytes that a sender may make it hold for a frame that does not end, by `config`.
    largest = 1 << 20
    #: Where requests go, and their headers: of receivers that speak HTTP.
    path = "/"
    headers: Mapping[str, str] = {}
    #: What a sender writes first, once for a connection: its answer is not an acknowledgement.
    greeting = b""

    def sample(self, text: str) -> bytes:
        """What a sender writes for one event that has this text in its body or attributes."""
        return f"{text}\n".encode()

    @property
    def waits(self) -> bool:
        """Whether senders wait for an answer."""
        return getattr(self.plugin, "acknowledged", issubclass(self.plugin, WebReceiver))

    async def opened(self, outcome: Outcome | None = Outcome.DELIVERED) -> Sender:
        """A receiver that runs, and a connection to it."""
        network = MemoryNetwork()
        receiver = self.make(network.reactor, sockets=network)
        receiver.output = output = RecordingOutput(outcome)
        await receiver.start()
        line = Sender(self, ReceiverRig(receiver, network), output)
        await line.dial()
        return line


class ReceiverContract(ListeningCase):
    """A `FrameReceiver` or `WebReceiver` survives whatever comes, and loses nothing of it."""

    async def _is_honest(self, outcome: Outcome) -> None:
        """Whether a sender is told the truth when this becomes of its event."""
        taken, other = await self._answers(Outcome.DELIVERED), await self._answers(outcome)
        self.hold(
            not taken[0],
            f"it answered {taken[0]!r:.60} before the outcome was known: answer in settled(), or "
            "say in `greeting` what a sender writes before its first message",
        )
        self.hold(
            taken[1] or not self.waits,
            "it is `acknowledged` and wrote no answer when its events were delivered: answer in "
            "settled() with frames.reply()",
        )
        self.hold(
            outcome is Outcome.DELIVERED or not taken[1] or _sense(taken[1]) != _sense(other[1]),
            f"it answers {_sense(other[1])!r:.60} when events are delivered and also when the "
            f"outcome is {outcome.name}: its sender would forget what nobody has",
        )

    async def _answers(self, outcome: Outcome) -> tuple[bytes, bytes]:
        """What is written while the outcome is open, and once it is known."""
        line = await self.opened(None)
        early = await line.say("contract-one")
        self._arrived(line, "contract-one")
        late = await line.settle(outcome)
        await self._over(line)
        return early, late

    def _arrived(self, line: Sender, *texts: str) -> None:
        missing = [text for text in texts if line.arrived(text) != 1]
        self.hold(
            not missing,
            f"a message was sent and {[line.arrived(text) for text in missing]} events have its "
            f"text {missing}: make one event of each, or override sample() with what it takes",
        )

    async def _over(self, line: Sender) -> None:
        """Stopped, with nothing left on the network in memory and nothing logged or lost."""
        await line.stop()
        network = line.rig.network
        timers = [str(call) for call in network.reactor.getDelayedCalls()]
        self.hold(not timers, f"timers are left after stop(): {timers}; cancel them in stop()")
        listeners = [sock for _, sock in network.listeners]
        still = [sock for sock in network.sockets.values() if not sock.closed]
        deaf = [sock for sock in still if sock in listeners]
        self.hold(not deaf, f"{len(deaf)} listeners are left open after stop(): close them")
        self.hold(not still, f"{len(still)} connections are left open after stop(): close them")
        self.hold(
            not line.receiver.context.metrics.get("receiver_parser_failures"),
            "parse() raised: take every input, and make text of what cannot be read",
        )
        self.check_log()
        self.check_output(line.output)
        self.check_counters(line.receiver)

    @in_reactor
    async def test_contract_downstream_delivers(self) -> None:
        """Who waits for an answer gets one then, and not before."""
        await self._is_honest(Outcome.DELIVERED)

    @in_reactor
    async def test_contract_downstream_is_to_be_tried_again(self) -> None:
        """The sender is not told that its events are safe."""
        await self._is_honest(Outcome.RETRY)

    @in_reactor
    async def test_contract_downstream_refuses(self) -> None:
        """The receiver goes on."""
        line = await self.opened(None)
        await line.say("contract-one")
        await line.settle(Outcome.REJECTED)
        await line.dial()
        await line.say("contract-two")
        await line.settle(Outcome.DELIVERED)
        self._arrived(line, "contract-one", "contract-two")
        await self._over(line)

    @in_reactor
    async def test_contract_downstream_is_slow(self) -> None:
        """Outcomes come late and in another order, to senders that are gone; others are heard."""
        line = await self.opened(None)
        texts = [f"contract-{n}x" for n in range(5)]
        for text in texts:
            await line.say(text)
            await line.hang_up()
            await line.dial()
        line.output.open.reverse()
        await line.settle(Outcome.DELIVERED)
        self._arrived(line, *texts)
        await self._over(line)

    @in_reactor
    async def test_contract_messages_are_cut_as_the_network_likes(self) -> None:
        """Reads that hold several messages, and parts of one: each arrives once."""
        line = await self.opened()
        texts = [f"contract-{n}x" for n in range(20)]
        if line.is_stream:
            data = b"".join(map(line.said, texts))
            for at in range(0, len(data), _SMALL_READ):
                await line.send(data[at : at + _SMALL_READ])
        else:
            await line.say(*texts)
        self._arrived(line, *texts)
        await self._over(line)

    @in_reactor
    async def test_contract_stops_while_busy(self) -> None:
        """Answers are still written between `quiesce` and `stop`; nothing is done after it."""
        line = await self.opened(None)
        await line.say("contract-one")
        before = len(line.output.events)
        await line.receiver.quiesce()
        await line.rig.network.settle()
        late = await line.settle(Outcome.DELIVERED)
        self.hold(
            late or not self.waits,
            "the answer to what was delivered after quiesce() was not written: close connections "
            "in stop() and not before",
        )
        await line.receiver.stop()
        await line.rig.network.advance(_LATER)
        self.hold(
            len(line.output.events) == before,
            "it sent events after stop(): cancel its timers in stop()",
        )
        await self._over(line)

    @in_reactor
    async def test_contract_stops_while_the_queues_are_full(self) -> None:
        """Outcomes that come after `stop` change nothing."""
        line = await self.opened(None)
        await line.say("contract-one")
        line.receiver.pause()
        await self._over(line)
        await line.settle(Outcome.RETRY)
        self.check_log()
        self.check_output(line.output)

    @in_reactor
    async def test_contract_garbage_is_survived(self) -> None:
        """Neither it nor its other senders suffer from what nobody should send."""
        line = await self.opened()
        kinds = ("application/json", "text/plain", "application/x-protobuf", "")
        for n, data in enumerate(garbage()):
            await line.send(line.wire(data, **{"Content-Type": kinds[n % len(kinds)]}))
            if not n % 10:
                await line.send(data)  # and not as the protocol has it
            if not n % 5:
                await line.hang_up()
                await line.dial()
        await line.hang_up()
        await line.dial()
        self.hold(
            not line.receiver.context.metrics.get("receiver_requests_refused", reason="failed"),
            "take() raised: take every body, and answer what cannot be read with a 400",
        )
        await line.say("contract-last")
        self._arrived(line, "contract-last")
        await self._over(line)

    @in_reactor
    async def test_contract_frames_have_a_largest_size(self) -> None:
        """A frame that does not end takes no more memory than was allowed."""
        line = await self.opened()
        if not line.is_stream:
            await line.send(bytes(_READ - 1000))
            await self._over(line)
            return
        held = await line.flood(_FLOOD * self.largest, _READ)
        self.hold(
            held < 2 * self.largest + _READ,
            f"it holds {held:,} bytes of a frame that does not end: cut it at a limit, as "
            "Unfinished does, and say in `largest` which limit `config` sets",
        )
        await line.hang_up()
        await line.dial()
        await line.say("contract-last")
        self._arrived(line, "contract-last")
        await self._over(line)

    @in_reactor
    async def test_contract_peer_goes_in_the_middle_of_a_frame(self) -> None:
        """What was whole is taken, once; what was not disturbs nobody."""
        line = await self.opened()
        data = line.said("contract-cut")
        cuts = range(1, len(data), max(1, len(data) // 16)) if line.is_stream else ()
        for at in cuts:
            await line.say(f"contract-{at}x")
            await line.send(data[:at])
            gone = line.sock
            await line.hang_up()
            await line.rig.network.advance(_LATER)
            self.hold(
                gone.closed,
                "a connection whose peer is gone stays open: close it, or each peer costs a socket",
            )
            await line.dial()
        await line.say("contract-last")
        self._arrived(line, *(f"contract-{at}x" for at in cuts), "contract-last")
        await self._over(line)


def _sense(answer: bytes) -> bytes:
    """Of an answer over HTTP its status tells all."""
    return answer[9:12] if answer.startswith(b"HTTP/1.") else answer
