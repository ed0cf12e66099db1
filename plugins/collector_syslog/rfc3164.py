"""RFC 3164 and its kin: the text after the PRI in, an event's fields out (spec section 3, step 3).

The regular form is read by the loop in `parser.py`; this is the careful way for everything
else, and the definition of what is right: where both can read a line they agree.

1. No hostname is invented. Without a timestamp there is none, but before a Cisco mnemonic; and a
   word that ends with a colon or has `[..]` is a tag.
2. A word with neither is no tag: it stays in the body ("Use the BFG!").
3. What is not read into a field stays in the body, which is always the end of the text.
4. Whether a word is a hostname, or a tag, depends on nothing but the word, so that the loop may
   remember it in `hosts` and `tags`. Exceptions are words that are never remembered.
5. What devices write beside a header (`cisco.py`, `mnemonic.py`, `aside.py`) is kept in attributes.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address

from collector.api import Event

from . import aside, cisco, mnemonic
from .memo import learn
from .priority import WORDS
from .rfc5424 import apply
from .timestamp import Stamp, Timestamps
from .zone import ZoneWords

# A version before the month: RFC 3164 from a device that has heard of RFC 5424.
_VERSION = re.compile(r"[1-9][0-9]{0,2} (?=[A-Za-z]{3} )")
# Meraki: a version and seconds since the epoch.
_EPOCH_VERSION = re.compile(r"1 (?=[0-9]{9,10}[. ])")
_BEFORE = re.compile(r" *+:?+ *+")  # Cisco puts ": " between PRI and timestamp
_BLANK_OR_COLON = (" ", "\t", ":")
_REPETITION = ("last ", "message ")
_BLANKS = re.compile(r"[ \t]*+")
_AFTER = re.compile(r"[ \t]*+(?::(?= ))?+[ \t]*+")  # IOS-XR and FTD put " : " behind it
_WORD = re.compile(r"[^ \t]++")
_END = r"(?=[ \t]|$)"

_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/@-]{0,254}+(?::[0-9]{1,5}+)?+")
_IPV4 = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?:[:/][0-9]{1,5})?")
# NetScaler's packet engine stands where a host does.
_ENGINE = re.compile(r"[0-9]++-PPE-[0-9]++")
# Hosts that are more, or less, than a word. Each way has one group; what it matches is consumed.
_PLAIN = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,254}+"
_MARKED_HOST = re.compile(
    "|".join(
        (
            rf"({_PLAIN}) ?:(?= ?{mnemonic.CISCO}:)",
            rf"(?P<twice>{_PLAIN}): (?P=twice):(?= )",  # NetApp says it twice
            rf"\[([0-9A-Fa-f.:]{{2,45}}+)\]{_END}",  # Zscaler
            rf"([A-Za-z0-9_-]{{1,64}}+,[0-9A-Fa-f]{{12}},v[0-9.+]{{1,32}}+):?{_END}",  # UniFi
            rf'\("([A-Za-z0-9_-]{{1,64}}+,[0-9A-Fa-f]{{12}},v[0-9.+]{{1,32}}+)"\):?{_END}',
            r"Message forwarded from ([A-Za-z0-9._-]{1,255}+):(?= )",  # AIX
        )
    )
)
# Without a host before it, as busybox and FreeBSD write it.
_REPEATED = re.compile(r"(?:last )?message repeated ([0-9]{1,9}) times?\b")
#: Of a part: which message it is of, how many parts that has, and which one this is, from 0.
PART_ID, PART_COUNT, PART_INDEX = "syslog.part.id", "syslog.part.count", "syslog.part.index"
# Cisco's ISE sends an event in parts: its class, its number, of how many parts, which one.
_PART = re.compile(r"(CISE_[A-Za-z_]{1,64}+) ([0-9]{1,10}) ([0-9]{1,3}) ([0-9]{1,3})(?: |$)")

_NAME = r"""[^\s:\[\]"'=|{}<>,;]{1,255}+"""
_TAG = re.compile(rf"({_NAME})(?:\[(\d++|[^\s\[\]]{{0,255}}+)\](?::|{_END})|:{_END})")
_TAG_WITH_COLON = re.compile(rf"({_NAME})(?:\[(\d++|[^\s\[\]]{{0,255}}+)\])?:(?= |$)")
_BRACKET_TAG = re.compile(rf"(\[[^\s\[\]]{{1,255}}+\]):{_END}")  # NetApp [node:event:level]:
# `123:`, `00:20:10:`, `1w2d:` are counters and uptimes, no tags.
_NUMBER = re.compile(r"(?:[0-9]++[ywdhms]?+|[.*-])++")
#: Words that no host is called.
_LEVELS = frozenset(WORDS) | {"trace", "fatal"}
#: Names of formats, not of programs.
_FORMATS = frozenset({"CEF", "LEEF"})


class Rfc3164:
    """Reads messages without a version, for one listener."""

    def __init__(self, stamps: Timestamps, words: ZoneWords) -> None:
        self._stamps = stamps
        self._words = words
        #: Words that were found to be hostnames.
        self.hosts: set[str] = set()
        #: Names that were found to be tags, without `[pid]` and colon.
        self.tags: set[str] = set()

    def parse(self, event: Event, text: str, start: int, *, with_pri: bool) -> None:
        """Fill in the event from what begins at `start`."""
        at = _end(_BEFORE, text, start) if text.startswith((" ", ":"), start) else start
        stamp = self._stamps.read(text, at)
        if stamp is None and with_pri and text[start : start + 1].isdecimal():
            at, stamp = self._versioned(text, start)
        if stamp is not None:
            apply(event, stamp, text, at)
            self._dated(event, text, stamp.end)
        elif not self._cisco(event, text, at):
            self._without_time(event, text, start)

    def _versioned(self, text: str, start: int) -> tuple[int, Stamp | None]:
        """The timestamp behind a version, and where it begins."""
        epoch = _EPOCH_VERSION.match(text, start)
        if epoch is not None:
            return epoch.end(), self._stamps.epoch(text, epoch.end())
        version = _VERSION.match(text, start)
        if version is None:
            return start, None
        at = _end(_BEFORE, text, version.end())
        return at, self._stamps.read(text, at)

    def _dated(self, event: Event, text: str, end: int) -> None:
        """Read what follows a timestamp that ends at `end`."""
        body = end + text.startswith((" ", "\t"), end)
        at = body
        if text.startswith(_BLANK_OR_COLON, at):
            at = _end(_AFTER, text, end)
        if text.startswith(_REPETITION, at) and self._repeated(event, text, at, body):
            return
        host, end = self._host(text, at)
        if end > at:
            at = body = end + (end < len(text))
            if text.startswith(_BLANK_OR_COLON, at):
                at = _end(_BLANKS, text, end)
        if host:
            event.attributes["syslog.hostname"] = host
        if text.startswith(_REPETITION, at) and self._repeated(event, text, at, body):
            return
        found = _TAG.match(text, at)
        if found is None:
            at = self._skip(event, text, at, host)
            found = _TAG.match(text, at) or _BRACKET_TAG.match(text, at)
        self._tag(event, text, at, found, body)

    def _repeated(self, event: Event, text: str, at: int, body: int) -> bool:
        found = _REPEATED.match(text, at)
        if found is None:
            return False
        event.attributes["syslog.repeat_count"] = int(found[1])
        event.body = text[body:]
        return True

    def _cisco(self, event: Event, text: str, start: int) -> bool:
        """Read what only Cisco puts before a timestamp, and what follows; False: it is not there.

        A host is one where a mnemonic follows, or a counter came before it: else it is a tag.
        """
        header = cisco.read(text, start, self._stamps)
        stamp, end = header.stamp, header.end
        if not header.mnemonic and not (stamp and header.attributes):
            return False
        event.attributes |= header.attributes
        if header.host:
            event.attributes["syslog.hostname"] = header.host
        if stamp:
            apply(event, stamp, text, header.start)
        if stamp and not header.mnemonic and text[stamp.end - 1] != ":":
            self._dated(event, text, stamp.end)
        else:
            self._tag(event, text, end, _TAG.match(text, end), end)
        if not header.mnemonic:  # IOS-XR has a tag before it
            event.attributes |= mnemonic.at(event.body, 0)
        return True

    def _without_time(self, event: Event, text: str, start: int) -> None:
        """There is no timestamp: whatever stands first is no host, but may be a tag."""
        at = _end(_BEFORE, text, start)
        found = _TAG_WITH_COLON.match(text, at)
        self._tag(event, text, at, found, start)

    def _host(self, text: str, at: int) -> tuple[str, int]:
        """The hostname at `at` and its end; `at` when there is none, "" for a nil."""
        found = _WORD.match(text, at)
        if found is None:
            return "", at
        word, end = found[0], found.end()
        colon = text.startswith(" : ", end)
        if word in self.hosts:
            return word, end + 2 * colon
        marked = _MARKED_HOST.match(text, at)
        if marked is not None:
            return marked[marked.lastindex or 0], marked.end()
        if word == "-":
            return "", end
        if is_host(word):
            if self._words.seconds(word) is None:  # elsewhere it may be a zone
                learn(self.hosts, word)
        elif word[-1] == ":" and _is_ipv6(word[:-1]):
            word = word[:-1]  # Cisco's colon after the host
        else:
            return "", at
        return word, end + 2 * colon

    def _skip(self, event: Event, text: str, at: int, host: str) -> int:
        """The place of the tag: after a word that is not part of it (see `aside.py`)."""
        found = _WORD.match(text, at)
        if found is None or not aside.likely(found[0], host):
            return at
        after = _end(_BLANKS, text, found.end())
        if not _TAG.match(text, after):
            return at
        said = event.attributes
        between = aside.read(
            found[0], host=host, severity=said["syslog.severity"], priority=said["syslog.priority"]
        )
        if between is None:
            return at
        if between.attribute:
            said[between.attribute] = between.value
        return after

    def _tag(
        self, event: Event, text: str, at: int, found: re.Match[str] | None, body: int
    ) -> None:
        """Take over the tag that was found at `at`; if there is none, the body is at `body`."""
        if found is None or found[1] in _FORMATS or _NUMBER.fullmatch(found[1]):
            self._untagged(event, text, at, body)
            return
        name = found[1]
        event.attributes["syslog.appname"] = name
        if found.re is not _BRACKET_TAG:
            if name[0] == "%" and (parts := mnemonic.read(name)):
                event.attributes |= parts
            elif name not in self.tags:
                learn(self.tags, name)
            if found[2]:
                event.attributes["syslog.proc_id"] = found[2]
        event.body = text[found.end() + text.startswith(" ", found.end()) :]

    def _untagged(self, event: Event, text: str, at: int, body: int) -> None:
        """The body begins at `body`; a relay may have put a header before Cisco's own."""
        part = text.startswith("CISE_", at) and _PART.match(text, at)
        if part:
            event.attributes |= {
                "syslog.appname": part[1],
                PART_ID: part[2],
                PART_COUNT: int(part[3]),
                PART_INDEX: int(part[4]),
            }
            event.body = text[part.end() :]
            return
        event.body = text[body:]
        if text[at : at + 1].isdecimal():
            header = cisco.read(text, at, self._stamps)  # behind a relay's, which has the time
            if header.mnemonic:
                event.attributes |= header.attributes | header.mnemonic


def is_host(word: str) -> bool:
    """Whether a word at the place of the hostname is one.

    Numbers, clock times and dates are none, nor is a word for a severity (F5, loggers).
    """
    if _is_ipv6(word):
        return True
    if _HOST.fullmatch(word) is None or "//" in word or _ENGINE.fullmatch(word):
        return False
    if word.lower() in _LEVELS:
        return False
    return _IPV4.fullmatch(word) is not None or any(map(str.isalpha, word))


def _is_ipv6(word: str) -> bool:
    if word.count(":", 0, 46) < 2 or len(word) > 45:
        return False
    try:
        IPv6Address(word)
    except ValueError:
        return False
    return True


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Where a pattern that always matches ends."""
    found = pattern.match(text, start)
    return found.end() if found else start
