"""What a resource becomes in a row."""

from __future__ import annotations

import pytest

from collector.api import Resource
from collector_dynatrace import resources as module
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


def test_levels_are_remembered_and_a_peers_words_are_not() -> None:
    shared = Resources(GRAIL_CLIENT, {}).shared(peer(1))
    for level in (0, 24, "", 25, "warn", -1):
        shared.level(level)
    assert set(shared.levels) == {0, 24, ""}


def test_they_are_remembered_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_RESOURCES", 100)
    resources = Resources(GRAIL_CLIENT, {})
    many = [peer(n, number=n) for n in range(250)]
    shared = [resources.shared(one) for one in many]
    assert len(resources.known) <= 100
    assert len(resources._alike) <= 100
    assert resources.shared(many[200]) is shared[200]
