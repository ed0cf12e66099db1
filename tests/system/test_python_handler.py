"""Python's `logging.handlers.SysLogHandler`: over UDP, and over TCP, which it frames with NUL."""

from __future__ import annotations

import logging
import socket
import time
from contextlib import closing
from logging.handlers import SysLogHandler

import pytest

from tests.system.clients import check, check_times, each_host
from tests.system.way import Way

pytestmark = pytest.mark.system

_KINDS = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}
_NUMBER = 100


def _handler(way: Way, host: str, kind: str) -> SysLogHandler:
    facility = SysLogHandler.LOG_LOCAL1
    handler = SysLogHandler((host, way.port), facility, socktype=_KINDS[kind])
    assert handler.append_nul
    return handler


@each_host()
@pytest.mark.parametrize("kind", _KINDS)
def test_every_message_arrives(way: Way, host: str, kind: str) -> None:
    name, since = f"handler {kind} {host}", time.time()
    texts = [f"{name} größe {number:04d}" for number in range(_NUMBER)]
    with closing(_handler(way, host, kind)) as handler:
        for text in texts:
            handler.handle(logging.LogRecord("n", logging.WARNING, "", 1, text, None, None))

    events = way.sandbox.arrived(name, _NUMBER)
    assert [event["content"] for event in events] == texts
    check(events, loglevel="WARN", syslog__facility=17, syslog__severity=4, net__transport=kind)
    check(events, dt__ingest__source__ip=host, syslog__hostname=host, syslog__appname=None)
    check(events, syslog__hostname_source="peer")
    check_times(events, since)


@pytest.mark.parametrize("kind", _KINDS)
def test_a_tag_before_the_message_is_its_application(way: Way, kind: str) -> None:
    with closing(_handler(way, "127.0.0.1", kind)) as handler:
        handler.ident = "shop[12]: "
        text = f"handler's tag over {kind}"
        handler.handle(logging.LogRecord("n", logging.CRITICAL, "", 1, text, None, None))
    events = way.sandbox.arrived(text, 1)
    assert [event["content"] for event in events] == [text]
    check(events, loglevel="CRITICAL", syslog__appname="shop", syslog__proc_id="12")
