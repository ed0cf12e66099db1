"""For plugin authors' tests: the contract of each kind of component, and stand-ins for the core.

A contract is mixed into a `twisted.trial.unittest.TestCase`. Say which class, and how it is
configured; the contract's tests run with yours, and a fault is told with what to do about it.

    class MyReceiverTests(ReceiverContract, TestCase):
        plugin = MyReceiver
        config = {"endpoint": "127.0.0.1:0"}

A receiver is given a `RecordingOutput`, a processor a `ProcessorRig`, an exporter an `outlet`.
A `ReceiverRig` gives a receiver bytes without sockets, over a `MemoryNetwork` with its clock.
`in_reactor` makes a test of a coroutine.
"""

from .contracts.clause import in_reactor
from .contracts.connector import ConnectorContract, ConnectorRig
from .contracts.destination import Destination, HttpDestination, Mood
from .contracts.exporter import ExporterContract
from .contracts.garbage import garbage
from .contracts.processor import ProcessorContract
from .contracts.receiver import ReceiverContract
from .contracts.source import SourceContract
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
    "ConnectorContract",
    "ConnectorRig",
    "Destination",
    "ExporterContract",
    "HttpDestination",
    "LetterBox",
    "MemoryNetwork",
    "MemorySocket",
    "Mood",
    "ProcessorContract",
    "ProcessorRig",
    "ReceiverContract",
    "ReceiverRig",
    "RecordingOutput",
    "RecordingSink",
    "ScriptedExporter",
    "SourceContract",
    "Undrivable",
    "context",
    "events",
    "garbage",
    "in_reactor",
    "outlet",
    "wall_clock",
]
