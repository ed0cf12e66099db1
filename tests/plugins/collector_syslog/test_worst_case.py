"""A search for the line that costs most: whatever it is, a longer one costs in proportion.

Hypothesis looks for more time a character, as far as `make fuzz` lets it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import event, given, settings, target
from hypothesis import strategies as st

from collector.api import AutoFraming, Event, MultilineFraming
from collector_syslog.bodies import describe, unescaped
from collector_syslog.packed import unpacked
from collector_syslog.parser import Parser

NOW = 1_791_763_200_000_000_000
#: Characters of a line and of a longer one; quadratic code would need 64 times the time for that.
SHORT, LONG = 4_000, 32_000
#: Of time that is in proportion: more is looked at again, for the machine is busy with others too.
_MUCH, _NOISE = 4.0, 0.002
_TRIES = 8
#: One example takes as long as ten of other properties.
SEARCH = settings(max_examples=settings().max_examples // 10, deadline=None)
FRAGMENTS = st.sampled_from(
    [
        *(
            "<34>",
            "1 ",
            "2026-10-11T22:14:15Z ",
            "Oct 11 22:14:15 ",
            "2026 Oct 11 22:14:15 CET ",
            ": ",
        ),
        *(
            "123: ",
            "host ",
            "host: ",
            "app[1]: ",
            "[x@1 ",
            'a="b" ',
            'a="',
            '\\"',
            "\\",
            "]",
            "[",
            "[",
        ),
        *("%SYS-5-CONFIG_I: ", "%", "RP/0/RSP0/CPU0:", "CEF:0|a|b|c|d|e|5|", "LEEF:2.0|a|b|c|d|^|"),
        *("k=v ", "k=", '"', "|", "=", " ", "  ", "\t", ",", "{", '{"a":', "@cee: ", "#012", "#0"),
        *(
            "a",
            "0",
            ":",
            "-",
            ".",
            "/",
            "(",
            "*",
            "::",
            "1.2.3.4 ",
            "CISE_A 1 2 0 ",
            "-->",
            "\ufeff",
        ),
        *(
            "last message repeated ",
            "Message forwarded from ",
            "é",
            "\\x",
            "10/11/2026:22:14:15 GMT ",
        ),
    ]
) | st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=3)
TEXT = st.lists(FRAGMENTS, max_size=5).map("".join)
UNIT = st.lists(FRAGMENTS, min_size=1, max_size=4).map("".join)


def grown(start: str, unit: str, end: str, size: int) -> str:
    return start + unit * (size // len(unit)) + end


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def check(cost: Callable[[str], float], start: str, unit: str, end: str) -> None:
    short, long = (grown(start, unit, end, size) for size in (SHORT, LONG))
    few, many = cost(short), cost(long)
    for _ in range(_TRIES):
        if many <= _MUCH * few * len(long) / len(short) + _NOISE:
            break
        few, many = min(few, cost(short)), min(many, cost(long))
    else:
        pytest.fail(f"{few:.4f} s, and {many:.4f} s for {start!r} + {unit!r} * n + {end!r}")
    nanoseconds = many / len(long) * 1e9
    target(nanoseconds)
    event(f"up to {10 ** len(str(int(nanoseconds)))} ns a character")


def cost_of_line(line: str) -> float:
    """Of a parser that has never seen anything, and of all that is looked for in a body."""
    parser = Parser()

    def work() -> None:
        (found,) = parser.parse([line], NOW)
        describe(found, "auto")
        describe(Event(NOW, unescaped(line), {}), "key_value")
        unpacked(line.encode())

    return seconds(work)


def cost_of_stream(framing: type[AutoFraming], line: str) -> float:
    """Of bytes that come a few at a time; frames may be as long as the stream."""
    data = line.encode("utf-8")
    cut = framing(2 * LONG)

    def work() -> None:
        for at in range(0, len(data), 61):
            cut.feed(data[at : at + 61])
        cut.finish()

    return seconds(work)


@SEARCH
@given(TEXT, UNIT, TEXT)
def test_a_line_costs_in_proportion_to_its_length(start: str, unit: str, end: str) -> None:
    check(cost_of_line, start, unit, end)


@pytest.mark.parametrize("framing", [AutoFraming, MultilineFraming])
@SEARCH
@given(TEXT, UNIT | st.sampled_from(["1 <34>x", "3 <a", "12 zx", "\n", "\n1 <", "\0"]), TEXT)
def test_a_stream_costs_in_proportion_to_its_length(
    framing: type[AutoFraming], start: str, unit: str, end: str
) -> None:
    check(lambda line: cost_of_stream(framing, line), f"<34>{start}", unit, end)
