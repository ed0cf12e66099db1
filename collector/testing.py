"""For plugin authors' tests: stand-ins for what surrounds a component, and its contract.

A receiver is given a `RecordingOutput`, a processor a `ProcessorRig`, an exporter an `outlet`.
A `ReceiverRig` gives a receiver bytes without sockets, over a `MemoryNetwork` with its clock.
The `...Contract` classes are mixed into a `twisted.trial.unittest.TestCase`: say what makes the
component, and the contract's tests run with yours.

    class TestMyExporter(ExporterContract, TestCase):
        def make(self) -> Exporter[Any]:
            return MyExporter(MyConfig(), context("exporter"))
"""

from .contracts import (
    ExporterContract,
    ProcessorContract,
    ReceiverContract,
    WebReceiverContract,
    garbage,
)
from .memory_network import MemoryNetwork, MemorySocket, wall_clock
from .receiver_rig import ReceiverRig, Undrivable
from .stand_ins import (
    LetterBox,
    ProcessorRig,
    RecordingOutput,
    RecordingSink,
    ScriptedExporter,
    context,
    events,
    outlet,
)

__all__ = [
    "ExporterContract",
    "LetterBox",
    "MemoryNetwork",
    "MemorySocket",
    "ProcessorContract",
    "ProcessorRig",
    "ReceiverContract",
    "ReceiverRig",
    "RecordingOutput",
    "RecordingSink",
    "ScriptedExporter",
    "Undrivable",
    "WebReceiverContract",
    "context",
    "events",
    "garbage",
    "outlet",
    "wall_clock",
]
