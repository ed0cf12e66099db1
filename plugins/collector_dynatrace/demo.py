"""`collector demo`: the sandbox and a collector that sends to it, on one terminal."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from collector.api import Command, ListenError, wait

from .sandbox.server import Sandbox

_HOST, _PORT = "127.0.0.1", 9999
_STARTED = b" started, pid "
#: Characters of a line that are shown.
_LONGEST = 300
_PR_SET_PDEATHSIG = 1  # prctl(2)
_PASTE = """
Paste one of these into another terminal:

  logger --udp -n 127.0.0.1 -P 5514 --rfc5424 -t demo "hello over UDP"
  logger --tcp -n 127.0.0.1 -P 5514 --rfc5424 -t demo "hello over TCP"
  curl -s http://127.0.0.1:8088 -d '{"message": "hello over HTTP"}'
  curl -s http://127.0.0.1:9999/sandbox/events

What the sandbox accepts appears below. Ctrl-C ends it.

"""


class DemoCommand(Command):
    """Run a local ingest sandbox and a collector, and print each event that arrives.

    example: collector demo conf/quickstart.yaml
    """

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
            sys.stderr.write(_ended(await _collect(arguments.config)))
            return 1
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
        preexec_fn=_with_us(),
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


def _with_us() -> Callable[[], None] | None:
    """For the child to call before it becomes the collector: it ends when we are killed.

    Linux tells it so; elsewhere there is nothing to call.
    """
    if sys.platform != "linux":
        return None
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl  # found before the fork
    except (OSError, AttributeError):
        return None
    parent = os.getpid()

    def set_death_signal() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # we were killed in between
            os._exit(1)

    return set_death_signal


def _ended(code: int) -> str:
    """One sentence on how the child ended by itself."""
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f"The collector {how}.\n"


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
    host = event.get("syslog.hostname") or event.get("dt.ingest.source.ip")
    said = (event.get("timestamp"), event.get("loglevel"), host, event.get("syslog.appname"))
    head = " ".join(str(part) for part in said if part)
    return _shortened(_printable(f"{head}: {event.get('content')}"))


def _printable(text: str) -> str:
    """Device text must not steer the terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
