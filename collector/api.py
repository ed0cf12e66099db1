"""All that a plugin may import, beside `collector.testing` in its tests."""

from typing import TYPE_CHECKING, Any

from .command import Command
from .component import (
    Chain,
    Config,
    Exporter,
    Output,
    Processor,
    Receiver,
)
from .config.load import check_text, read_yaml
from .config.problem import ConfigError, Problem
from .config.source import Source
from .connector import Connector, Way
from .context import Context
from .delivery import Outcome
from .edge import Predicate
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
from .event_json import (
    NoEvent,
    as_json,
    as_record,
    as_shown,
    event_of,
    read_event,
    shown_json,
    text_of,
)
from .fields import (
    Duration,
    Endpoint,
    FileMode,
    Network,
    SecretStr,
    Size,
    StreamEndpoint,
    is_local,
    is_loopback,
    shown_endpoint,
    split_endpoint,
    unix_path,
)
from .inputs.access import AccessOptions
from .inputs.autoframing import AutoFraming
from .inputs.checkpoint import CheckpointError
from .inputs.compression import (
    Damaged,
    TooLong,
    UnknownEncoding,
    decoded,
    expanded,
    is_compressed,
)
from .inputs.conversation import Conversation, Peer
from .inputs.counted import LengthPrefixed, OctetCounted
from .inputs.datagram import DatagramOptions
from .inputs.frames import Frames, Share
from .inputs.framing import (
    Delimited,
    Framing,
    Lines,
    Unfinished,
    WrongProtocol,
)
from .inputs.multiline import MultilineFraming
from .inputs.named import Named
from .inputs.networks import ByNetwork
from .inputs.patience import INCOMPLETE, Patience
from .inputs.pull_receiver import PullReceiver
from .inputs.receiver import DatagramReceiver, FrameReceiver, Listener, StreamReceiver
from .inputs.sockets import ListenError
from .inputs.stream_options import StreamOptions
from .inputs.tls import TlsServerOptions
from .inputs.tokens import Tokens, token_of
from .inputs.unix_datagram import UnixDatagramOptions
from .inputs.web import RESET, WebLimits, WebRequest, WebResponse, WebServer
from .inputs.web_exchange import Dialect, Exchange, Line, Server, WebSession
from .inputs.web_intake import Taken, WebIntake
from .inputs.web_options import HttpServerOptions
from .inputs.web_receiver import WebReceiver
from .journal import LogEntry
from .letter import Letter
from .misread import Misread, Slip, excerpt
from .outputs.certificates import Certificates
from .outputs.http import Ambiguous, HttpAnswer, HttpClient, NotSent
from .outputs.http_answers import MAX_AFTER, is_html, refusal, retry_after, shown
from .outputs.http_sender import HttpSender
from .outputs.probe import probe
from .outputs.proxy import HttpClientOptions, ProxyOption
from .outputs.trust import TlsClientOptions
from .request import Hold, Poison, Receipt, Request, Retry, Row, TooLarge
from .secret_file import SecretFile, SecretFileError
from .stability import API_LEVEL, Deprecated, deprecated_name
from .standard_input import standard_lines
from .tasks import spawn, wait

__all__ = [
    "API_LEVEL",
    "DEBUG",
    "ERROR",
    "FATAL",
    "FLAGS",
    "FLAGS_KEY",
    "INCOMPLETE",
    "INFO",
    "MAX_AFTER",
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
    "ByNetwork",
    "Certificates",
    "Chain",
    "CheckpointError",
    "Command",
    "Config",
    "ConfigError",
    "Connector",
    "Context",
    "Conversation",
    "Damaged",
    "DatagramOptions",
    "DatagramReceiver",
    "Delimited",
    "Deprecated",
    "Dialect",
    "Duration",
    "Endpoint",
    "Event",
    "Exchange",
    "Exporter",
    "FileMode",
    "FrameReceiver",
    "Frames",
    "Framing",
    "Hold",
    "HttpAnswer",
    "HttpClient",
    "HttpClientOptions",
    "HttpSender",
    "HttpServerOptions",
    "LengthPrefixed",
    "Letter",
    "Line",
    "Lines",
    "ListenError",
    "Listener",
    "LogEntry",
    "Misread",
    "MultilineFraming",
    "Named",
    "Network",
    "NoEvent",
    "NotSent",
    "OctetCounted",
    "Outcome",
    "Output",
    "Patience",
    "Peer",
    "Poison",
    "Predicate",
    "Problem",
    "Processor",
    "ProxyOption",
    "PullReceiver",
    "Receipt",
    "Receiver",
    "Request",
    "Resource",
    "Retry",
    "Row",
    "Scope",
    "SecretFile",
    "SecretFileError",
    "SecretStr",
    "Server",
    "Share",
    "Size",
    "Slip",
    "Source",
    "StreamEndpoint",
    "StreamOptions",
    "StreamReceiver",
    "Taken",
    "TlsClientOptions",
    "TlsServerOptions",
    "Tokens",
    "TooLarge",
    "TooLong",
    "Unfinished",
    "UnixDatagramOptions",
    "UnknownEncoding",
    "Way",
    "WebIntake",
    "WebLimits",
    "WebReceiver",
    "WebRequest",
    "WebResponse",
    "WebServer",
    "WebSession",
    "WrongProtocol",
    "as_json",
    "as_record",
    "as_shown",
    "check_text",
    "copy_event",
    "decoded",
    "event_of",
    "excerpt",
    "expanded",
    "flag",
    "is_compressed",
    "is_html",
    "is_local",
    "is_loopback",
    "probe",
    "read_event",
    "read_yaml",
    "refusal",
    "retry_after",
    "shown",
    "shown_endpoint",
    "shown_json",
    "spawn",
    "split_endpoint",
    "standard_lines",
    "text_of",
    "token_of",
    "unix_path",
    "wait",
]

#: Names that will go: what each stands for until then, and what to use instead.
_DEPRECATED: dict[str, tuple[Any, str]] = {}

if not TYPE_CHECKING:  # to a type checker they are gone

    def __getattr__(name: str) -> Any:
        return deprecated_name(__name__, _DEPRECATED, name)
