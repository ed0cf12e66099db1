"""Receivers: theirs, and what is ours in their place."""

from __future__ import annotations

from .credentials import guard, tokens
from .entries import Block, Entry, Scalar
from .rules import Counterpart, Nothing, Rules, Spot, each, to, under, without

_ADVICE = {
    "syslog_parser": "the receiver reads syslog itself",
    "json_parser": "the processor parse, with format: json",
    "regex_parser": "the processor parse, with format: regex",
    "key_value_parser": "the processor parse, with format: kv",
    "csv_parser": "the processor parse, with format: csv",
    "time_parser": "timestamp of the processor parse, or set(log.time, Time(...)) in transform",
    "severity_parser": "severity of the processor parse, or set(log.severity_number, ...)",
    "filter": "the processor filter, whose condition is OTTL",
    "router": "the connector routing",
    "recombine": "the processor multiline",
    "add": "set(...) of the processor transform",
    "copy": "set(...) of the processor transform",
    "move": "set(...) and delete_key(...) of the processor transform",
    "remove": "delete_key(...) of the processor transform",
    "retain": "keep_keys(...) of the processor transform",
    "flatten": "flatten(...) of the processor transform",
}


def _operators(spot: Spot) -> None:
    """Each says what does the same here."""
    for item in spot.entry.block.carried():
        type_ = item.block.text("type")
        advice = _ADVICE.get(type_, "a statement of the processor transform may do it")
        item.leave_out(advice, f"operator {type_ if type_ in _ADVICE else ''}".strip())
    spot.entry.change("a receiver has no operators, for processors do their work")
    spot.entry.fold()


def _max_size(spot: Spot) -> None:
    """MiB, as a number there."""
    spot.set(f"{spot.text}MiB")
    spot.move(".".join((*spot.way[:-1], "max_request_body_size")))


def _version(spot: Spot) -> None:
    if spot.text not in {"1.2", "1.3"}:
        spot.leave_out("TLS before 1.2 is not spoken")
    else:
        spot.entry.value = Scalar(spot.text)


_TLS = {
    "tls.min_version": _version,
    "tls.max_version": without("the newest that both sides know is spoken"),
    "tls.client_ca_file_reload": without("files are looked at every 5 s"),
    "tls.reload_interval": without("files are looked at every 5 s"),
    "tls.cipher_suites": without("suites with forward secrecy are offered, and no others"),
    "tls.curve_preferences": without("OpenSSL's are used"),
    "tls.ca_file": without("a listener trusts client_ca_file alone"),
}
_ENCODINGS = frozenset({"utf-8", "utf8", "nop", "ascii", "us-ascii", ""})


def _encoding(spot: Spot) -> None:
    """Of one listener there; UTF-8 goes without saying."""
    name = spot.text
    if name.lower() in _ENCODINGS:
        spot.leave_out("UTF-8 goes without saying")
    elif len(spot.way) > 1 and spot.component.block.find("encoding"):
        spot.leave_out("a receiver has one encoding")
    else:
        spot.move("encoding")


def _listener(theirs: str, ours: str, rules: Rules) -> Rules:
    """Of a socket; its keys stand below `theirs`, if that is not empty, and go below `ours`."""
    before = f"{theirs}." if theirs else ""
    keys = {
        "listen_address": to(f"{ours}.endpoint"),
        "encoding": _encoding,
        "multiline": without("the processor multiline joins lines"),
        **each(
            "preserve_leading_whitespaces preserve_trailing_whitespaces",
            without("a body keeps its spaces"),
        ),
        "add_attributes": without("the sender is in the resource, as net.peer.ip"),
        **rules,
    }
    return {f"{before}{key}": rule for key, rule in keys.items()}


def _stream(theirs: str) -> Rules:
    rules = {**_TLS, "tls": to("tcp.tls"), "max_log_size": to("tcp.max_frame_size")}
    one = {"one_log_per_packet": without("streams are cut into messages")}
    return _listener(theirs, "tcp", {**rules, **one})


def _datagrams(theirs: str) -> Rules:
    rules = {
        "one_log_per_packet": without("a datagram is one message; split_lines is for others"),
        "async": without("service.workers says how many processes read"),
    }
    return _listener(theirs, "udp", rules)


def _otel(spot: Spot) -> None:
    """The names that processors behind it know."""
    said = "the names are those of the OpenTelemetry Collector; without it they are Dynatrace's"
    entry = Entry("attributes", Scalar("otel"), spot.component.line)
    entry.change(said)
    spot.component.block.entries.append(entry)


def _protocols(spot: Spot) -> None:
    """Each of them lets in whom it did."""
    for entry in spot.component.block.block("protocols").carried():
        if entry.key in {"grpc", "http"} and isinstance(entry.value, Block):
            guard(Spot(spot.root, spot.component, ("protocols", entry.key)))


def _path(spot: Spot) -> None:
    path = Entry(None, Scalar(f"/{spot.text.removeprefix('/')}"), spot.entry.line)
    spot.entry.value = Block(listed=True, flow=True, entries=[path])
    spot.entry.key = "paths"


def _required_header(spot: Spot) -> None:
    why = "a receiver asks for a token, as Authorization: Bearer or Api-Token"
    tokens(spot.parent, spot.entry, "RECEIVER_TOKEN", why)


def _server(spot: Spot) -> None:
    if not spot.component.block.find("tokens"):
        guard(spot)


#: Of every receiver that is made of operators.
_STANZA: Rules = {
    "operators": _operators,
    "attributes": without("the processor attributes adds them, with action: insert"),
    "resource": without("the processor resource adds them, with action: insert"),
    "storage": without("what has come is in the exporters' queues, on the disk"),
    "retry_on_failure": without("a full queue pauses the receiver"),
    "on_error": without("what cannot be parsed arrives whole, and flagged"),
    **each("id output type", without("receivers have no operators")),
}
_SYSLOG: Rules = each(
    "enable_octet_counting allow_skip_pri_header non_transparent_framing_trailer max_octets",
    without("framing and header are recognised message by message"),
)
_LINES = "every line is taken, and one that is a syslog message is read as one"
_HTTP: Rules = {
    "include_metadata": without("headers of a request are not kept"),
    "cors": without("browsers do not send here"),
    "compression_algorithms": without("gzip, deflate and zstd are all taken"),
    "response_headers": without("answers have the headers that the protocol wants"),
    "write_timeout": without("an answer has no time limit of its own"),
    "keep_alives_enabled": without("connections stay open, see idle_timeout"),
    **each("traces_url_path metrics_url_path profiles_url_path", without("logs alone are taken")),
    **each(
        "keepalive read_buffer_size write_buffer_size max_concurrent_streams transport",
        without("there is nothing to set"),
    ),
    "max_recv_msg_size_mib": _max_size,
    **_TLS,
}
_WEBHOOK: Rules = {
    "path": _path,
    "health_path": without("health is at service.admin"),
    "required_header": _required_header,
    "split_logs_at_newline": without("JSON in lines is split by its Content-Type, ndjson"),
    **each(
        "convert_headers_to_attributes header_attribute_regex",
        without("headers of a request are not kept"),
    ),
    **_HTTP,
}

_FILES = "files are not read: let Fluent Bit (tail), or rsyslog (imfile), send them here"
_CLOUD = "let its own forwarder send OTLP, HTTP or syslog here"
_OTHER = "it makes no logs"

RECEIVERS: dict[str, Counterpart | Nothing] = {
    "syslog": Counterpart(
        "syslog", {**_STANZA, **_SYSLOG, **_stream("tcp"), **_datagrams("udp")}, _otel
    ),
    "tcplog": Counterpart("syslog", {**_STANZA, **_stream("")}, _otel, _LINES),
    "udplog": Counterpart("syslog", {**_STANZA, **_datagrams("")}, _otel, _LINES),
    "fluentforward": Counterpart("fluent_forward"),
    "otlp": Counterpart(
        "otlp", {**under("protocols.grpc", _HTTP), **under("protocols.http", _HTTP)}, _protocols
    ),
    "webhookevent": Counterpart(
        "http", _WEBHOOK, _server, "a body that is JSON is read, and not kept as text"
    ),
    **dict.fromkeys(("filelog", "namedpipe", "otlpjsonfile"), Nothing(_FILES)),
    "journald": Nothing("let Fluent Bit (systemd), or rsyslog (imjournal), send it here"),
    "windowseventlog": Nothing("let Fluent Bit (winevtlog), or NXLog, send it here"),
    "splunk_hec": Nothing("HEC is not spoken: senders have another output, HTTP or OTLP"),
    "loki": Nothing("Loki's protocol is not spoken: senders have another output, HTTP or OTLP"),
    "kafka": Nothing("Kafka is not asked: an OpenTelemetry Collector may send OTLP here"),
    **dict.fromkeys(
        (
            "awscloudwatch", "awsfirehose", "awss3", "azureblob", "azureeventhub",
            "cloudflare", "googlecloudpubsub", "googlecloudpubsubpush",
        ),
        Nothing(_CLOUD),
    ),
    **dict.fromkeys(
        ("k8s_events", "k8sobjects"),
        Nothing("Kubernetes is not asked: an OpenTelemetry Collector may send OTLP here"),
    ),
    **dict.fromkeys(
        ("hostmetrics", "prometheus", "jaeger", "zipkin", "statsd", "kubeletstats"), Nothing(_OTHER)
    ),
    "nop": Nothing("it receives nothing"),
}  # fmt: skip
