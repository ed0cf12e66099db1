"""Messages of several lines, over a real connection that falls quiet."""

from __future__ import annotations

from unittest import mock

from collector.tasks import spawn
from collector.testing import RecordingOutput
from collector_syslog import quiet
from collector_syslog.options import SyslogConfig
from collector_syslog.receiver import SyslogReceiver
from tests.collector.inputs.clients import ListenerTestCase
from tests.collector.tasks import as_task


class QuietTests(ListenerTestCase):
    @as_task
    async def test_the_last_message_ends_when_the_connection_is_quiet(self) -> None:
        options = {"tcp": {"endpoint": "127.0.0.1:0"}, "multiline": "pri"}
        receiver = SyslogReceiver(SyslogConfig.model_validate(options), self.context)
        receiver.output = output = RecordingOutput()
        self.addCleanup(lambda: spawn(receiver.stop()))
        await receiver.start()
        with mock.patch.object(quiet, "QUIET", 0.05):
            sock = self.connect(receiver.listening[0].address)
            sock.sendall(b"<13>app: one\n\tat A.b\n<13>app: two\n\tat C.d\n")
            await self.until(lambda: len(output.events) == 2)
            self.assertEqual(output.bodies, ["one\n\tat A.b", "two\n\tat C.d"])
            said = output.events[1].resource.attributes
            self.assertEqual(said["net.peer.ip"], "127.0.0.1")
            sock.sendall(b"<13>app: three\n")
            sock.close()
            await self.until(lambda: len(output.events) == 3)
