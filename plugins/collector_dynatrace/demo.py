"""`collector demo`: the sandbox and a collector that sends to it, on one terminal."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from typing import Any

import orjson

from collector.api import Command, ListenError, wait

from .sandbox.server import Sandbox

_HOST, _PORT = "127.0.0.1", 9999
_STARTED = b" started, pid "
_PASTE = """
Paste one of these into another terminal:

  logger --udp -n 127.0.0.1 -P 5514 --rfc5424 -t demo "hello over UDP"
  logger --tcp -n 127.0.0.1 -P 5514 --rfc5424 -t demo "hello over TCP"
  curl -s http://127.0.0.1:9999/sandbox/events

What the sandbox accepts appears below. Ctrl-C ends it.

"""


class DemoCommand(Command):
    """Run a local ingest sandbox and a collector, and print each event that arrives."""

    help = "try it: a local sandbox, a collector, and each event as it arrives"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument(
            "config", metavar="FILE", help="a configuration that sends to the sandbox"
        )

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        sandbox = Sandbox(reactor, on_accept=_show)
        try:
            sandbox.start(_HOST, _PORT)
        except ListenError as e:
            sys.stderr.write(f"{e}\n")
            return 1
        try:
            return await _collect(arguments.config)
        finally:
            await wait(sandbox.stop())


async def _collect(config: str) -> int:
    """Run a collector as a child until we are cancelled or it ends; returns its exit code."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "collector",
        "run",
        config,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us; the child is told once, by us
    )
    relay = asyncio.ensure_future(_relay(child))
    try:
        code = await child.wait()
        await relay
    except asyncio.CancelledError:
        if child.returncode is None:
            child.send_signal(signal.SIGTERM)
        await child.wait()
        await relay
        raise
    return code


async def _relay(child: asyncio.subprocess.Process) -> None:
    """The child's log onto our standard error; the hints once it has started."""
    assert child.stderr is not None
    async for line in child.stderr:
        sys.stderr.buffer.write(line)
        sys.stderr.flush()
        if _STARTED in line:
            sys.stdout.write(_PASTE)
            sys.stdout.flush()


def _show(texts: Sequence[bytes]) -> None:
    """One accepted event a line."""
    sys.stdout.writelines(f"{_line(orjson.loads(text))}\n" for text in texts)
    sys.stdout.flush()


def _line(event: dict[str, Any]) -> str:
    said = (
        event.get(key) for key in ("timestamp", "loglevel", "syslog.hostname", "syslog.appname")
    )
    head = " ".join(str(part) for part in said if part)
    return _printable(f"{head}: {event.get('content')}")


def _printable(text: str) -> str:
    """Device text must not steer the terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
