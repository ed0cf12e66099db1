"""What each detector finds and what it leaves, and the bounds of looking."""

from __future__ import annotations

import contextlib
import time

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector_transform.ottl.fault import Failed
from collector_transform.redact.detector import MAX_CANDIDATES, Detector
from collector_transform.redact.finder import Finder
from collector_transform.redact.known import KNOWN

# Made of parts, so that no scanner takes them for lost ones.
_DYNATRACE = (
    "dt0c01." + "ST2EY72KQINMH574WMNVI7YN." + "G3DFPBEJYMODIDAEX454M7YWBUVEFOWKPRVMWFASS64NFH52" * 2
)
_DYNATRACE = _DYNATRACE[:96]
_JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "dozjgNryP4J3jVmNHl0w5N"
_KEY = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4\nMII\n-----END RSA PRIVATE KEY-----"

#: Of each detector: a text with `<` and `>` around what must be found.
_FOUND = {
    "card": [
        "paid with <4111111111111111>.", "<4111 1111 1111 1111>", "<4111-1111-1111-1111>",
        "<378282246310005>", "<3782 822463 10005>", "<5555555555554444>", "<6011111111111117>",
        "<30569309025904>", "<3530111333300000>", "<2223003122003222>", "card<4222222222222>x",
        "order 2024 <4111 1111 1111 1111> 12", "<4111 1111 1111 1111> <5555 5555 5555 4444>",
    ],
    "iban": [
        "to <DE89370400440532013000>", "<DE89 3704 0044 0532 0130 00> PAID",
        "<GB82 WEST 1234 5698 7654 32>",
        "AB12 <DE89 3704 0044 0532 0130 00>", "<NO9386011117947>,",
    ],
    "email": ["from <joe.doe+x@mail.example.org>, ok", "user=<a@b.co>", "<rené@exämple.fr>."],
    "password": [
        "password=<hunter2> x", "PASSWD: <a>", '"api_key": "<k e y>"', "token='<t>'",
        "secret=<x>&y=1",
    ],
    "ipv4": ["from <10.0.0.1>:514", "<255.255.255.255>", "src=<1.2.3.4>,dst=<5.6.7.8>"],
    "ipv6": [
        "[<2001:db8::1>]:514", "from <fe80::1>%eth0", "addr:<2001:db8::1>.", "<::1>",
        "<2001:db8::> ", "<1:2:3:4:5:6:7:8>", "<::ffff:10.0.0.1>",
    ],
    "dynatrace_token": [f"Api-Token <{_DYNATRACE}>"],
    "aws_key": ["key <AKIAIOSFODNN7EXAMPLE>"],
    "github_token": ["<ghp_" + "a1" * 18 + ">", "<github_pat_" + "a1" * 20 + ">"],
    "gitlab_token": ["<glpat-" + "a1" * 10 + ">"],
    "slack_token": ["<xoxb-" + "123456789012-abcdef>"],
    "google_api_key": ["<AIza" + "a" * 35 + ">"],
    "stripe_key": ["<sk_live_" + "a1" * 10 + ">"],
    "jwt": [f"t={'<' + _JWT + '>'};"],
    "bearer": ["Authorization: Bearer <abcdefghijklmno1==> x", "bearer  <0123456789abcdef>"],
    "basic_auth": [
        "Authorization: Basic <dXNlcjpwYXNz> x", '"authorization":"basic <dXNlcjpwYXNz>"',
    ],
    "private_key": [f"x <{_KEY}> y", "<-----BEGIN PRIVATE KEY-----\nMII>"],
    "url_password": ["amqp://user:<pa:ss>@host/x", "redis://:<pw>@h"],
}  # fmt: skip
_LEFT = {
    "card": [
        "4111111111111112", "1700000000123", "1764144949123456789", "9111111111111111",
        "4111.1111.1111.1111",
        "0000000000000000", "41111111111111111111111",
    ],
    "iban": ["DE89370400440532013001", "AB12CDEF34567890123", "de89370400440532013000"],
    "email": ["a@b", "@twisted.example", "root@ host.org"],
    "password": ["password for root", "token expired"],
    "ipv4": ["1.2.3", "256.1.1.1.", "300.300.300.300", "1.2.3."],
    "ipv6": ["std::string", "at 08:15:49", "aa:bb:cc:dd:ee:ff", "a::b", "::", "x:y:z"],
    "dynatrace_token": ["dt0c01.SHORT.X"],
    "aws_key": ["AKIAshort"],
    "github_token": ["ghp_short"],
    "gitlab_token": ["glpat-x"],
    "slack_token": ["xoxb-1"],
    "google_api_key": ["AIzaShort"],
    "stripe_key": ["sk_live_x"],
    "jwt": ["eyJhbGciOiJIUzI1NiJ9.none"],
    "bearer": ["bearer authentication-failed-again", "Bearer short1"],
    "basic_auth": ["Basic authentication required"],
    "private_key": ["BEGIN PRIVATE KEY"],
    "url_password": ["http://host:80/a@b", "https://host/x:y@z"],
}  # fmt: skip


def marked(finder: Finder, text: str) -> str:
    """The text with `<` and `>` around each find."""
    for find in reversed(finder.finds(text)):
        text = f"{text[: find.start]}<{text[find.start : find.end]}>{text[find.end :]}"
    return text


class DetectorTests(SynchronousTestCase):
    def test_each_finds_what_it_should_and_no_more(self) -> None:
        self.assertEqual(set(_FOUND), set(KNOWN))
        for name, examples in _FOUND.items():
            finder = Finder([KNOWN[name]])
            for example in examples:
                text = example.replace("<", "").replace(">", "")
                self.assertEqual(marked(finder, text), example, name)

    def test_each_leaves_what_only_looks_alike(self) -> None:
        for name, examples in _LEFT.items():
            finder = Finder([KNOWN[name]])
            for text in examples:
                self.assertEqual(marked(finder, text), text, name)

    def test_every_example_is_suspect_among_others(self) -> None:
        finder = Finder(list(KNOWN.values()))
        plain = ["nothing to see here"] * 70
        for examples in _FOUND.values():
            for example in examples:
                text = example.replace("<", "").replace(">", "")
                self.assertEqual(list(finder.suspects([*plain, text, *plain])), [70], text)

    def test_no_named_detector_must_be_tried_alone(self) -> None:
        self.assertEqual([d.name for d in KNOWN.values() if not d.can_be_joined], [])

    @given(st.lists(st.sampled_from([e for es in _FOUND.values() for e in es] + ["é", " ", "x"])))
    def test_what_is_found_lies_apart_and_is_suspect(self, parts: list[str]) -> None:
        text = "".join(parts).replace("<", "").replace(">", "")
        finder = Finder(list(KNOWN.values()))
        at = 0
        for find in finder.finds(text):
            self.assertGreaterEqual(find.start, at)
            self.assertGreater(find.end, find.start)
            at = find.end
        self.assertLessEqual(at, len(text))
        self.assertTrue(finder.suspects_one(text) or not at)

    def test_finds_that_overlap_become_one(self) -> None:
        finder = Finder([Detector("a", "abc"), Detector("b", "cde"), Detector("c", "b")])
        self.assertEqual(marked(finder, "xabcdex"), "x<abcde>x")


class OwnPatternTests(SynchronousTestCase):
    def test_anchors_mean_the_text_and_not_the_batch(self) -> None:
        for pattern in (
            "^abc",
            "abc$",
            r"\Aabc",
            r"abc\z",
            "^(?P<x>abc)",
            "(?m)^abc",
            r"\babc\b",
            "[^x]bc|abc",
        ):
            finder = Finder([KNOWN["card"], Detector("own", pattern)])
            self.assertEqual(list(finder.suspects(["x", "abc", "y"])), [1], pattern)

    def test_many_patterns_are_joined_in_several_parts(self) -> None:
        own = [Detector(f"d{n}", f"secret{n:03d}" + "[a-z]" * 10) for n in range(100)]
        finder = Finder([*KNOWN.values(), *own])
        self.assertEqual(finder._alone, [])
        self.assertGreater(len(finder._hints), 1)
        self.assertEqual(list(finder.suspects(["x", "secret099abcdefghij", "y"])), [1])
        self.assertEqual(
            marked(finder, "secret000abcdefghij 4111111111111111"),
            "<secret000abcdefghij> <4111111111111111>",
        )

    def test_patterns_that_are_too_large_together_are_tried_alone(self) -> None:
        large = r"[a-z\x{80}-\x{10FFFF}]{1000}"
        finder = Finder([Detector(f"d{n}", f"secret{n}{large}") for n in range(5)])
        self.assertEqual(len(finder._alone), 5)
        text = "secret4" + "é" * 1000
        self.assertEqual(list(finder.suspects(["x", text, "y"])), [1])
        self.assertEqual(marked(finder, f"x {text} y"), f"x <{text}> y")


class BoundTests(SynchronousTestCase):
    def test_a_text_with_too_many_candidates_fails(self) -> None:
        finder = Finder([KNOWN["ipv4"]])
        self.assertEqual(len(finder.finds("1.1.1.1 " * MAX_CANDIDATES)), MAX_CANDIDATES)
        self.assertRaises(Failed, finder.finds, "1.1.1.1 " * (MAX_CANDIDATES + 1))
        self.assertRaises(Failed, Finder([KNOWN["card"]]).finds, "4 " * 1000)

    def test_no_text_takes_long(self) -> None:
        finder = Finder(list(KNOWN.values()))
        size = 1 << 16
        for part in (
            "4 ", "4111 ", "4111-", "AB12", "AB12 ", "DE89 3704 0044 0532 ", "a@", "a.", "@a.",
            "eyJ.", ":", "::1", "1:", "1.", "bearer ", "://:", "-----BEGIN ", "password=", '"',
            "ghp_", "\u00e9", " ", "A",
        ):  # fmt: skip
            text = part * (size // len(part))
            began = time.process_time()
            with contextlib.suppress(Failed):
                finder.finds(text)
            self.assertLess(time.process_time() - began, 1.0, part)
