"""What a resource becomes in a row."""

from __future__ import annotations

from collector.api import Resource
from collector_dynatrace.limits import GRAIL_CLIENT
from collector_dynatrace.resources import Resources


def peer(port: int, **more: object) -> Resource:
    return Resource({"net.peer.ip": "192.0.2.1", "net.peer.port": port, **more})


def test_connections_of_one_peer_share_what_is_written_of_them() -> None:
    resources = Resources(GRAIL_CLIENT, {})
    assert resources.shared(peer(1)) is resources.shared(peer(2))


def test_values_that_are_equal_and_read_differently_are_not_shared() -> None:
    resources = Resources(GRAIL_CLIENT, {})
    one, true = resources.shared(peer(1, flag=1)), resources.shared(peer(1, flag=True))
    assert (one.row["flag"], true.row["flag"]) == (1, True)
    assert one is not true
