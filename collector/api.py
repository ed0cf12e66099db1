"""All that a plugin may import, beside `collector.testing` in its tests."""

from .command import Command
from .component import (
    Chain,
    Config,
    Context,
    Exporter,
    Output,
    Processor,
    Receiver,
)
from .delivery import Outcome
from .event import (
    DEBUG,
    ERROR,
    FATAL,
    FLAGS,
    FLAGS_KEY,
    INFO,
    NOTHING,
    ORIGINAL_SIZE_KEY,
    TRACE,
    UID_KEY,
    UNSPECIFIED,
    WARN,
    Batch,
    Event,
    Resource,
    Scope,
    copy_event,
    flag,
)
from .fields import (
    Duration,
    Endpoint,
    Network,
    SecretStr,
    Size,
    is_loopback,
    shown_endpoint,
    split_endpoint,
)
from .inputs.access import AccessOptions
from .inputs.autoframing import AutoFraming
from .inputs.conversation import Conversation, Peer
from .inputs.datagram import DatagramOptions
from .inputs.frames import Frames
from .inputs.framing import (
    Delimited,
    Framing,
    LengthPrefixed,
    Lines,
    OctetCounted,
    Unfinished,
    WrongProtocol,
)
from .inputs.receiver import DatagramReceiver, FrameReceiver, Listener, StreamReceiver
from .inputs.sockets import ListenError
from .inputs.stream import StreamOptions
from .inputs.tls import TlsServerOptions
from .inputs.web import RESET, WebLimits, WebRequest, WebResponse, WebServer
from .letter import Letter
from .outputs.certificates import Certificates
from .outputs.http import Ambiguous, HttpAnswer, HttpClient, NotSent
from .outputs.proxy import HttpClientOptions
from .outputs.trust import TlsClientOptions
from .request import Hold, Poison, Receipt, Request, Retry, Row, TooLarge
from .tasks import spawn, wait

__all__ = [
    "DEBUG",
    "ERROR",
    "FATAL",
    "FLAGS",
    "FLAGS_KEY",
    "INFO",
    "NOTHING",
    "ORIGINAL_SIZE_KEY",
    "RESET",
    "TRACE",
    "UID_KEY",
    "UNSPECIFIED",
    "WARN",
    "AccessOptions",
    "Ambiguous",
    "AutoFraming",
    "Batch",
    "Certificates",
    "Chain",
    "Command",
    "Config",
    "Context",
    "Conversation",
    "DatagramOptions",
    "DatagramReceiver",
    "Delimited",
    "Duration",
    "Endpoint",
    "Event",
    "Exporter",
    "FrameReceiver",
    "Frames",
    "Framing",
    "Hold",
    "HttpAnswer",
    "HttpClient",
    "HttpClientOptions",
    "LengthPrefixed",
    "Letter",
    "Lines",
    "ListenError",
    "Listener",
    "Network",
    "NotSent",
    "OctetCounted",
    "Outcome",
    "Output",
    "Peer",
    "Poison",
    "Processor",
    "Receipt",
    "Receiver",
    "Request",
    "Resource",
    "Retry",
    "Row",
    "Scope",
    "SecretStr",
    "Size",
    "StreamOptions",
    "StreamReceiver",
    "TlsClientOptions",
    "TlsServerOptions",
    "TooLarge",
    "Unfinished",
    "WebLimits",
    "WebRequest",
    "WebResponse",
    "WebServer",
    "WrongProtocol",
    "copy_event",
    "flag",
    "is_loopback",
    "shown_endpoint",
    "spawn",
    "split_endpoint",
    "wait",
]
