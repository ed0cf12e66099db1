"""The files of the status page, and the answers that it asks for.

The files hold nothing of this collector, so that a browser gets them without a token, and the
page can ask for it. What they show is read like everything else here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from ..inputs.web import WebRequest, WebResponse
from ..outputs.letters.recent import recent
from .history import History
from .redactor import printable
from .routes import Routes, answer, json_answer, sentence
from .status import Status

#: By path. `/` is the page.
_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
#: Bytes of a letter's row that are shown.
_ROW = 1000
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class StatusPage:
    """Its routes."""

    def __init__(
        self,
        status: Status,
        history: History,
        config: Callable[[], bytes],
        data_dir: Path,
    ) -> None:
        """`config` gives the configuration in effect, JSON without secrets."""
        self._data_dir = data_dir
        self._status = status
        self._history = history
        self._config = config

    def add_to(self, routes: Routes) -> None:
        """The files, and what they ask for."""
        for path in paths():
            routes.add("GET", path, _file)
        self._status.add_to(routes)
        routes.add("GET", "/history", lambda _: json_answer(200, self._history.series()))
        routes.add("GET", "/config", lambda _: answer(200, self._config(), "application/json"))
        routes.add("GET", "/letters", self._letters)

    async def _letters(self, _: WebRequest) -> WebResponse:
        try:
            found = await asyncio.to_thread(_recent, self._data_dir)
        except OSError as e:
            return sentence(500, f"The dead letter cannot be read: {e.strerror}")
        return json_answer(200, {"letters": found})


def _recent(data_dir: Path) -> list[dict[str, str]]:
    letters = sorted(recent(data_dir), key=lambda found: -found[2].time)
    return [
        {
            "kind": kind,
            "id": id_,
            "time": datetime.fromtimestamp(letter.time / 1e9, UTC).isoformat(),
            "reason": letter.reason,
            "text": letter.text,
            "row": printable(letter.row[:_ROW].decode("utf-8", "backslashreplace")),
        }
        for kind, id_, letter in letters
    ]


@lru_cache
def paths() -> Mapping[str, tuple[str, bytes]]:
    """Content type and bytes of each file, by the path that it is asked for with."""
    found = {
        f"/{file.name}": (_TYPES[file.name.rpartition(".")[2]], file.read_bytes())
        for file in files(__package__).joinpath("page").iterdir()
    }
    return {"/": found.pop("/index.html"), **found}


def _file(request: WebRequest) -> WebResponse:
    content_type, body = paths()[request.path]
    return answer(200, body, content_type, **{"Content-Security-Policy": _POLICY})
