"""`collector status`: how a running collector is, on one screen."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ...command import Command
from ..control_client import ControlClient, ControlError
from ..redactor import printable
from ..unix_socket import SOCKET_NAME
from .place import Place, PlaceError
from .table import shown_age, table

_HEAD = ("KIND ", "ID ", "STATE ", "FOR", "EVENTS", "WAITING", "LOST", "REASON ")
#: By kind: the counter of what has passed a component.
_PASSED = {
    "receiver": "accepted_log_records",
    "processor": "outgoing_items",
    "connector": "incoming_items",
    "exporter": "sent_log_records",
}
#: Counters of events that went no further, as nobody wants it.
_LOST = ("dropped_log_records", "rejected_log_records", "dead_lettered_log_records")
_OK = 200


class StatusCommand(Command):
    """Say how a running collector is. Exit code 0 when no operator is needed, else 1.

    EVENTS have passed a component since the start, WAITING are in its queue or on their way, LOST
    were dropped, refused by the destination, or are in the dead letter.

    example: collector status collector.yaml
    """

    help = "say how a running collector is"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument(
            "place", metavar="PLACE", help="the configuration file, or the data directory"
        )
        parser.add_argument("--json", action="store_true", help="as JSON, with every number")

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        try:
            client = ControlClient(Place.of(arguments.place).data_dir / SOCKET_NAME)
            code, body = client.get("/status")
        except (PlaceError, ControlError) as e:
            sys.stderr.write(f"{printable(str(e))}\n")
            return 1
        if code != _OK:
            sys.stderr.write(
                f"the collector answers {code}: {printable(body.decode(errors='replace'))}\n"
            )
            return 1
        status = json.loads(body)
        sys.stdout.write(
            body.decode() if arguments.json else "".join(f"{line}\n" for line in _lines(status))
        )
        return 0 if status["ready"] and status["healthy"] else 1


def _lines(status: Mapping[str, Any]) -> Iterator[str]:
    up = time.time() - datetime.fromisoformat(status["started"]).timestamp()
    yield printable(
        f"collector {status['version']} with {status['config']}, pid {status['pid']}, "
        f"up {shown_age(up)}: {_verdict(status)}"
    )
    if old := sum(worker["old"] for worker in status["workers"]):
        yield f"workers of before a reload: {old}, with {_old_connections(status)} connections"
    for pipeline in status["pipelines"]:
        steps = [pipeline["receivers"], *([each] for each in pipeline["processors"])]
        steps.append(pipeline["exporters"])
        yield printable(f"pipeline {pipeline['id']}: {' > '.join(map(', '.join, steps))}")
    yield from table(_HEAD, [_row(component) for component in status["components"]])


def _old_connections(status: Mapping[str, Any]) -> int:
    return sum(int(each["gauges"].get("old_connections", 0)) for each in status["components"])


def _verdict(status: Mapping[str, Any]) -> str:
    if not status["ready"]:
        return "starting or stopping"
    if not status["healthy"]:
        return "an operator is needed"
    others = (each for each in status["components"] if each["state"] != "running")
    return ", ".join(f"{each['id']} {each['state']}" for each in others) or "all is well"


def _row(component: Mapping[str, Any]) -> Sequence[str]:
    counters, gauges, kind = component["counters"], component["gauges"], component["kind"]
    waiting = gauges.get("queued_log_records", 0) + gauges.get("in_flight_log_records", 0)
    lost = sum(counters.get(name, 0) for name in _LOST)
    return (
        kind,
        component["id"],
        component["state"],
        shown_age(component["seconds"]),
        f"{counters.get(_PASSED.get(kind, ''), 0):,}",
        f"{waiting:,.0f}" if kind == "exporter" else "",
        f"{lost:,}" if lost else "",
        component["reason"],
    )
