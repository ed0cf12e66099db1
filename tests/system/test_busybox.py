"""busybox: its logger, and its syslogd as a relay over UDP."""

from __future__ import annotations

import pytest

from tests.system.clients import check, client
from tests.system.namespace import in_own_dev
from tests.system.way import Way

pytestmark = pytest.mark.system

_NUMBER = 30
#: $1 is busybox, $2 the collector's port, $3 a file for its log, $4 a text, $5 how many. What it
#: has written to its log it has forwarded before.
_RELAY = """
"$1" syslogd -n -R "127.0.0.1:$2" -L -O "$3" &
relay=$!
while [ ! -S /dev/log ]; do "$1" usleep 5000; done
number=0
while [ "$number" -lt "$5" ]; do
    "$1" logger -t app -p local1.err "$4 $((1000 + number))"
    number=$((number + 1))
done
while ! grep -q "$4 $((999 + number))" "$3"; do "$1" usleep 5000; done
kill "$relay"
wait "$relay" || true
"""


def test_its_syslogd_forwards_what_its_logger_writes(way: Way, tmp_path: object) -> None:
    name = "busybox relays"
    in_own_dev(_RELAY, client("busybox"), way.port, f"{tmp_path}/messages", name, _NUMBER)
    events = way.sandbox.arrived(name, _NUMBER)
    assert [event["content"] for event in events] == [f"{name} {1000 + n}" for n in range(_NUMBER)]
    check(events, loglevel="ERROR", syslog__facility=17, syslog__appname="app")
    check(events, net__transport="udp")
