"""The messages of corpus/*.toml (its README has the keys), and the events they must become."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from collector.api import FLAGS_KEY, Event

FOLDER = Path(__file__).parent / "corpus"
SEVERITY_NUMBERS = (21, 19, 18, 17, 13, 10, 9, 5)
SEVERITY_TEXTS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
_PRI = re.compile("\ufeff?<([0-9]{1,3})>")
#: What TOML has no word for.
_UNSAYABLE = {"null": None}
_FIELDS = {
    "app": "syslog.appname",
    "pid": "syslog.proc_id",
    "msgid": "syslog.message_id",
    "version": "syslog.version",
}
#: Ways to send a message over a stream: what is put before and behind it.
FRAMINGS: dict[str, Callable[[bytes], bytes]] = {
    "lf": lambda frame: frame + b"\n",
    "crlf": lambda frame: frame + b"\r\n",
    "nul": lambda frame: frame + b"\0",
    "counted": lambda frame: b"%d %s" % (len(frame), frame),
    "counted-lf": lambda frame: b"%d %s\n" % (len(frame), frame),
}


def ns(text: str) -> int:
    """Nanoseconds since the epoch of `2026-10-11T22:14:15.123456789Z`."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return seconds * 10**9 + int(fraction.ljust(9, "0") or 0)


@dataclass
class Message:
    """One `[[line]]`."""

    note: str
    sent: str
    body: str
    file: str
    sent_as: str = "utf-8"
    options: dict[str, Any] = field(default_factory=dict)
    now: str = "2026-10-12T00:00:00Z"
    peer: str = "127.0.0.1"
    time: str = ""
    host: str = ""
    app: str = ""
    pid: str = ""
    msgid: str = ""
    version: int = 0
    mnemonic: list[Any] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    over: list[str] = field(default_factory=lambda: ["udp", *FRAMINGS])
    doubt: str = ""
    #: Instead of all of the above, where the names are others.
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def frame(self) -> bytes:
        """What is sent."""
        return self.sent.encode(self.sent_as)

    @property
    def priority(self) -> int:
        """Of the PRI, or what is assumed where there is none."""
        found = _PRI.match(self.sent)
        return 13 if found is None or "missing_pri" in self.flags else int(found[1])

    @property
    def expected(self) -> tuple[int, int, str, Any, dict[str, Any]]:
        """See `facts`."""
        pri = self.priority
        time = ns(self.time or self.now)
        number, text = SEVERITY_NUMBERS[pri & 7], SEVERITY_TEXTS[pri & 7]
        return time, number, text, self.body, self.attributes or self._attributes(pri)

    def _attributes(self, pri: int) -> dict[str, Any]:
        said: dict[str, Any] = {
            "syslog.priority": pri,
            "syslog.facility": pri >> 3,
            "syslog.severity": pri & 7,
            "syslog.hostname": self.host or self.peer,
        }
        said |= {} if self.host else {"syslog.hostname_source": "peer"}
        said |= {full: value for name, full in _FIELDS.items() if (value := getattr(self, name))}
        names = ("mnemonic_facility", "mnemonic_severity", "mnemonic")
        said |= {f"syslog.{name}": part for name, part in zip(names, self.mnemonic, strict=False)}
        said |= {f"syslog.structured_data.{name}": value for name, value in self.data.items()}
        more = {key if "." in key else f"syslog.{key}": v for key, v in self.more.items()}
        said |= {key: _UNSAYABLE.get(str(value), value) for key, value in more.items()}
        said = {key: value for key, value in said.items() if value != "absent"}
        return said | ({FLAGS_KEY: sorted(self.flags)} if self.flags else {})


def facts(event: Event) -> tuple[int, int, str, Any, dict[str, Any]]:
    """Of an event all that a message determines."""
    attributes = dict(event.attributes)
    if FLAGS_KEY in attributes:
        attributes[FLAGS_KEY] = sorted(attributes[FLAGS_KEY])
    return event.time, event.severity_number, event.severity_text, event.body, attributes


def had_back(event: Event) -> bytes:
    """The bytes of a frame, as docs/syslog.md says."""
    text = event.attributes["log.record.original"]
    if "invalid_utf8" not in event.attributes.get(FLAGS_KEY, []):
        return bytes(text.encode(event.attributes.get("syslog.encoding", "utf-8")))
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())


def messages() -> list[Message]:
    """All of them."""
    return [
        Message(**line, file=path.stem)
        for path in sorted(FOLDER.glob("*.toml"))
        for line in tomllib.loads(path.read_text())["line"]
    ]
