"""Processors and connectors: theirs, and what is ours in their place."""

from __future__ import annotations

from .rules import Counterpart, Nothing, Rules, each, without

_SIGNALS = without("it is for other signals than logs")

_FILTER: Rules = each(
    "traces metrics profiles spans trace_conditions metric_conditions profile_conditions", _SIGNALS
)
_TRANSFORM: Rules = {
    **each("trace_statements metric_statements profile_statements", _SIGNALS),
    "flatten_data": without("every event has its own resource already"),
}
_REDACTION = "look at this first: what was masked by it is not masked any more"
_ROUTING: Rules = {"match_once": without("action: move, the default, is what it was")}
_TRACES = Nothing("it is for traces")
_METRICS = Nothing("it is for metrics")

PROCESSORS: dict[str, Counterpart | Nothing] = {
    "attributes": Counterpart("attributes"),
    "resource": Counterpart("resource"),
    "filter": Counterpart("filter", _FILTER),
    "transform": Counterpart("transform", _TRANSFORM),
    "redaction": Counterpart("redaction"),
    "probabilistic_sampler": Counterpart(
        "probabilistic_sampler",
        {"sampling_precision": without("percentages keep all their digits")},
    ),
    "log_dedup": Counterpart("log_dedup"),
    "logdedup": Counterpart("log_dedup"),
    "batch": Nothing("exporters gather events themselves, see batch of an exporter"),
    "memory_limiter": Nothing("service.memory_limit pauses the receivers, and is set already"),
    **dict.fromkeys(
        ("k8sattributes", "k8s_attributes"),
        Nothing("the API of Kubernetes is not asked: let the sender add k8s.* (Fluent Bit's filter "
        "kubernetes, OTEL_RESOURCE_ATTRIBUTES), or the processor lookup from a file"),
    ),
    **dict.fromkeys(
        ("resourcedetection", "resource_detection"),
        Nothing("nothing is detected: the processor resource upserts ${env:NAME}"),
    ),
    **dict.fromkeys(
        ("groupbyattrs", "groupbytrace"), Nothing("exporters group by resource themselves")
    ),
    "logstransform": Nothing("it is made of operators: parse, transform and filter do the same"),
    "geoip": Nothing("addresses have no places here; the processor lookup knows networks"),
    "routing": Nothing("the connector routing does it, with pipelines in place of exporters"),
    **dict.fromkeys(("tail_sampling", "span", "span_pruning"), _TRACES),
    **dict.fromkeys(
        (
            "cumulativetodelta", "deltatorate", "deltatocumulative", "metricstransform",
            "metricsgeneration", "interval", "metricstarttime",
        ),
        _METRICS,
    ),
}  # fmt: skip

_TO_METRICS = Nothing("it makes metrics of logs: Dynatrace's log metrics do")

CONNECTORS: dict[str, Counterpart | Nothing] = {
    "forward": Counterpart("forward"),
    "routing": Counterpart("routing", _ROUTING),
    **dict.fromkeys(("count", "sum", "signaltometrics"), _TO_METRICS),
    **dict.fromkeys(("spanmetrics", "servicegraph", "exceptions", "datadog"), _TRACES),
    "failover": Nothing("an exporter dynatrace has a list of endpoints; others have a queue each"),
    **dict.fromkeys(
        ("roundrobin", "loadbalancing"), Nothing("a name in DNS with several addresses may do")
    ),
}

#: What to say beside when a part of a component has gone, whose absence is worse than it looks.
WARNINGS = {"redaction": _REDACTION}
