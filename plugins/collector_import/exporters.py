"""Exporters: theirs, and what is ours in their place."""

from __future__ import annotations

import re

from .credentials import authorize
from .entries import Block, Entry, Scalar
from .rules import Counterpart, Nothing, Rule, Rules, Spot, each, to, under, without

_MOST_CONSUMERS = 64


def _as(name: str) -> Rule:
    """What is left of a mapping, if anything is."""

    def rule(spot: Spot) -> None:
        if spot.entry.block.carried():
            spot.move(name)
        else:
            spot.entry.fold()

    return rule


def _consumers(spot: Spot) -> None:
    number = spot.text
    if number.isdigit() and int(number) > _MOST_CONSUMERS:
        spot.set(_MOST_CONSUMERS, f"{_MOST_CONSUMERS} is the most")
    spot.move("concurrency")


def _queue_size(spot: Spot) -> None:
    if spot.beside("sizer") == "bytes":
        spot.move(".".join((*spot.way[:-1], "max_size")))
    else:
        spot.leave_out("a queue is bounded in bytes, by max_size; 1GiB unless you say it")


def _enabled(spot: Spot) -> None:
    if spot.text.lower() == "true":
        spot.leave_out("it always is")
    else:
        spot.leave_out("there always is a queue, and what fails for now is tried again")


def _full(spot: Spot) -> None:
    spot.leave_out("on_full: block, the default, pauses the receivers and loses nothing")


def _batch(spot: Spot) -> None:
    spot.move("batch.max_bytes" if spot.beside("sizer") == "bytes" else "batch.max_events")


_SENDING_QUEUE: Rules = {
    "enabled": _enabled,
    "num_consumers": _consumers,
    "queue_size": _queue_size,
    "block_on_overflow": _full,
    "blocking": _full,
    "storage": without("queues are on the disk already, below service.data_dir"),
    "wait_for_result": without("ack: delivered of a receiver does it"),
    "batch.flush_timeout": to("batch.max_age"),
    "batch.max_size": _batch,
    "batch.min_size": without("a batch is sent when it is full or max_age is over"),
    **each("batch.sizer batch.partition", without("a batch has events and bytes at most")),
    "batch": lambda spot: spot.entry.fold(),
    "sizer": without("a queue is bounded in bytes"),
}
_RETRY: Rules = {
    "enabled": _enabled,
    "max_elapsed_time": without("there is no limit: nothing is given up while there is room"),
    "multiplier": without("waits double"),
    "randomization_factor": without("waits are random, up to their length"),
}

_OUTLET: Rules = {
    **under("sending_queue", _SENDING_QUEUE),
    "sending_queue": _as("queue"),
    **under("retry_on_failure", _RETRY),
    "retry_on_failure": _as("retry"),
}
_BATCHER: Rules = each("batcher", without("see batch of an exporter"))


def _compression(spot: Spot) -> None:
    if spot.text not in {"gzip", "none", ""}:
        spot.leave_out("requests are compressed with gzip")


def _insecure(spot: Spot) -> None:
    said = "the scheme of the endpoint says it: http:// or https://"
    spot.leave_out(said if spot.text.lower() == "true" else "it is the default")


def _headers(spot: Spot) -> None:
    """A list of names and values, which newer files may have, becomes the mapping."""
    listed = spot.entry.block
    if listed.listed:
        pairs = [(item, item.block.find("value")) for item in listed.carried()]
        named = [_named(item, value) for item, value in pairs if value is not None]
        spot.entry.value = Block(entries=named)


def _named(item: Entry, value: Entry) -> Entry:
    key = item.block.text("name")
    return Entry(key, value.value, item.line, item.end, item.above, item.beside, value.notes)


_TLS: Rules = {
    "tls.insecure": _insecure,
    "tls.insecure_skip_verify": without(
        "there is no way to trust everybody: name the CA in ca_file, or the key in pin_sha256"
    ),
    "tls.min_version": without("TLS 1.2 or newer is spoken"),
    "tls.max_version": without("the newest that both sides know is spoken"),
    "tls.reload_interval": without("files are looked at every 5 s"),
    "tls.include_system_ca_certs_pool": without("ca_file stands in place of the system's"),
    "tls.server_name_override": without("the name of the endpoint is asked for"),
    "tls": _as("tls"),
}
_CLIENT: Rules = {
    **_OUTLET,
    **_BATCHER,
    **_TLS,
    "compression": _compression,
    "compression_params": without("compression: small makes more of it"),
    "headers": _headers,
    "auth": authorize,
    **each(
        "read_buffer_size write_buffer_size max_idle_conns max_idle_conns_per_host "
        "max_conns_per_host idle_conn_timeout disable_keep_alives http2_read_idle_timeout "
        "http2_ping_timeout cookies middlewares force_attempt_http2 keepalive balancer_name "
        "wait_for_ready authority",
        without("there is nothing to set"),
    ),
}

_SCHEME = re.compile(r"https?://")
_RESOLVER = re.compile(r"(dns|passthrough|ipv4):/{0,3}")


def _grpc_endpoint(spot: Spot) -> None:
    """OTLP over HTTP has a URL, and usually another port."""
    plain = spot.component.block.text("tls", "insecure").lower() == "true"
    text = _RESOLVER.sub("", spot.text)
    if not _SCHEME.match(text):
        text = f"http{'' if plain else 's'}://{text}"
    spot.set(
        re.sub(r":4317$", ":4318", text),
        "requests go out over HTTP, not gRPC: is OTLP over HTTP spoken there, at this port?",
    )


_HTTP_ENDPOINTS: Rules = {
    **each("traces_endpoint metrics_endpoint profiles_endpoint", without("logs alone are sent")),
    "encoding": without("Protocol Buffers are sent, which whoever takes OTLP understands"),
}


def _verbosity(spot: Spot) -> None:
    if spot.text == "detailed":
        spot.set("json")
        spot.move("format")
    else:
        spot.leave_out("an event is a line; format: json shows all of it")


_DEBUG: Rules = {
    "verbosity": _verbosity,
    **each("loglevel sampling_initial sampling_thereafter", without("every event is shown")),
    **each("use_internal_logger output_paths", without("events go to standard output")),
    **_OUTLET,
}


def _plain(spot: Spot) -> None:
    """Lines, which the core would compress by default."""
    if not spot.component.block.find("compression"):
        spot.component.block.entries.append(Entry("compression", Scalar("none")))


_FILE: Rules = {
    "rotation": without("let logrotate move the file away; it is made again"),
    "compression": without("logrotate compresses"),
    "format": without("a line of JSON an event, in a form of its own"),
    "flush_interval": without("see batch.max_age, and fsync"),
    "append": without("it always appends"),
    "create_directory": without("the directory must be there"),
    "directory_permissions": without("the directory must be there"),
    "group_by": without("the connector routing, with an exporter for each"),
    "encoding": without("a line of JSON an event, in a form of its own"),
    **_OUTLET,
}

_LOKI = "Loki takes OTLP: an exporter otlp_http with endpoint https://HOST/otlp"
_COLLECTOR = "an exporter otlp_http to an OpenTelemetry Collector that has this exporter may do"

EXPORTERS: dict[str, Counterpart | Nothing] = {
    **dict.fromkeys(
        ("otlphttp", "otlp_http"), Counterpart("otlp_http", {**_CLIENT, **_HTTP_ENDPOINTS})
    ),
    **dict.fromkeys(
        ("otlp", "otlp_grpc"), Counterpart("otlp_http", {"endpoint": _grpc_endpoint, **_CLIENT})
    ),
    **dict.fromkeys(("debug", "logging"), Counterpart("stdout", _DEBUG)),
    "file": Counterpart("file", _FILE, _plain, "a line is an event, and not a request of OTLP"),
    "nop": Counterpart("null", _OUTLET),
    "loki": Nothing(_LOKI),
    **dict.fromkeys(
        (
            "awscloudwatchlogs", "awss3", "azuredataexplorer", "azuremonitor", "cassandra",
            "clickhouse", "coralogix", "datadog", "doris", "elasticsearch", "googlecloud",
            "googlecloudpubsub", "honeycombmarker", "kafka", "logzio", "mezmo", "opensearch",
            "otelarrow", "pulsar", "rabbitmq", "sapm", "sentry", "splunk_hec", "sumologic",
            "syslog", "tencentcloud_logservice",
        ),
        Nothing(_COLLECTOR),
    ),
    **dict.fromkeys(
        ("loadbalancing", "load_balancing"),
        Nothing("one exporter sends to one place; a name in DNS may have several addresses"),
    ),
    **dict.fromkeys(
        ("prometheus", "prometheusremotewrite", "zipkin", "jaeger"), Nothing("it takes no logs")
    ),
}  # fmt: skip
