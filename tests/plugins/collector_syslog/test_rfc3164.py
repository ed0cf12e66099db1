"""RFC 3164 and its kin: spec section 3, step 3, and what of section 5 is generic."""

from datetime import UTC, datetime
from typing import Any

import pytest

from collector.api import FLAGS_KEY, Event
from collector_syslog.parser import Parser
from collector_syslog.rfc3164 import is_host


def ns(text: str, nanoseconds: int = 0) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return int(moment.timestamp()) * 10**9 + nanoseconds


NOW = ns("2026-10-12 00:00:00", 5)
TIME = ns("2026-10-11 22:14:15")


def parse(line: str, now: int = NOW) -> Event:
    """The event of a line: the same when the parser has met it before."""
    first, second, third = Parser().parse([line] * 3, now)
    assert first == second == third
    assert first.observed_time == now
    return first


def fields(event: Event) -> dict[str, Any]:
    """The attributes without those of PRI and mnemonic, and without the prefix."""
    others = ("syslog.facility", "syslog.severity", "syslog.priority", "syslog.mnemonic")
    return {
        key.removeprefix("syslog."): value
        for key, value in event.attributes.items()
        if not key.startswith(others) or key == "syslog.severity_word"
    }


def read(line: str) -> tuple[dict[str, Any], str]:
    event = parse(line)
    return fields(event), event.body


def named(host: str = "", app: str = "", pid: str = "", **more: Any) -> dict[str, Any]:
    said = {"hostname": host, "appname": app, "proc_id": pid}
    return {key: value for key, value in said.items() if value} | more


def test_section_5_4_example_1() -> None:
    event = parse("<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8")
    assert event.time == TIME
    assert event.body == "'su root' failed for lonvick on /dev/pts/8"
    assert event.attributes == {
        "syslog.facility": 4,
        "syslog.severity": 2,
        "syslog.priority": 34,
        "syslog.hostname": "mymachine",
        "syslog.appname": "su",
    }
    assert (event.severity_number, event.severity_text) == (18, "crit")


def test_section_5_4_example_2_has_no_pri() -> None:
    assert read("Use the BFG!") == ({FLAGS_KEY: ["missing_pri"]}, "Use the BFG!")
    relayed = "<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!"
    assert read(relayed) == (named("10.0.0.99"), "Use the BFG!")


def test_section_5_4_example_3_has_a_zone_and_a_year() -> None:
    event = parse(
        "<165>Aug 24 05:34:00 CST 1987 mymachine myproc[10]: %% It's time to make the do-nuts.  %%"
    )
    assert event.time == ns("1987-08-24 11:34:00")
    assert fields(event) == named("mymachine", "myproc", "10")
    assert event.body == "%% It's time to make the do-nuts.  %%"


def test_section_5_4_example_4_has_the_year_first() -> None:
    event = parse(
        "<0>1990 Oct 22 10:52:01 TZ-6 scapegoat.dmz.example.org 10.1.2.3 sched[0]: "
        "That's All Folks!"
    )
    assert event.time == ns("1990-10-22 16:52:01")
    assert fields(event) == named("scapegoat.dmz.example.org")
    assert event.body == "10.1.2.3 sched[0]: That's All Folks!"


HOST_AND_TAG = [
    ("h app[123]: text", named("h", "app", "123"), "text"),
    ("h app: text", named("h", "app"), "text"),
    ("h app[123]:  text", named("h", "app", "123"), " text"),  # exactly one space is removed
    ("h app:  text", named("h", "app"), " text"),
    ("h app[123]:", named("h", "app", "123"), ""),
    ("h app:", named("h", "app"), ""),
    ("h app[123]: ", named("h", "app", "123"), ""),
    ("h app[123]:text", named("h", "app", "123"), "text"),
    ("h app[123] text", named("h", "app", "123"), "text"),
    ("h app[main]: text", named("h", "app", "main"), "text"),
    ("h app[]: text", named("h", "app"), "text"),
    ("h app[1]: a[2]: text", named("h", "app", "1"), "a[2]: text"),
    ("h app: a[2]: text", named("h", "app"), "a[2]: text"),
    ("h app[123", named("h"), "app[123"),
    ("h app[123]", named("h", "app", "123"), ""),
    ("h sshd(pam_unix)[123]: text", named("h", "sshd(pam_unix)", "123"), "text"),
    ("h /usr/sbin/cron[7]: text", named("h", "/usr/sbin/cron", "7"), "text"),
    ("h name/containerid[7]: text", named("h", "name/containerid", "7"), "text"),
    (f"h {'t' * 40}[1]: text", named("h", "t" * 40, "1"), "text"),  # 3164 has 32 at most
    ("h  app[1]: text", named("h", "app", "1"), "text"),
    ("h text without a tag", named("h"), "text without a tag"),
    ("h  indented", named("h"), " indented"),
    ("h http://example.org/: text", named("h"), "http://example.org/: text"),
    ("h key=value: text", named("h"), "key=value: text"),
    ("h 12:30:00: text", named("h"), "12:30:00: text"),
    ("h 123: text", named("h"), "123: text"),
    ("h", named("h"), ""),
    ("h.example.org app: text", named("h.example.org", "app"), "text"),
    ("10.1.2.3 app: text", named("10.1.2.3", "app"), "text"),
    ("2001:db8::1 app: text", named("2001:db8::1", "app"), "text"),
    ("fe80:: app: text", named("fe80::", "app"), "text"),
    ("s_net@h app: text", named("s_net@h", "app"), "text"),  # syslog-ng's chain
    ("a/b app: text", named("a/b", "app"), "text"),
    ("- app: text", named("", "app"), "text"),  # a nil
    # no host: busybox, libc, FreeBSD, pfSense, Docker
    ("app[123]: text", named("", "app", "123"), "text"),
    ("kernel: [1.5] text", named("", "kernel"), "[1.5] text"),
    ("filterlog: 1,2,,3", named("", "filterlog"), "1,2,,3"),
    ("last message repeated 3 times", {"repeat_count": 3}, "last message repeated 3 times"),
    ("message repeated 2 times: [ x]", {"repeat_count": 2}, "message repeated 2 times: [ x]"),
    ("h last message repeated 3 times", {"hostname": "h", "repeat_count": 3},
     "last message repeated 3 times"),
    ("-- MARK --", {}, "-- MARK --"),
    ("1,2014/01/28 01:28:35,0072,TRAFFIC", {}, "1,2014/01/28 01:28:35,0072,TRAFFIC"),
    ("time=1570561225|hostname=x", {}, "time=1570561225|hostname=x"),
    ("", {}, ""),
    (" ", {}, " "),
    # vendors, as far as they are generic
    ("PA-VM300 1,2014/01/28", named("PA-VM300"), "1,2014/01/28"),
    ("slot1/h notice mcpd[10653]: 01070638:5: x", named("slot1/h", "mcpd", "10653",
     severity_word="notice"), "01070638:5: x"),
    ("slot1/h crit mcpd[1]: x", named("slot1/h", "mcpd", "1"), "x"),  # as the PRI says
    ("[10.225.64.143] ZscalerNSS: x", named("10.225.64.143", "ZscalerNSS"), "x"),
    ("[FW IP] [model]: NetScreen x", {}, "[FW IP] [model]: NetScreen x"),
    ("[node-01:secd.conn.auth.failure:notice]: x",
     named("", "[node-01:secd.conn.auth.failure:notice]"), "x"),
    ("Dream Dream ubios-udapi-server[3117]: x", named("Dream", "ubios-udapi-server", "3117"), "x"),
    ("su su root", named("su"), "su root"),
    ("U7PG2,788a2056b181,v4.0.66.10832: logread[5495]: x",
     named("U7PG2,788a2056b181,v4.0.66.10832", "logread", "5495"), "x"),
    ("US8P60,18e8aabbccdd,v4.0 switch: DOT1S: x",
     named("US8P60,18e8aabbccdd,v4.0", "switch"), "DOT1S: x"),
    ("Message forwarded from aix1: sshd[12]: x", named("aix1", "sshd", "12"), "x"),
    ("asa01: %ASA-6-302013: Built", named("asa01", "%ASA-6-302013"), "Built"),
    ("asa01 : %ASA-6-302013: Built", named("asa01", "%ASA-6-302013"), "Built"),
    ("asa01 : text", named("asa01"), "text"),
    ("%ASA-4-402119: IPSEC", named("", "%ASA-4-402119"), "IPSEC"),
    ("2001:db8::2: %ASA-4-402119: IPSEC", named("2001:db8::2", "%ASA-4-402119"), "IPSEC"),
    ("h %ASA-4-402119: IPSEC", named("h", "%ASA-4-402119"), "IPSEC"),
    ("2a02:cf40::: %SYS-5-CONFIG_I: x", named("2a02:cf40::", "%SYS-5-CONFIG_I"), "x"),
    ("192.168.1.254  00179 mgr:  x", named("192.168.1.254", "mgr", message_id="00179"), " x"),
    ("192.168.1.254  00179 text:x", named("192.168.1.254"), " 00179 text:x"),
    ("h (Stack) %%10WEB/5/LOGIN: x", named("h", "%%10WEB/5/LOGIN", device="Stack"), "x"),
]  # fmt: skip


@pytest.mark.parametrize(("rest", "expected", "body"), HOST_AND_TAG)
def test_host_and_tag(rest: str, expected: dict[str, Any], body: str) -> None:
    event = parse(f"<2>Oct 11 22:14:15 {rest}")
    assert (fields(event), event.body) == (expected, body)
    assert event.time == TIME


@pytest.mark.parametrize(("rest", "expected", "body"), HOST_AND_TAG)
def test_host_and_tag_after_an_iso_stamp_without_version(
    rest: str, expected: dict[str, Any], body: str
) -> None:
    event = parse(f"<2>2026-10-11T22:14:15.123456+00:00 {rest}")
    assert (fields(event), event.body) == (expected, body)
    assert event.time == TIME + 123456000


@pytest.mark.parametrize(
    ("rest", "expected", "body"),
    [
        ("app: text", named("", "app"), "text"),
        ("app[12]: text", named("", "app", "12"), "text"),
        (" printer: text", named("", "printer"), "text"),
        ("%ASA-6-302015: Built", named("", "%ASA-6-302015"), "Built"),
        ("h: %SYS-5-CONFIG_I: text", named("h", "%SYS-5-CONFIG_I"), "text"),
        # what is no tag stays in the body, all of it
        ("User logged in", {}, "User logged in"),
        ("The system: is down", {}, "The system: is down"),
        ("audit failure", {}, "audit failure"),
        ("host app[1]: text", {}, "host app[1]: text"),
        ("app[12] text", {}, "app[12] text"),
        ("00:20:10: text", {}, "00:20:10: text"),
        ("1w2d: text", {}, "1w2d: text"),
        ("82: 00:20:10: text", {}, "82: 00:20:10: text"),
        (" indented", {}, " indented"),
        ("CEF:0|vendor|product", {}, "CEF:0|vendor|product"),
        ("date=2015-08-11 time=19:19:43", {}, "date=2015-08-11 time=19:19:43"),
        ("id=firewall sn=1", {}, "id=firewall sn=1"),
        ('{"key": "value"}', {}, '{"key": "value"}'),
        ("[Login Failed]: text", {}, "[Login Failed]: text"),
        (" [1, 2]", {}, " [1, 2]"),
        ("", {}, ""),
        (":", {}, ":"),
    ],
)
def test_without_a_timestamp_there_is_no_host(
    rest: str, expected: dict[str, Any], body: str
) -> None:
    event = parse(f"<2>{rest}")
    assert (fields(event), event.body) == (expected, body)
    assert event.time == NOW


@pytest.mark.parametrize(
    "word",
    [
        "123",
        "00:20:10",
        "12:30",
        "2026-10-11",
        "2026/10/11",
        "1.2.3",
        "%ASA-6-302013",
        "http://x/",
        "a=b",
        "(Stack)",
        "[x]",
        '"x"',
        "app:",
        "a,b",
        "-",
        "--",
        "",
        "x" * 300,
        "notice",
        "err",
        "grün",
    ],
)
def test_never_hosts(word: str) -> None:
    assert not is_host(word)


@pytest.mark.parametrize(
    "word",
    [
        "h",
        "host-1",
        "host_1",
        "host.example.org",
        "10.0.0.1",
        "10.0.0.1:514",
        "::1",
        "2001:db8::1",
        "a/b",
        "s@h",
        "0x1f",
        "RTR1:514",
    ],
)
def test_hosts(word: str) -> None:
    assert is_host(word)


@pytest.mark.parametrize(
    "between",
    ["", " ", ":", ": ", " : "],
)
def test_what_may_stand_before_the_timestamp(between: str) -> None:
    expected = (named("h", "app"), "text")
    assert read(f"<2>{between}Oct 11 22:14:15 h app: text") == expected


@pytest.mark.parametrize("version", ["1", "10", "999"])
def test_a_version_before_the_month(version: str) -> None:
    event = parse(f"<2>{version} Oct 11 22:14:15 h app: text")
    assert (fields(event), event.body, event.time) == (named("h", "app"), "text", TIME)


def test_merakis_version_and_epoch() -> None:
    event = parse("<134>1 1563249630.774247467 MX84 security_event ids_alerted x=1")
    assert event.time == 1563249630774247467
    assert (fields(event), event.body) == (named("MX84"), "security_event ids_alerted x=1")


def test_a_tab_after_the_timestamp() -> None:
    expected = (named("h", "app"), "text")
    assert read("<2>Oct 11 22:14:15\th app: text") == expected


@pytest.mark.parametrize("stamp", ["Feb 30 22:14:15", "Oct 11 25:00:00", "Oct 32 22:14:15:"])
def test_a_timestamp_that_cannot_be_read_is_kept_and_said(stamp: str) -> None:
    event = parse(f"<2>{stamp} h app: text")
    assert event.time == NOW
    assert fields(event) == {
        **named("h", "app"),
        "timestamp": stamp,
        FLAGS_KEY: ["bad_timestamp"],
    }
    assert event.body == "text"


def test_an_unknown_zone_is_said() -> None:
    event = parse("<189>Oct 11 22:14:15 XYZ: %SYS-5-CONFIG_I: text")
    assert event.time == TIME
    assert fields(event) == {"appname": "%SYS-5-CONFIG_I", FLAGS_KEY: ["unknown_zone"]}


def test_a_mnemonic_right_behind_the_timestamps_colon() -> None:
    event = parse("<189>Oct 11 22:14:15:%SYS-5-CONFIG_I: text")
    assert (fields(event), event.body) == (named("", "%SYS-5-CONFIG_I"), "text")
    event = parse("<189>Oct 11 22:14:15 UTC:%d text")
    assert (fields(event), event.body) == ({}, "%d text")


def test_ciscos_mark_of_a_bad_clock_is_kept() -> None:
    event = parse("<189>*Oct 11 22:14:15.483 UTC: %SYS-5-CONFIG_I: text")
    assert event.time == TIME + 483000000
    assert fields(event) == named("", "%SYS-5-CONFIG_I", time_quality="never_synchronized")


def test_a_zone_is_no_host_although_it_once_was() -> None:
    parser = Parser()
    lines = ["<2>2026-10-11T22:14:15Z EST app: text", "<2>Oct 11 22:14:15 EST app: text"] * 3
    for iso, bsd in zip(*[iter(parser.parse(lines, NOW))] * 2, strict=True):
        assert fields(iso) == named("EST", "app")
        assert fields(bsd) == named("", "app")
        assert bsd.time == ns("2026-10-12 03:14:15")


@pytest.mark.parametrize(
    ("now", "stamp", "year"),
    [
        ("2026-01-01 00:00:05", "Dec 31 23:59:59", 2025),
        ("2025-12-31 23:59:58", "Jan  1 00:00:01", 2026),
        ("2026-03-01 00:00:00", "Feb 29 12:00:00", 2024),
        ("2028-02-28 23:59:00", "Feb 29 00:00:00", 2028),
        ("2026-08-22 12:00:00", "Aug 23 01:00:00", 2026),
        ("2026-08-22 00:00:00", "Sep  1 00:00:00", 2025),
        ("2025-12-30 00:00:00", "Jan  5 00:00:00", 2026),
        ("2025-12-30 00:00:00", "Jan  8 00:00:00", 2025),
    ],
)
def test_the_year_is_the_newest_that_is_not_too_far_ahead(now: str, stamp: str, year: int) -> None:
    event = parse(f"<2>{stamp} h app: text", ns(now))
    expected = datetime.strptime(f"{year} {stamp}", "%Y %b %d %H:%M:%S").replace(tzinfo=UTC)
    assert event.time == int(expected.timestamp()) * 10**9
