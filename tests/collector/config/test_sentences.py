"""What models refuse, in words of our own, at its place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Problems = Callable[..., list[str]]

HIDDEN = "this value is refused; the reason quotes it and is not shown"
BRACKETS = "expected an IPv6 address in the brackets, such as [::1]:5514"
DURATION = "expected a duration with its unit, such as 500ms, 1s or 1h30m"


@pytest.mark.parametrize(
    ("block", "column", "expected"),
    [
        ("{count: x}", 19, "count: expected a whole number"),
        ("{count: 1.5}", 19, "count: expected a whole number"),
        ("{count: }", 12, "count: expected a whole number, found nothing"),
        ("{count: [1]}", 19, "count: expected a whole number, found a list"),
        ("{count: 0}", 19, "count: expected 1 or more"),
        ("{count: 10}", 19, "count: expected less than 10"),
        ("{ratio: a}", 19, "ratio: expected a number"),
        ("{ratio: {a: b}}", 12, "ratio: expected a number, found a mapping"),
        ("{strict: maybe}", 20, "strict: expected true or false"),
        ("{strict: [x]}", 20, "strict: expected true or false, found a list"),
        ("{mode: lins}", 18, "mode: expected auto, lines or octets; did you mean lines?"),
        ("{mode: AUTO}", 18, "mode: expected auto, lines or octets; did you mean auto?"),
        ("{mode: x}", 18, "mode: expected auto, lines or octets"),
        ("{tls: {cert_file: a, version: 1.2}}", 41, "tls.version: expected 1.2 or 1.3, in quotes"),
        ("{tls: yes}", 17, "tls: expected a mapping, found text"),
        ("{tls: true}", 17, "tls: expected a mapping, found true or false"),
        ("{tokens: abc}", 20, "tokens: expected a list, found text"),
        ("{tokens: [a, 5]}", 24, "tokens[1]: expected text: put it in quotes"),
        ("{tokens: [a, ]}", None, None),
        ("{headers: [a]}", 21, "headers: expected a mapping, found a list"),
        ("{headers: {a: true}}", 25, "headers.a: expected text: put it in quotes"),
        ("{headers: {a: [b]}}", 25, "headers.a: expected text, found a list"),
        ("{ports: {a: b}}", 20, "ports.a: expected a whole number"),
        ("{ports: {514: b}}", None, None),
        (
            "{at: noon}",
            16,
            "at: expected a valid time format, input is too short",
        ),
        ("{name: a}", 18, "name: expected at least 2 characters"),
        ("{name: abcde}", 18, "name: expected at most 4 characters"),
        ("{name: ABC}", 18, "name: expected text that matches ^[a-z]+$"),
        ("{timeout: 5}", 21, f"timeout: {DURATION}"),
        ("{room: many}", 18, "room: expected a size, such as 65536, 64KiB or 1GB"),
        (
            "{endpoint: '5514'}",
            22,
            "endpoint: expected host:port, such as 127.0.0.1:5514 or [::]:5514",
        ),
        ("{endpoint: 5514}", 22, "endpoint: expected host:port, such as 127.0.0.1:5514"),
        ("{endpoint: [a]}", 22, "endpoint: expected host:port, such as 127.0.0.1:5514"),
        ("{endpoint: '[::g]:1'}", 22, f"endpoint: {BRACKETS}"),
        ("{endpoint: 'a:99999'}", 22, "endpoint: expected a port from 0 to 65535"),
        (
            "{listen_address: '::1:5514'}",
            28,
            "listen_address: an IPv6 address needs brackets, such as [::1]:5514",
        ),
    ],
)
def test_a_wrong_value(
    receiver: Problems, block: str, column: int | None, expected: str | None
) -> None:
    found = [f"2:{column}: error: receivers.listen.{expected}"] if expected else []
    assert receiver(block) == found


@pytest.mark.parametrize(
    ("block", "column", "expected"),
    [
        ("{either: x}", 20, ".either: expected a whole number or a list or a mapping"),
        ("{either: [1, x]}", 24, ".either[1]: expected a whole number"),
        ("{either: {cert_file: 1}}", 32, ".either.cert_file: expected text: put it in quotes"),
        (
            "{either: {cert_file: a, versio: '1.3'}}",
            35,
            ".either: unknown key versio; did you mean version?",
        ),
        ("{either: {open: perhaps}}", 27, ".either.open: expected true or false"),
        ("{peers: [{cert_file: a}, {}]}", 36, ".peers[1]: key cert_file is missing"),
        (
            "{peers: [{cert_file: a, cert: b}]}",
            35,
            ".peers[0]: unknown key cert; did you mean cert_file?",
        ),
        ("{tls: {}}", 12, ".tls: key cert_file is missing"),
        ("{endpont: 'a:1'}", 12, ": unknown key endpont; did you mean endpoint?"),
        ("{listen_adress: 'a:1'}", 12, ": unknown key listen_adress; did you mean endpoint?"),
        (
            "{tls: {cert_file: a, zzz: 1}}",
            32,
            ".tls: unknown key zzz; known here: cert_file, version",
        ),
    ],
)
def test_what_is_wrong_deeper_down(
    receiver: Problems, block: str, column: int, expected: str
) -> None:
    assert receiver(block) == [f"2:{column}: error: receivers.listen{expected}"]


def test_all_errors_of_a_block_are_reported_in_their_order(receiver: Problems) -> None:
    assert receiver("\n    tls:\n      version: '1.33'\n    count: x\n    cuont: 5") == [
        "3:5: error: receivers.listen.tls: key cert_file is missing",
        "4:16: error: receivers.listen.tls.version: expected 1.2 or 1.3; did you mean 1.3?",
        "5:12: error: receivers.listen.count: expected a whole number",
        "6:5: error: receivers.listen: unknown key cuont; did you mean count?",
    ]


@pytest.mark.parametrize(
    ("block", "place", "expected"),
    [
        ("{url: 'http://x'}", "2:15", ".url: expected a URL that begins with https"),
        ("{level: 555}", "2:17", f".level: {HIDDEN}"),
        ("{level: -1}", "2:17", ".level: this value is refused"),
        ("{level: 50}", "2:17", ".level: expected at most 9"),
        ("{url: 'https://x/'}", "2:3", ": a URL with a path needs a token"),
    ],
)
def test_a_plugins_own_sentence_is_shown_unless_it_may_quote(
    exporter: Problems, block: str, place: str, expected: str
) -> None:
    assert exporter(block) == [f"{place}: error: exporters.send{expected}"]


def test_a_default_that_is_refused_is_reported_at_the_block(exporter: Problems) -> None:
    assert exporter("{level: x}", "picky") == [
        "2:3: error: exporters.picky: the token is empty",
        "2:18: error: exporters.picky.level: expected a whole number",
    ]


def test_a_model_that_breaks_is_the_plugins_fault(problems: Problems) -> None:
    found = problems("processors: {floor: {floor: 13}}\nservice: 5")
    assert found[0] == (
        "1:14: error: processors.floor: "
        "its model failed with KeyError, which is a fault of the plugin"
    )
