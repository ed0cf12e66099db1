"""What passes an edge, of all workers together: each keeps what it sees, whoever looks polls.

A question says all that there is to know of a tap, and its id is the asker's: a worker that has
no such tap, for want of one or because it is new, opens it. So nothing is kept here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated
from urllib.parse import urlencode

import msgspec

from ..inputs.web import WebRequest, WebResponse
from .routes import Routes, json_answer, sentence
from .worker_process import WorkerProcess, ask_all

_OK, _BUSY = 200, 503
#: Events a second that are shown at most, unless the asker says otherwise; and the most to say.
RATE, MOST_RATE = 100, 1000


class TapOrder(msgspec.Struct, forbid_unknown_fields=True):
    """A question. `edge` is the id of a component, or its kind, a colon and the id."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    edge: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    where: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    rate: Annotated[int, msgspec.Meta(ge=1, le=MOST_RATE)] = RATE


class Tapped(msgspec.Struct):
    """A worker's answer: lines with the times at which they were seen, and how many are missing."""

    lines: list[tuple[int, str]]
    left_out: int


class Taps:
    """`ready` gives the workers that can be asked."""

    def __init__(self, ready: Callable[[], Sequence[WorkerProcess]]) -> None:
        self._ready = ready

    def add_to(self, routes: Routes) -> None:
        """The route."""
        routes.add("GET", "/tap", self._tap)

    async def _tap(self, request: WebRequest) -> WebResponse:
        # A page of another site cannot read the answer, but it must not even open taps.
        if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            return sentence(403, "This is not for pages of others.")
        try:
            order = msgspec.convert(dict(request.query), TapOrder, strict=False)
        except msgspec.ValidationError as e:
            return sentence(400, str(e).replace("`", "").replace("$.", ""))
        workers = self._ready()
        query = _shared(order, len(workers))
        return _together(await ask_all(workers, "/tap", query))


def _shared(order: TapOrder, workers: int) -> str:
    """The question to each of them: all together may show `rate` events a second."""
    share = -(-order.rate // max(1, workers))
    return urlencode({**msgspec.to_builtins(order), "rate": share})


def _together(said: Sequence[WebResponse]) -> WebResponse:
    refusals = [answer for answer in said if answer.status not in {_OK, _BUSY}]
    if refusals:
        return refusals[0]
    found = [msgspec.json.decode(each.body, type=Tapped) for each in said if each.status == _OK]
    if not found:
        return sentence(_BUSY, "No worker answers: try again when one does.")
    lines = sorted(line for tapped in found for line in tapped.lines)
    left_out = sum(tapped.left_out for tapped in found)
    return json_answer(200, {"events": [line for _, line in lines], "left_out": left_out})
