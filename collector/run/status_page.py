"""The files of the status page, and the answers that it asks for.

The files hold nothing of this collector, so that a browser gets them without a token, and the
page can ask for it. What they show is read like everything else here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.resources import files

from ..inputs.web import Answer, WebRequest, WebResponse
from .history import History
from .routes import Routes, answer, json_answer
from .status import Status

#: By path. `/` is the page.
_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
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
        letters: Callable[[], Answer],
    ) -> None:
        """`config` gives the configuration in effect, JSON without secrets.

        `letters` gives the answer that has the last dead letters.
        """
        self._letters = letters
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
        routes.add("GET", "/letters", lambda _: self._letters())


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
