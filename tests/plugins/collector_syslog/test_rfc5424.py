"""RFC 5424, its examples, and the leniency list of spec section 3."""

from datetime import UTC, datetime
from typing import Any

import pytest

from collector.api import FLAGS_KEY, Event
from collector_syslog.parser import Parser

NOW = 1_790_000_000_123_456_789
SD = "syslog.structured_data."


def ns(text: str, nanoseconds: int = 0) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return int(moment.timestamp()) * 10**9 + nanoseconds


def parse(line: str, zone: str = "UTC") -> Event:
    """The event of a line: the same when the parser has met it before."""
    parser = Parser(zone=zone)
    first, second, third = parser.parse([line] * 3, NOW)
    assert first == second == third
    assert first.observed_time == NOW
    return first


def fields(event: Event) -> dict[str, Any]:
    """The attributes without those of the PRI and without the prefix."""
    pri = ("syslog.facility", "syslog.severity", "syslog.priority")
    return {
        key.removeprefix("syslog."): value
        for key, value in event.attributes.items()
        if key not in pri
    }


HEADER = {"version": 1, "hostname": "h", "appname": "a", "proc_id": "p", "message_id": "m"}
STAMP = "2003-10-11T22:14:15.003Z"
START = f"<165>1 {STAMP} h a p m"


def test_section_6_5_example_1_without_structured_data() -> None:
    event = parse(
        "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - "
        "\ufeff'su root' failed for lonvick on /dev/pts/8"
    )
    assert event.body == "'su root' failed for lonvick on /dev/pts/8"
    assert event.time == ns("2003-10-11 22:14:15", 3000000)
    assert event.attributes == {
        "syslog.facility": 4,
        "syslog.severity": 2,
        "syslog.priority": 34,
        "syslog.version": 1,
        "syslog.hostname": "mymachine.example.com",
        "syslog.appname": "su",
        "syslog.message_id": "ID47",
    }
    assert (event.severity_number, event.severity_text) == (18, "crit")


def test_section_6_5_example_2_with_a_zone() -> None:
    event = parse(
        "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - "
        "%% It's time to make the do-nuts."
    )
    assert event.body == "%% It's time to make the do-nuts."
    assert event.time == ns("2003-08-24 12:14:15", 3000)
    assert fields(event) == {
        "version": 1,
        "hostname": "192.0.2.1",
        "appname": "myproc",
        "proc_id": "8710",
    }


def test_section_6_5_example_3_with_structured_data() -> None:
    event = parse(
        "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 "
        'iut="3" eventSource="Application" eventID="1011"] \ufeffAn application event log entry...'
    )
    assert event.body == "An application event log entry..."
    assert fields(event) == {
        "version": 1,
        "hostname": "mymachine.example.com",
        "appname": "evntslog",
        "message_id": "ID47",
        "structured_data.exampleSDID@32473.iut": "3",
        "structured_data.exampleSDID@32473.eventSource": "Application",
        "structured_data.exampleSDID@32473.eventID": "1011",
    }


def test_section_6_5_example_4_structured_data_only() -> None:
    event = parse(
        "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 "
        'iut="3"][examplePriority@32473 class="high"]'
    )
    assert event.body == ""
    assert event.attributes[SD + "exampleSDID@32473.iut"] == "3"
    assert event.attributes[SD + "examplePriority@32473.class"] == "high"


@pytest.mark.parametrize(
    ("end", "body"),
    [
        (" - text", "text"),
        (" -  text", " text"),  # exactly one space is removed
        (" - text ", "text "),
        (" - ", ""),
        (" -", ""),
        (" - BOM text", "BOM text"),  # as the RFC's examples are often copied
        (" - \ufefftext", "text"),
        (" - te\ufeffxt", "te\ufeffxt"),
        (' - [a b="c"] text', '[a b="c"] text'),  # the structured data is nil
        (" - - text", "- text"),
        (" [x] text", "text"),
        (' [x y="z"]', ""),
        (' [x y="z"] ', ""),
        (' [x y="z"]  text', " text"),
        (' [x y="z"]text', "text"),
        (' [x y="z"] \ufefftext', "text"),
        (' [x y="a] b"] text', "text"),
        (' [x y="z"] and [1]: more', "and [1]: more"),
        (" text follows at once", "text follows at once"),  # no structured data
        (" -text", "-text"),
        ("", ""),
    ],
)
def test_message(end: str, body: str) -> None:
    event = parse(START + end)
    assert event.body == body
    assert event.time == ns("2003-10-11 22:14:15", 3000000)
    header = {key: value for key, value in fields(event).items() if "structured" not in key}
    assert header == HEADER


@pytest.mark.parametrize(
    ("fields_text", "expected"),
    [
        ("- - - -", {}),
        ("h - - -", {"hostname": "h"}),
        ("- a - -", {"appname": "a"}),
        ("- - p -", {"proc_id": "p"}),
        ("- - - m", {"message_id": "m"}),
        ("h  p m", {"hostname": "h", "proc_id": "p", "message_id": "m"}),  # empty is nil too
    ],
)
def test_nil_fields_are_left_out(fields_text: str, expected: dict[str, str]) -> None:
    event = parse(f"<165>1 {STAMP} {fields_text} - text")
    assert fields(event) == {"version": 1, **expected}
    assert event.body == "text"


def test_nil_timestamp_is_the_time_of_receipt() -> None:
    event = parse("<165>1 - h a p m - text")
    assert event.time == NOW
    assert fields(event) == HEADER


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("2003-10-11T22:14:15Z", ns("2003-10-11 22:14:15")),
        ("2003-10-11T22:14:15.003-0500", ns("2003-10-12 03:14:15", 3000000)),
        ("2003-10-11T22:14:15.123456789Z", ns("2003-10-11 22:14:15", 123456789)),
        ("2003-10-11 22:14:15Z", ns("2003-10-11 22:14:15")),
        ("2003-10-11T22:14:15,003Z", ns("2003-10-11 22:14:15", 3000000)),
        ("2003-10-11t22:14:15.003z", ns("2003-10-11 22:14:15", 3000000)),
        ("2003-10-11T22:14:15.217", ns("2003-10-11 20:14:15", 217000000)),  # the listener's zone
    ],
)
def test_timestamps(stamp: str, time: int) -> None:
    event = parse(f"<165>1 {stamp} h a p m - text", zone="Europe/Vienna")
    assert event.time == time
    assert fields(event) == HEADER
    assert event.body == "text"


@pytest.mark.parametrize(
    "stamp",
    [
        "2003-13-11T22:14:15Z",
        "2003-10-11",
        "2003-10-11T22:14:15.003Zx",
        "2003-",
        "0001-01-01T00:00:00Z",
    ],
)
def test_a_timestamp_that_cannot_be_read_is_kept_and_said(stamp: str) -> None:
    event = parse(f"<165>1 {stamp} h a p m - text")
    assert event.time == NOW
    assert fields(event) == {
        **HEADER,
        "timestamp": stamp,
        FLAGS_KEY: ["bad_timestamp"],
    }
    assert event.body == "text"


@pytest.mark.parametrize(
    ("line", "broken", "body"),
    [
        (f"<14>1 {STAMP} h LEEF:1.0|a|b c d", "appname", "LEEF:1.0|a|b c d"),
        (f"<14>1 {STAMP} h - - LEEF:1.0|a|b c d", "message_id", "LEEF:1.0|a|b c d"),
        (f"<14>1 {STAMP} h CEF:0|a|b c d", "appname", "CEF:0|a|b c d"),
        (f'<14>1 {STAMP} h a {{"k": 1}} x y', "proc_id", '{"k": 1} x y'),
        (f"<14>1 {STAMP} h app: some text is here", "appname", "app: some text is here"),
        (f"<14>1 {STAMP} mib2d[1484]: SNMP_TRAP a b c", "hostname", "mib2d[1484]: SNMP_TRAP a b c"),
        (
            '<134>1 2019-08-21T17:42:08.000z "sample_logs bluecoat[0]:SPLV5.1 a b c',
            "hostname",
            '"sample_logs bluecoat[0]:SPLV5.1 a b c',
        ),
        (f"<14>1 {STAMP} {'h' * 1025} a p m - text", "hostname", f"{'h' * 1025} a p m - text"),
        (f"<14>1 {STAMP} h a {'p' * 1025} m - text", "proc_id", f"{'p' * 1025} m - text"),
    ],
)
def test_fields_before_the_break_are_kept_and_the_rest_is_the_body(
    line: str, broken: str, body: str
) -> None:
    event = parse(line)
    assert event.body == body
    assert event.attributes["syslog.parse_error"] == broken
    assert event.attributes[FLAGS_KEY] == ["parse_error"]
    names = ["hostname", "appname", "proc_id", "message_id"]
    assert not set(names[names.index(broken) :]) & set(fields(event))


@pytest.mark.parametrize("field", ["LEEF:1.0|a", "app:", "{x}", '"x"', "[x]", "x" * 1024])
def test_in_a_whole_header_a_field_may_look_like_anything(field: str) -> None:
    event = parse(f"<165>1 {STAMP} {field} {field} {field} {field} - text")
    assert event.body == "text"
    assert fields(event) == {**dict.fromkeys(HEADER, field), "version": 1}


@pytest.mark.parametrize("count", range(5))
def test_a_header_that_ends_early_is_nil_from_there(count: int) -> None:
    event = parse(" ".join([f"<165>1 {STAMP}", *["h", "a", "p", "m"][:count]]))
    assert fields(event) == dict(list(HEADER.items())[: count + 1])
    assert event.body == ""


@pytest.mark.parametrize(
    "data",
    ["[Mon Dec 05 19:14:11 2005] [notice] text", '[a b="c" text', "[", "[]", '[a b="c"][d text'],
)
def test_structured_data_that_cannot_be_read_stays_in_the_body(data: str) -> None:
    event = parse(f"{START} {data}")
    assert event.body == data
    assert fields(event) == {**HEADER, FLAGS_KEY: ["bad_structured_data"]}


def test_guesses_at_structured_data_are_said() -> None:
    event = parse(
        "<134>1 2018-03-21 17:25:25 MDS-72 CheckPoint 13752 - "
        '[action:"Update"; flags:"150784"; loguid:"{0x5ab27965,0x0}"; ]'
    )
    assert event.attributes[FLAGS_KEY] == ["lenient_structured_data"]
    assert event.attributes[SD + "flags"] == "150784"
    assert event.attributes["syslog.proc_id"] == "13752"


def test_an_sd_id_that_comes_twice_is_said() -> None:
    event = parse(START + ' [a b="1"][a b="2"] text')
    assert event.attributes[SD + "a.b"] == ["1", "2"]
    assert event.attributes[FLAGS_KEY] == ["duplicate_sd_id"]


def test_events_share_no_list() -> None:
    first, second = Parser().parse([START + ' [a b="1" b="2"] text'] * 2, NOW)
    assert first.attributes[SD + "a.b"] is not second.attributes[SD + "a.b"]


@pytest.mark.parametrize("version", [1, 2, 10, 999])
def test_versions(version: int) -> None:
    event = parse(f"<14>{version} {STAMP} h a p m - text")
    assert fields(event) == {**HEADER, "version": version}


@pytest.mark.parametrize("version", ["0", "1000", "01", "x", "-1"])
def test_what_is_no_version_is_not_of_this_format(version: str) -> None:
    line = f"{version} {STAMP} h a p m - text"
    event = parse(f"<14>{line}")
    assert event.body == line
    assert fields(event) == {}


@pytest.mark.parametrize("line", ["\ufeff<165>{}", "<165>\ufeff{}", "\ufeff<165>\ufeff{}"])
def test_a_bom_around_the_pri_is_stripped(line: str) -> None:
    event = parse(line.format(f"1 {STAMP} h a p m - text"))
    assert fields(event) == HEADER
    assert event.body == "text"


def test_without_a_pri_the_version_needs_a_date() -> None:
    event = parse(f"1 {STAMP} h a p m - text")
    assert fields(event) == {**HEADER, FLAGS_KEY: ["missing_pri"]}
    assert parse("1 - a list").body == "1 - a list"


def test_a_value_that_changes_with_each_message_is_read_each_time() -> None:
    parser = Parser()
    lines = [f'{START} [meta sequenceId="{n}" x="\\]"][y z="{n}"] text' for n in range(20)]
    for n, event in enumerate(parser.parse(lines, NOW)):
        assert event.attributes[SD + "meta.sequenceId"] == str(n)
        assert event.attributes[SD + "meta.x"] == "]"
        assert event.attributes[SD + "y.z"] == str(n)
