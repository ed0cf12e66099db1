"""What every component keeps: it starts, it stops, and another can start in its place."""

from __future__ import annotations

from typing import Any

from ..component import Component, Receiver
from ..stand_ins import RecordingOutput
from .clause import Contract, in_reactor, with_free_ports
from .garbage import faults


class Lifecycle(Contract):
    """On the reactor that the tests run on, with real sockets."""

    def attach(self, component: Any) -> None:
        """Give it what it needs before `start`."""

    async def end(self, component: Any) -> None:
        """Bring it to its end as the core does."""
        await component.stop()

    @in_reactor
    async def test_contract_starts_again_after_it_has_stopped(self) -> None:
        """A second one starts on the same configuration, ports and sockets; nothing is left."""
        self.config = with_free_ports(self.config)
        self._kept: list[Any] = []  # what it leaves must not go with it
        await self._live(self.make(), "its start failed")
        await self._live(
            self.make(),
            "a second one cannot start where the first has stopped, so close in stop() what "
            "start() has opened",
        )
        self.check_log()

    async def _live(self, component: Component[Any], fault: str) -> None:
        self._kept.append(component)
        self.attach(component)
        try:
            await component.start()
        except Exception as e:  # noqa: BLE001 whatever it is, it is told
            await self._stop(component)
            self.fail(f"{self.plugin.__name__}: {fault}: {type(e).__name__}: {e}")
        await self.end(component)

    @in_reactor
    async def test_contract_stops_without_a_start(self) -> None:
        """`stop` may follow a `start` that never was, or that failed half way."""
        component = self.make()
        self.attach(component)
        await self._stop(component)

    async def _stop(self, component: Component[Any]) -> None:
        try:
            await component.stop()
        except Exception as e:  # noqa: BLE001 as above
            self.fail(
                f"{self.plugin.__name__}: stop() raises {type(e).__name__}: {e}; it is called also "
                "when start() failed half way, so set in __init__ what it looks at"
            )


class ReceiverCase(Lifecycle):
    """What receivers of all kinds have in common."""

    kind = "receiver"

    def attach(self, component: Receiver[Any]) -> None:
        """See `Lifecycle`."""
        component.output = RecordingOutput()

    def check_output(self, output: RecordingOutput) -> None:
        """The receiver took each outcome, and its events keep the rules."""
        said = [failure.getErrorMessage() for failure in output.failures()]
        self.hold(not said, f"it raised when it was told an outcome: {'; '.join(said)}")
        self.none(faults(output.events))

    async def end(self, component: Receiver[Any]) -> None:
        """Pauses and resumes it before."""
        component.pause()
        component.resume()
        await component.quiesce()
        await component.stop()
