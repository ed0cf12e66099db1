"""Log lines as a rack of servers writes them: a number and a seed in, files of syslog out.

Every line ends with `id=<12 digits>`, its own: so loss and repetition are counted exactly, and
a line that is cut is a line that is lost. The texts come from a pool that is many times larger
than what gzip can see at once, so repeating it does not help compression.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.bench import exporting, forwarding, posting
from tests.bench.lines import Line
from tests.bench.odd import odd, structured

#: A prime, so that the pool does not run in step with hosts and programs.
POOL = 20_011
HOSTS = 200
#: Events a second of log time. The second of a timestamp is what a parser may remember.
RATE = 100_000
_WORDS = ("basket", "cache", "checkout", "invoice", "login", "mail", "payment", "search", "stock")
_PATHS = ("api/v2/orders", "assets/logo.svg", "health", "login", "metrics", "static/app.js")
_CODES = ("200", "200", "200", "304", "404", "502")
_LEVELS = ("debug", "info", "warn")
#: Program, facility, message id and what it writes. In it stand <number> for one from 1 to that,
#: <xN> for N hexadecimal digits, and the names of `_Filler`.
_PROGRAMS = (
    ("sshd", 10, "-", "Failed password for invalid user <word> from <ip> port <60000> ssh2"),
    ("sshd", 10, "-", "Accepted publickey for deploy from <ip> port <60000> ssh2: ED25519 <x24>"),
    ("sshd", 10, "-", "Disconnected from authenticating user root <ip> port <60000> [preauth]"),
    (
        "nginx",
        23,
        "access",
        (
            '<ip> - - "GET /<path>?page=<400> HTTP/1.1" <code> <90000> '
            '"https://shop.example.net/<word>" "Mozilla/5.0 (X11; rv:128.0) Firefox/128.0" 0.<900>'
        ),
    ),
    (
        "kernel",
        0,
        "-",
        (
            "[<900000>.<x6>] [UFW BLOCK] IN=eth0 OUT= MAC=<mac> SRC=<ip> DST=<ip> LEN=60 TTL=51 "
            "ID=<65535> DF PROTO=TCP SPT=<65535> DPT=22 WINDOW=64240 RES=0x00 SYN URGP=0"
        ),
    ),
    (
        "kernel",
        0,
        "-",
        "[<900000>.<x6>] TCP: request_sock_TCP: Possible SYN flooding on port <9000>.",
    ),
    ("CRON", 9, "-", "(root) CMD (/usr/lib/<word>/run-parts --report /etc/cron.hourly)"),
    ("CRON", 9, "-", "pam_unix(cron:session): session closed for user <word>"),
    (
        "postfix/smtp",
        2,
        "-",
        (
            "<x10>: to=<<word><900>@example.org>, relay=mx<4>.example.org[<ip>]:25, "
            "delay=<90>.<9>, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as <x10>)"
        ),
    ),
    (
        "haproxy",
        16,
        "-",
        (
            "<ip>:<60000> fe_https~ be_<word>/<word>-<12> 0/0/<9>/<400>/<500> <code> <90000> "
            '- - ---- <900>/<400>/<60>/<9>/0 0/0 "POST /<path> HTTP/2.0"'
        ),
    ),
    ("dhcpd", 3, "-", "DHCPACK on <ip> to <mac> (<word>-<300>) via eth<4>"),
    ("dhcpd", 3, "-", "DHCPREQUEST for <ip> from <mac> via eth<4>: wrong network."),
    (
        "shop-7f9c4d",
        17,
        "ID47",
        (
            '{"level":"<level>","logger":"<word>.Service","trace":"<x32>","user":<90000>,"ms":<900>,'
            '"msg":"<word> finished für Müller"}'
        ),
    ),
    (
        "shop-7f9c4d",
        17,
        "ID48",
        (
            "ERROR [<word>-pool-<16>] c.example.<word>.Worker - retry <5> of 5 after <9000> ms: "
            "java.net.SocketTimeoutException: Read timed out"
        ),
    ),
)
_NO_PID = ("kernel",)
#: How often each severity is, emergency to debug.
_SEVERITIES = (0, 0, 1, 8, 12, 15, 55, 9)


class _Filler:
    """Fills the gaps of a text, by a seed."""

    _gap = re.compile(r"<(?:(\d+)|x(\d+)|([a-z]+))>")

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._named: dict[str, Callable[[], str]] = {
            "word": lambda: self.random.choice(_WORDS),
            "path": lambda: self.random.choice(_PATHS),
            "code": lambda: self.random.choice(_CODES),
            "level": lambda: self.random.choice(_LEVELS),
            "ip": lambda: "10." + ".".join(str(n) for n in self.random.randbytes(3)),
            "mac": lambda: self.random.randbytes(6).hex(":"),
        }

    def number(self, most: int) -> int:
        """From 1."""
        return self.random.randrange(most) + 1

    def fill(self, text: str) -> str:
        """The text without gaps."""
        return self._gap.sub(self._filled, text)

    def _filled(self, gap: re.Match[str]) -> str:
        number, digits, name = gap.groups()
        if number:
            return str(self.number(int(number)))
        if digits:
            return f"{self.random.getrandbits(4 * int(digits)):0{digits}x}"
        return self._named[name]()


def lines(count: int, seed: int = 5424, start: float | None = None) -> Iterator[Line]:
    """Messages in order. The same for the same seed and start (default: now, in seconds)."""
    filler = _Filler(seed)
    begin = float(int(time.time())) if start is None else start
    hosts = [f"{filler.fill('<word>')}-{n:03d}.example.net" for n in range(HOSTS)]
    pool = [_message(filler) for _ in range(min(POOL, count))]
    for number in range(count):
        message = pool[number % len(pool)]
        yield message._replace(
            time=begin + number / RATE,
            host=hosts[number * 7 % HOSTS],
            text=f"{message.text} id={number:012d}",
        )


def _message(filler: _Filler) -> Line:
    program, facility, message_id, text = filler.random.choice(_PROGRAMS)
    return Line(
        priority=facility * 8 + filler.random.choices(range(8), _SEVERITIES)[0],
        time=0,
        host="",
        program=program,
        pid="-" if program in _NO_PID else str(filler.number(32768)),
        message_id=message_id,
        data=filler.fill('[origin software="rsyslogd" x-pid="<999>"]')
        if filler.number(3) == 1
        else "-",
        text=filler.fill(text),
    )


def rfc5424(items: Iterator[Line]) -> Iterator[bytes]:
    """As rsyslog (zone as an offset) and syslog-ng (Z) write it, without a frame's end."""
    second, stamp = -1, ""
    for line in items:
        if int(line.time) != second:
            second = int(line.time)
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        micros = int((line.time - second) * 1e6)
        zone = "+00:00" if line.host.endswith("0.example.net") else "Z"
        yield (
            f"<{line.priority}>1 {stamp}.{micros:06d}{zone} {line.host} {line.program} {line.pid} "
            f"{line.message_id} {line.data} {line.text}"
        ).encode()


def rfc3164(items: Iterator[Line]) -> Iterator[bytes]:
    """As everybody else writes it: no year, no zone (UTC, the default of ours)."""
    for line in items:
        stamp = time.strftime("%b %e %H:%M:%S", time.gmtime(line.time))
        tag = line.program if line.pid == "-" else f"{line.program}[{line.pid}]"
        yield f"<{line.priority}>{stamp} {line.host} {tag}: {line.text}".encode()


def with_newline(message: bytes) -> bytes:
    """RFC 6587 3.4.2."""
    return message + b"\n"


def with_count(message: bytes) -> bytes:
    """RFC 6587 3.4.1."""
    return b"%d %b" % (len(message), message)


#: What a file may hold: how its messages are written and how they end.
FORMS: dict[str, tuple[Callable[[Iterator[Line]], Iterator[bytes]], Callable[[bytes], bytes]]] = {
    "rfc5424": (rfc5424, with_newline),
    "rfc3164": (rfc3164, with_newline),
    "octet": (rfc5424, with_count),
    "structured": (structured, with_newline),
    "odd": (odd, with_newline),
}


#: Files of Forward frames, and whether those are compressed.
FORWARD_FORMS = {
    "forward": forwarding.Form(),
    "forward-gzip": forwarding.Form(compressed=True),
    "forward-acked": forwarding.Form(acked=True),
}
#: Files of HTTP requests, and how many events each of them has.
HTTP_FORMS = {"http": 100, "http1": 1}
#: Files of OTLP messages, and whether those are HTTP requests.
OTLP_FORMS = {"otlp-http": True, "otlp-grpc": False}


class Corpus(NamedTuple):
    """A file of framed messages."""

    path: Path
    events: int
    size: int


def write(path: Path, form: str, count: int) -> Corpus:
    """Generate one, so that making it is not measured."""
    with path.open("wb", buffering=1 << 20) as out:
        if form in FORWARD_FORMS:
            out.writelines(forwarding.written(lines(count), FORWARD_FORMS[form]))
        elif form in HTTP_FORMS:
            out.writelines(posting.written(lines(count), HTTP_FORMS[form]))
        elif form in OTLP_FORMS:
            out.writelines(exporting.written(lines(count), http=OTLP_FORMS[form]))
        else:
            said, framed = FORMS[form]
            out.writelines(map(framed, said(lines(count))))
    return Corpus(path, count, path.stat().st_size)
