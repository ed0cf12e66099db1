"""The queues of a collector that runs, over its control socket."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from ...outputs.listing import Listed, Record, Summary
from ..control_client import ControlClient, ControlError
from ..queue_desk import Page, PurgeAnswer, PurgeOrder
from ..unix_socket import SOCKET_NAME

T = TypeVar("T")
_OK, _NOT_FOUND = 200, 404


class RunningQueues:
    """Raises ControlError when it cannot be asked or refuses, NotRunning when none runs."""

    def __init__(self, data_dir: Path) -> None:
        # A body of 16 MB has to be read and packed first.
        self._client = ControlClient(data_dir / SOCKET_NAME, timeout=60.0)
        #: As they were when the command began.
        self.summaries = self._get("", list[Summary])
        #: Nothing is passed over here: the collector sets aside what is damaged, and says so.
        self.damage: list[str] = []

    def entries(self, exporter: str) -> Iterator[Listed]:
        """What is in a queue, by id."""
        after = 0
        while page := self._get("/requests", Page, exporter=exporter, after=after).requests:
            yield from page
            after = page[-1].id

    def record(self, exporter: str, id: int) -> Record | None:
        """One request, its body expanded; None when it is not there."""
        return self._record(exporter, id, stored=0)

    def records(self, exporter: str, id: int | None) -> Iterator[Record]:
        """One or all of them as they are stored; what is sent meanwhile is left out."""
        ids = [id] if id is not None else (entry.id for entry in self.entries(exporter))
        for each in ids:
            found = self._record(exporter, each, stored=1)
            if found is not None:
                yield found

    def purge(self, exporter: str, ids: Collection[int] | None) -> PurgeAnswer:
        """Take out all that waits, or these."""
        order = PurgeOrder(exporter, list(ids or ()), all=ids is None)
        body = msgspec.json.encode(order)
        return _decoded(*self._client.request("POST", "/queue/purge", body), PurgeAnswer)

    def _record(self, exporter: str, id: int, stored: int) -> Record | None:
        query = urlencode({"exporter": exporter, "id": id, "stored": stored})
        status, body = self._client.get(f"/queue/request?{query}")
        return None if status == _NOT_FOUND else _decoded(status, body, Record)

    def _get(self, path: str, type: type[T], **query: Any) -> T:  # noqa: A002 as msgspec calls it
        return _decoded(*self._client.get(f"/queue{path}?{urlencode(query)}"), type)


def _decoded(status: int, body: bytes, type: type[T]) -> T:  # noqa: A002 as above
    if status != _OK:
        raise ControlError(body.decode("utf-8", "replace").strip())
    try:
        return msgspec.json.decode(body, type=type)
    except msgspec.DecodeError as e:
        raise ControlError(f"the collector's answer is not as expected: {e}") from e
