"""A worker's taps: which edge is meant, how many there are, when they end."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import msgspec
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.edge import Edge
from collector.inputs.web import WebRequest, WebResponse
from collector.run.redactor import Redactor
from collector.run.routes import Routes
from collector.run.tap_desk import MOST, PATIENCE, SHORT, TapDesk
from collector.run.taps import Tapped
from collector.testing import events


class TapDeskTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        names = (("receiver", "syslog"), ("receiver", "otlp"), ("exporter", "otlp"))
        self.edges = {name: Edge() for name in names}
        self.syslog = self.edges["receiver", "syslog"]
        self.desk = TapDesk(self.clock, self.edges, Redactor())
        self.routes = Routes()
        self.desk.add_to(self.routes)

    def ask(self, edge: str = "syslog", id: str = "1", **more: str) -> WebResponse:
        query = urlencode({"id": id, "edge": edge, **more})
        found = self.routes(WebRequest("GET", "/tap", query, {}, "", 0, b""))
        assert isinstance(found, WebResponse)
        return found

    def bodies(self, **more: str) -> list[str]:
        answer = self.ask(**more)
        self.assertEqual(answer.status, 200, answer.body)
        tapped = msgspec.json.decode(answer.body, type=Tapped)
        return [json.loads(line)["body"] for _, line in tapped.lines]

    def open(self) -> int:
        return sum(len(edge.watchers) for edge in self.edges.values())

    def test_the_first_question_opens_a_tap_and_the_next_have_what_came(self) -> None:
        self.syslog.saw(events("early"))
        self.assertEqual(self.bodies(), [])
        self.syslog.saw(events("a", "b"))
        self.assertEqual(self.bodies(), ["a", "b"])
        self.assertEqual(self.bodies(), [])
        self.assertEqual(self.open(), 1)

    def test_another_condition_under_the_same_id_is_another_tap(self) -> None:
        self.bodies()
        self.syslog.saw(events("a"))
        self.assertEqual(self.bodies(where='log.body == "b"'), [])
        self.syslog.saw(events("a", "b", 7))
        self.assertEqual(self.bodies(where='log.body == "b"'), ["b"])
        self.assertEqual(self.open(), 1)

    def test_it_ends_when_nobody_asks_any_more(self) -> None:
        self.bodies()
        self.clock.advance(PATIENCE - 1)
        self.bodies()
        self.clock.advance(PATIENCE - 1)
        self.assertEqual(self.open(), 1)
        self.clock.advance(1)
        self.assertEqual(self.open(), 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_there_are_so_many_and_no_more(self) -> None:
        for n in range(MOST):
            self.bodies(id=str(n))
        self.assertEqual(self.ask(id="more").status, 429)
        self.clock.advance(SHORT)
        for n in range(1, MOST):
            self.bodies(id=str(n))
        self.bodies(id="more")
        self.assertEqual(self.open(), MOST)
        self.assertEqual(self.ask(id="0").status, 429)

    def test_a_kind_tells_components_of_one_id_apart(self) -> None:
        refused = self.ask("otlp")
        self.assertEqual(refused.status, 409)
        self.assertIn(b"receiver:otlp or exporter:otlp", refused.body)
        self.bodies(edge="exporter:otlp")
        self.assertEqual(len(self.edges["exporter", "otlp"].watchers), 1)

    def test_an_unknown_component_gets_those_that_there_are(self) -> None:
        refused = self.ask("sylog")
        self.assertEqual(refused.status, 404)
        self.assertIn(b"receiver:syslog", refused.body)

    def test_what_cannot_be_read_is_said_with_its_place(self) -> None:
        refused = self.ask(where="log.body == ")
        self.assertEqual(refused.status, 400)
        self.assertIn(b"^", refused.body)
        self.assertEqual(self.open(), 0)

    def test_one_that_failed_says_so(self) -> None:
        self.bodies()
        self.syslog.saw([None])  # type: ignore[list-item]
        self.assertEqual(self.ask().status, 500)
        self.flushLoggedErrors()

    def test_stop_ends_all(self) -> None:
        self.bodies()
        self.bodies(id="2", edge="receiver:otlp")
        self.desk.stop()
        self.assertEqual((self.open(), self.clock.getDelayedCalls()), (0, []))
