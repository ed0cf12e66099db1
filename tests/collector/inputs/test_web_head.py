"""The head of a request while it comes in."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector.event import NOTHING
from collector.inputs.web_head import Head


class HeadTests(SynchronousTestCase):
    def test_what_came_in_pieces_is_one_request(self) -> None:
        head = Head()
        for part in (b"http://here", b"/a%2", b"0b?x=1"):
            head.add_target(part)
        head.add(b"Accept", b"a")
        head.add(b"ACCEPT", "é".encode("latin-1"))
        request = head.request(b"POST", ("192.0.2.1", 9), NOTHING)
        self.assertEqual((request.path, request.query_string), ("/a b", "x=1"))
        self.assertEqual(request.headers, {"accept": "a, é"})

    def test_target_size_and_number_of_headers_are_bounded(self) -> None:
        target, size, number = Head(), Head(), Head()
        target.add_target(b"/" * 16_385)
        size.add(b"a", b"b" * 16_384)
        for _ in range(501):
            number.add(b"a", b"")
        self.assertEqual([head.is_too_long for head in (target, size, number)], [True] * 3)

    def test_a_body_that_came_with_the_end_of_the_head_is_not_counted_as_head(self) -> None:
        head = Head()
        head.add(b"a", b"b")
        head.came(1_000_000)
        self.assertEqual((head.is_too_long, head.is_endless), (False, True))
