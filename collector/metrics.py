"""Counters and gauges by component, and their Prometheus text.

Names are `otelcol_<kind>_<name>`, as the OpenTelemetry Collector's; what it has a name for
is called that here. Counting is a dict addition, done once per batch; everything else is
left to the moment somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

Labels = tuple[tuple[str, str], ...]
T = TypeVar("T")

#: Series a single metric may have; what comes after counts under `overflow`, so that
#: nothing a peer sends can grow the process without bound.
MAX_SERIES = 2000

#: What the core itself counts: "<kind>_<name>" and its help.
CORE_COUNTERS = {
    "receiver_accepted_log_records": "Events handed to the pipelines.",
    "receiver_dead_lettered_log_records": "Inputs written to the dead letter, by reason.",
    "receiver_discarded_dead_letters": "Records of the dead letter that went for want of room.",
    "receiver_dropped_log_records": "Inputs lost for want of room in the dead letter.",
    "receiver_flagged_log_records": "Events marked by the framing or the parser, by flag.",
    "receiver_eventloop_blocks": "Times that a receiver kept the event loop waiting for long.",
    "receiver_failures": "Times that the code of a receiver raised.",
    "receiver_parser_failures": "Runs of frames whose parser raised; they went on unparsed.",
    "receiver_connections_opened": "Connections accepted.",
    "receiver_connections_refused": "Connections not accepted or closed by us, by reason.",
    "receiver_connections_cut": "Those of an old worker that had not ended after reload_grace.",
    "receiver_memory_pauses": "Times that the receiver was paused for memory_limit.",
    "receiver_heartbeats": "Heartbeats over UDP, by outcome: answered, or why not.",
    "receiver_datagrams_refused": "Datagrams not taken, by reason.",
    "receiver_run_failures": "Times that a receiver which gets its data failed, and began again.",
    "receiver_throttled_reads": "Times that a connection had to wait, for max_rate_per_source.",
    "receiver_received_bytes": "Bytes read from the network.",
    "receiver_kernel_dropped_datagrams": "Datagrams the kernel dropped for want of buffer space.",
    "processor_incoming_items": "Events into a processor.",
    "processor_outgoing_items": "Events out of a processor.",
    "processor_created_items": "Events a processor made.",
    "processor_dropped_items": "Events a processor dropped, by reason.",
    "processor_eventloop_blocks": "Times that a processor kept the event loop waiting for long.",
    "processor_failures": "Times that the code of a processor raised; its batch went on.",
    "connector_incoming_items": "Events into a connector.",
    "connector_outgoing_items": "Events out of a connector, by pipeline.",
    "connector_created_items": "Twins of events that went to several pipelines.",
    "connector_dropped_items": "Events that went to no pipeline, by reason.",
    "connector_eventloop_blocks": "Times that a connector kept the event loop waiting for long.",
    "connector_failures": "Times that the code of a connector raised; its batch went everywhere.",
    "exporter_taken_log_records": "Events given to an exporter.",
    "exporter_recovered_log_records": "Events that the queue had at the start.",
    "exporter_quarantined_requests": "Requests of the queue found damaged and set aside.",
    "exporter_unread_commits": "Commits of the queue's log that could not be read at the start.",
    "exporter_replayed_log_records": "Events of the dead letter that are sent again.",
    "exporter_sent_log_records": "Events the destination took.",
    "exporter_rejected_log_records": "Events the destination refused within a request it took.",
    "exporter_partial_unknown": "Requests taken in part, nobody said how much of them.",
    "exporter_dropped_log_records": "Events dropped, by reason.",
    "exporter_dead_lettered_log_records": "Events written to the dead letter, by reason.",
    "exporter_discarded_dead_letters": "Records of the dead letter that went for want of room.",
    "exporter_encode_failures": "Batches that could not be encoded at the first try.",
    "exporter_eventloop_blocks": "Times that an exporter kept the event loop waiting for long.",
    "exporter_failures": "Times that the code of an exporter raised.",
    "exporter_trimmed_log_records": "Events cut to the destination's limits.",
    "exporter_requests": "Requests that ended, by outcome.",
    "exporter_sent_bytes": "Bytes of the bodies the destination took, as sent.",
    "exporter_raw_bytes": "Bytes of the bodies the destination took, before compression.",
    "process_cpu_seconds": "CPU time of a worker.",
    "process_eventloop_beats": "Times that the delay of a worker's event loop was measured.",
    "process_eventloop_blocks": "Times that something kept a worker's event loop waiting for long.",
    "process_eventloop_delay_seconds": "How late the timers of a worker were, added up.",
    "process_runtime_cpython_gc_count": "Runs of a worker's garbage collector, by generation.",
    "process_runtime_cpython_gc_pause_seconds": "Time that they took.",
    "service_worker_restarts": "Workers that ended by themselves, so that another was started.",
}
#: How the names of counters end that count nanoseconds, whose sums are exact, and show seconds.
_SECONDS = "_seconds"


def shown_count(name: str, n: int) -> float:
    """A counter as it is shown."""
    return n / 1e9 if name.endswith(_SECONDS) else n


@dataclass
class Gauge:
    """A value read when asked for."""

    name: str
    help: str
    labels: Labels
    read: Callable[[], float]


@dataclass
class GaugeGroup:
    """Values of a gauge by a label whose values nobody knows before they are read."""

    name: str
    help: str
    labels: Labels
    label: str
    read: Callable[[], Mapping[str, float]]

    def gauges(self) -> Iterator[tuple[Labels, float]]:
        """Labels and value of each, `MAX_SERIES` at most."""
        for value, number in islice(self.read().items(), MAX_SERIES):
            yield (*self.labels, (self.label, value)), number


@dataclass
class Table:
    """Rows that a component shows, read when somebody asks."""

    kind: str
    id: str
    name: str
    help: str
    read: Callable[[], Sequence[Mapping[str, Any]]]


@dataclass
class Metrics:
    """All counters, gauges and tables of a process."""

    counts: dict[tuple[str, Labels], int] = field(default_factory=dict)
    gauges: list[Gauge] = field(default_factory=list)
    groups: list[GaugeGroup] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    helps: dict[str, str] = field(default_factory=lambda: dict(CORE_COUNTERS))
    #: Called before the numbers are read: for counts that somebody else keeps.
    before_reading: list[Callable[[], None]] = field(default_factory=list)
    _series: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, labels: Labels, n: int) -> None:
        """Add `n` to a counter, made at its first use; nanoseconds where its name has seconds."""
        counts, key = self.counts, (name, labels)
        if key in counts:
            counts[key] += n
            return
        if self._series.get(name, 0) >= MAX_SERIES:
            key = (name, (*labels[:1], *((label, "overflow") for label, _ in labels[1:])))
        if key not in counts:
            self._series[name] = self._series.get(name, 0) + 1
        counts[key] = counts.get(key, 0) + n

    def refresh(self) -> None:
        """Bring in what somebody else keeps: before gauges, tables or `counts` are read."""
        for bring in self.before_reading:
            bring()

    def get(self, name: str, **labels: str) -> int:
        """The sum of a counter over every series that has these labels."""
        wanted = set(labels.items())
        return sum(n for (key, has), n in self.counts.items() if key == name and wanted <= set(has))

    def text(self) -> bytes:
        """Prometheus' text format, version 0.0.4."""
        self.refresh()
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(_Families(self))
        return generate_latest(registry)


class _Families(Collector):
    """What prometheus_client asks for when somebody scrapes."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        yield from self._counters()
        yield from self._gauges()
        yield from self._groups()

    def _counters(self) -> Iterator[CounterMetricFamily]:
        counts, helps = self._metrics.counts, self._metrics.helps
        for name, series in _by_name((key, (labels, n)) for (key, labels), n in counts.items()):
            keys = _label_names(labels for labels, _ in series)
            family = CounterMetricFamily(f"otelcol_{name}", helps.get(name, ""), labels=keys)
            for labels, n in series:
                family.add_metric(_values(labels, keys), shown_count(name, n))
            yield family

    def _gauges(self) -> Iterator[GaugeMetricFamily]:
        for name, gauges in _by_name((gauge.name, gauge) for gauge in self._metrics.gauges):
            keys = _label_names(gauge.labels for gauge in gauges)
            family = GaugeMetricFamily(f"otelcol_{name}", gauges[0].help, labels=keys)
            for gauge in gauges:
                family.add_metric(_values(gauge.labels, keys), gauge.read())
            yield family

    def _groups(self) -> Iterator[GaugeMetricFamily]:
        for name, groups in _by_name((group.name, group) for group in self._metrics.groups):
            keys = _label_names((*group.labels, (group.label, "")) for group in groups)
            family = GaugeMetricFamily(f"otelcol_{name}", groups[0].help, labels=keys)
            for labels, value in chain.from_iterable(group.gauges() for group in groups):
                family.add_metric(_values(labels, keys), value)
            yield family


def _by_name(pairs: Iterable[tuple[str, T]]) -> list[tuple[str, list[T]]]:
    grouped: dict[str, list[T]] = {}
    for name, item in pairs:
        grouped.setdefault(name, []).append(item)
    return sorted(grouped.items())


def _label_names(series: Iterable[Labels]) -> list[str]:
    return list(dict.fromkeys(name for labels in series for name, _ in labels))


def _values(labels: Labels, names: list[str]) -> list[str]:
    said = dict(labels)
    return [said.get(name, "") for name in names]
