"""A worker's routes for the dead letters: to look at the last, and to replay them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ..inputs.web import WebRequest, WebResponse
from ..letter import Letter
from ..outputs.letters.file import LetterFile
from ..outputs.letters.recent import recent
from ..outputs.letters.selection import Selection
from ..outputs.outlet import Outlet
from ..outputs.replay import Replay
from .health import Health
from .redactor import Redactor, printable
from .routes import Routes, answer, json_answer, sentence

#: Characters of a letter's row that are shown.
_ROW = 1000


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
        data_dir: Path,
        redact: Redactor,
    ) -> None:
        self._data_dir = data_dir
        self._redact = redact
        self._outlets = outlets
        self._letters = letters
        self._health = health
        self._busy: set[str] = set()

    def add_to(self, routes: Routes) -> None:
        """Both."""
        routes.add("GET", "/letters", lambda _: self._last())
        routes.add("POST", "/deadletter/replay", self._replay)

    async def _last(self) -> WebResponse:
        try:
            found = await asyncio.to_thread(lambda: list(recent(self._data_dir)))
        except OSError as e:
            return sentence(500, f"The dead letter cannot be read: {e.strerror}")
        found.sort(key=lambda each: -each[2].time)
        return json_answer(200, {"letters": [self._as_shown(*each) for each in found]})

    def _as_shown(self, kind: str, id: str, letter: Letter) -> dict[str, str]:
        row = letter.row[: 2 * _ROW].decode("utf-8", "backslashreplace")
        return {
            "kind": kind,
            "id": id,
            "time": datetime.fromtimestamp(letter.time / 1e9, UTC).isoformat(),
            "reason": letter.reason,
            "text": self._redact.shown(letter.text),
            # No secret may begin before the cut and end after it.
            "row": printable(self._redact(row)[:_ROW]),
        }

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
