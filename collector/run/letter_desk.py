"""The control socket's route for the dead letters of a running collector: to replay them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..inputs.web import WebRequest, WebResponse
from ..outputs.letters.file import LetterFile
from ..outputs.letters.selection import Selection
from ..outputs.outlet import Outlet
from ..outputs.replay import Replay
from .health import Health
from .routes import Routes, answer, sentence


class ReplayOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Which letters of an exporter to send again."""

    exporter: str
    selection: Selection


class LetterDesk:
    """For these outlets; `letters` are by kind and id of their component."""

    def __init__(
        self,
        outlets: Mapping[str, Outlet],
        letters: Mapping[tuple[str, str], LetterFile],
        health: Health,
    ) -> None:
        self._outlets = outlets
        self._letters = letters
        self._health = health
        self._busy: set[str] = set()

    def add_to(self, routes: Routes) -> None:
        """The route."""
        routes.add("POST", "/deadletter/replay", self._replay)

    async def _replay(self, request: WebRequest) -> WebResponse:
        try:
            order = msgspec.json.decode(request.body, type=ReplayOrder)
        except (msgspec.MsgspecError, UnicodeDecodeError) as e:
            return sentence(400, f"expected exporter and selection: {e}")
        id, file = order.exporter, self._letters.get(("exporter", order.exporter))
        if file is None or id not in self._outlets:
            return sentence(404, f"there is no such exporter; known: {', '.join(self._outlets)}")
        if not self._health.ready:
            return sentence(503, "the collector is starting or stopping: try again when it runs")
        if id in self._busy:
            return sentence(409, f"a replay of {id} is under way: wait for its end")
        self._busy.add(id)
        try:
            found = await Replay(self._outlets[id], file, order.selection).run()
        finally:
            self._busy.discard(id)
        return answer(200, msgspec.json.encode(found) + b"\n", "application/json")
