"""A worker's answers about what passes its edges: opens taps, ends those that nobody asks about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ..edge import Edge
from ..inputs.web import WebRequest, WebResponse
from ..misread import Misread, excerpt
from ..registry import UnknownPlugin, predicate
from .redactor import Redactor
from .routes import Routes, answer, sentence
from .tap import Tap
from .taps import TapOrder, Tapped

#: Taps at once; each may hold `tap.MOST_HELD` bytes.
MOST = 8
#: Seconds after which a tap that nobody asks about ends; and may end when another wants its place.
PATIENCE, SHORT = 10.0, 2.0
_JSON = "application/json"


class _Refused(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass
class _Open:
    order: TapOrder
    tap: Tap
    edge: Edge
    asked: float
    #: The delayed call that ends it.
    end: Any = None


class TapDesk:
    """`edges` by kind and id of their component."""

    def __init__(
        self, clock: Any, edges: Mapping[tuple[str, str], Edge], redactor: Redactor
    ) -> None:
        self._clock = clock
        self._edges = edges
        self._redactor = redactor
        self._open: dict[str, _Open] = {}

    def add_to(self, routes: Routes) -> None:
        """The route."""
        routes.add("GET", "/tap", self._answer)

    def stop(self) -> None:
        """End all."""
        for id in list(self._open):
            self._end(id)

    def _answer(self, request: WebRequest) -> WebResponse:
        order = msgspec.convert(dict(request.query), TapOrder, strict=False)
        try:
            found = self._asked(order)
        except _Refused as e:
            return sentence(e.status, str(e))
        if found.tap.is_broken:
            return sentence(500, "The tap has failed: the collector's log says why.")
        return answer(200, msgspec.json.encode(Tapped(*found.tap.taken())), _JSON)

    def _asked(self, order: TapOrder) -> _Open:
        found = self._open.get(order.id)
        if found is not None and (found.order.edge, found.order.where) != (order.edge, order.where):
            self._end(order.id)
            found = None
        if found is None:
            found = self._open[order.id] = self._new(order)
            found.edge.watchers += (found.tap.saw,)
            found.end = self._clock.callLater(PATIENCE, self._end, order.id)
        found.asked, found.tap.rate = self._clock.seconds(), order.rate
        found.end.reset(PATIENCE)
        return found

    def _new(self, order: TapOrder) -> _Open:
        edge = self._edge(order.edge)
        matches = _matching(order.where) if order.where else None
        self._make_room()
        now = self._clock.seconds()
        return _Open(order, Tap(self._clock, self._redactor, order.rate, matches), edge, now)

    def _make_room(self) -> None:
        if len(self._open) >= MOST:
            id, oldest = min(self._open.items(), key=lambda item: item[1].asked)
            if self._clock.seconds() - oldest.asked < SHORT:
                raise _Refused(429, f"{MOST} taps are open: end one first")
            self._end(id)

    def _edge(self, name: str) -> Edge:
        kind, _, id = name.partition(":")
        found = [key for key in self._edges if key == (kind, id)]
        found = found or [key for key in self._edges if key[1] == name]
        if len(found) > 1:
            which = " or ".join(f"{kind}:{id}" for kind, id in found)
            raise _Refused(409, f"there are several {name}: say {which}")
        if not found:
            known = ", ".join(f"{kind}:{id}" for kind, id in self._edges)
            raise _Refused(404, f"there is no such component; known here: {known}")
        return self._edges[found[0]]

    def _end(self, id: str) -> None:
        ended = self._open.pop(id)
        ended.edge.watchers = tuple(each for each in ended.edge.watchers if each != ended.tap.saw)
        if ended.end.active():
            ended.end.cancel()


def _matching(text: str) -> Any:
    try:
        return predicate(text)
    except Misread as e:
        said = (f"{slip.message}\n{excerpt(text, slip.start, slip.end)}" for slip in e.slips)
        raise _Refused(400, "\n".join(said)) from None
    except UnknownPlugin as e:
        raise _Refused(400, str(e)) from None
