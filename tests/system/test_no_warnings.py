"""Whatever a sender invents, the exporter keeps to the limits of the API: it never warns."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.system.collecting import collector, configuration
from tests.system.network import send_stream
from tests.system.sandbox import sandbox

pytestmark = pytest.mark.system

#: Words that the API gives a meaning.
_SPECIAL = (
    *("timestamp", "time", "date", "ts", "@timestamp", "eventtime", "syslog.timestamp"),
    *("loglevel", "level", "status", "severity", "syslog.severity"),
    *("content", "message", "body", "log", "payload", "_raw", "event.type", "log.record.uid"),
    *("dt.ingest.warnings", "dt.auth.origin", "dt.openpipeline.source", "dt.ingest.origin"),
)


def _message(
    text: str, data: str = "-", *, stamp: str = "2026-01-02T03:04:05Z", names: str = "h a p m"
) -> str:
    return f"<11>1 {stamp} {names} {data} {text}"


def _element(name: str, **parameters: str) -> str:
    return f"[{name}{''.join(f' {key}={_quoted(value)}' for key, value in parameters.items())}]"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")
    return f'"{escaped}"'


def _nasty() -> Iterator[str]:
    yield from _sizes()
    yield from _names()
    yield from _texts()
    yield from _mixtures(random.Random(5))


def _sizes() -> Iterator[str]:
    for letter in ("x", "ü", "😀"):
        yield _message("a long value", _element("a@1", long=letter * 40_000))
        yield _message(letter * (11_000_000 // len(letter.encode())))
        yield _message("a long key", _element("a@1", **{letter * 120: "value"}))
    yield _message("600 parameters", _element("a@1", **{f"p{n}": "v" * n for n in range(600)}))
    yield _message("400 elements", "".join(_element(f"e{n}@1", a="b") for n in range(400)))
    yield _message(
        "one parameter 100 times", "[a@1" + "".join(f' p="{n}"' for n in range(100)) + "]"
    )
    yield _message("long names", names=f"{'h' * 255} {'a' * 300} {'p' * 128} {'m' * 100}")


def _names() -> Iterator[str]:
    yield _message("special parameters", _element("a@1", **dict.fromkeys(_SPECIAL, "trap")))
    for word in _SPECIAL:
        yield _message("a special element", _element(word, **{word: "trap"}))
        yield _message(f"<{word}> app", names=f"{word} {word} {word} {word}")
    yield _message("one name in two cases", _element("a@1", Key="1", key="2", KEY="3"))
    yield _message("the same element twice", _element("a@1", k="1") + _element("a@1", k="2"))


def _texts() -> Iterator[str]:
    yield from (_message(""), _message("   "), _message("[a@1]", "[a@1]"))
    yield _message('{"timestamp": 5, "status": "none", "content": null, "nested": {"a": [{}]}}')
    yield '{"timestamp": "2001-01-01", "level": "e", "_raw": 1}'
    yield _message(
        "controls: \x01\x1b[31m\x7f\u2028\ufeff\ufffe", _element("a@1", c="\x01\x1b\x7f")
    )
    for year in (1970, 1985, 2001, 2025, 2037, 2090, 2261, 9999):
        yield _message(f"in the year {year}", stamp=f"{year}-06-01T00:00:00.123456789+14:00")


def _mixtures(chance: random.Random) -> Iterator[str]:
    """Some of everything at once."""
    for number in range(60):
        parameters = {
            chance.choice(_SPECIAL) + str(n % 3): chance.choice("aü😀 ") * chance.randrange(3000)
            for n in range(chance.randrange(60))
        }
        data = "".join(_element(f"{chance.choice(_SPECIAL)}", **parameters) for _ in range(2))
        yield _message(f"mixture {number}", data)


def test_what_is_sent_gets_no_warning_under_either_profile(tmp_path: Path) -> None:
    messages = [message.encode() for message in _nasty()]
    data = b"".join(b"%d %s" % (len(message), message) for message in messages)
    large = {"tcp": {"max_frame_size": "12MiB"}}
    with ExitStack() as stack:
        strict = {
            profile: stack.enter_context(sandbox(tmp_path / profile, "--profile", judge))
            for profile, judge in (("grail", "grail-raw"), ("classic", "classic"))
        }
        exporters = {
            f"dynatrace/{profile}": {"endpoint": judge.url, "profile": profile}
            for profile, judge in strict.items()
        }

        def configure(port: int, data_dir: Path) -> str:
            return configuration(port, data_dir, exporters, syslog=large)

        source = stack.enter_context(collector(tmp_path, configure))
        send_stream(source.port, data)
        for profile, judge in strict.items():
            judge.accepted(len(messages))
            stats, account = judge.stats(), source.settled(f"dynatrace/{profile}")
            assert stats["warnings_by_name"] == {}
            assert (stats["warnings"], stats["rejected"], stats["refused"]) == (0, 0, {})
            assert account.sent == account.taken == len(messages)
