"""An OTLP receiver that listens on one protocol, and is stopped with its test."""

from __future__ import annotations

from typing import Any, ClassVar

from collector.testing import RecordingOutput, context
from collector_otlp.options import OtlpConfig
from collector_otlp.receiver import OtlpReceiver
from tests.collector.inputs.clients import ListenerTestCase
from tests.collector.tasks import as_task


class ServingTestCase(ListenerTestCase):
    """Its `protocol` is served at `address`."""

    protocol: ClassVar[str]

    def setUp(self) -> None:
        super().setUp()
        self.output = RecordingOutput()
        self.hidden: list[str] = []
        self.context = context("receiver", "otlp", hide=self.hidden.append)

    async def serve(self, **options: Any) -> None:
        options.setdefault("endpoint", "127.0.0.1:0")
        config = OtlpConfig.model_validate({"protocols": {self.protocol: options}})
        receiver = self.receiver = OtlpReceiver(config, self.context)
        receiver.output = self.output
        await receiver.start()
        self.addCleanup(self._stop)
        assert receiver.intake
        self.address = receiver.intake.address

    @as_task
    async def _stop(self) -> None:
        await self.receiver.stop()
