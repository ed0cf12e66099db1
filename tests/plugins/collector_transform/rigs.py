"""A processor in a pipeline under a clock that a test moves, and its account."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock

from collector.api import Batch, Event, Outcome
from collector.config.load import check
from collector.testing import ProcessorRig, context, events


class Rig(ProcessorRig):
    """With the configuration's own words."""

    def __init__(
        self, processor: Any, outcome: Outcome | None = Outcome.DELIVERED, **config: Any
    ) -> None:
        self.clock = Clock()
        model = processor.config_type.model_validate(config)
        self.processor = processor(model, context("processor", "p", self.clock))
        super().__init__(self.processor, outcome)

    @staticmethod
    def batch(*events: Event) -> Batch:
        """A batch of these."""
        return Batch(list(events))

    def put(self, *bodies: Any) -> list[Any]:
        """Events with these bodies, or events, in one batch; the bodies that go on."""
        before = len(self.sink.events)
        made = [body if isinstance(body, Event) else events(body)[0] for body in bodies]
        self.send(Batch(made))
        return [event.body for event in self.sink.events[before:]]

    def wait(self, seconds: float) -> list[Any]:
        """The bodies that go on in this time."""
        before = len(self.sink.events)
        for _ in range(round(seconds * 20)):
            self.clock.advance(0.05)
        return [event.body for event in self.sink.events[before:]]

    def dropped(self, reason: str) -> int:
        """Events that were dropped for this."""
        return self.metrics.get("processor_dropped_items", reason=reason)

    def counted(self, name: str, **labels: str) -> int:
        """A counter of the processor's own."""
        return self.metrics.get(f"processor_{name}", **labels)

    @property
    def held(self) -> int:
        """Events it keeps back."""
        (gauge,) = self.metrics.gauges
        return int(gauge.read())

    @property
    def off(self) -> int:
        """By how much the account is wrong: in and created, out, dropped and held."""
        came = self.count("incoming_items") + self.count("created_items")
        return came - self.count("outgoing_items") - self.count("dropped_items") - self.held


def found(processor: str, block: str, folder: Path) -> list[tuple[int, int, str]]:
    """Line, column and sentence of what is wrong with a block of a configuration."""
    path = folder.with_suffix(".yaml")
    lines = "".join(f"    {line}\n" for line in block.splitlines())
    path.write_text(
        f"receivers: {{generate: }}\nexporters: {{stdout: }}\nprocessors:\n  {processor}:\n{lines}"
        f"service: {{pipelines: {{logs: {{receivers: [generate], processors: [{processor}], "
        "exporters: [stdout]}}}\n"
    )
    return [(each.line, each.column, each.message.partition(": ")[2]) for each in check(path)]


def places(processor: str, blocks: Iterable[str], folder: Path) -> dict[str, tuple[int, int]]:
    """Line and column of the only mistake in each block."""
    given = {}
    for block in blocks:
        ((line, column, _),) = found(processor, block, folder)
        given[block] = (line, column)
    return given
