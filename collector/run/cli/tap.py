"""`collector tap`: what passes a component of a running collector, as it passes."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import sys
from typing import Any
from urllib.parse import urlencode

from ...command import Command
from ..control_client import ControlClient, ControlError
from ..redactor import printable
from ..taps import MOST_RATE, RATE
from ..unix_socket import SOCKET_NAME
from .place import Place, PlaceError

_OK = 200
#: Seconds between two questions.
_EVERY = 0.25


class TapCommand(Command):
    """Print events as they pass a component of a running collector, a line of JSON each.

    Of a receiver, processor or connector it shows what it hands on, of an exporter what it is
    given. Where several components have the same ID, say receiver:ID or exporter:ID. It goes on
    until it is interrupted, and says on standard error how many events it has left out.

    examples:
      collector tap collector.yaml syslog
      collector tap collector.yaml syslog --where 'log.severity_number >= 17' --limit 10
    """

    help = "print events as they pass a component of a running collector"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument(
            "place", metavar="PLACE", help="the configuration file, or the data directory"
        )
        parser.add_argument("id", metavar="ID", help="a component, as `collector status` shows it")
        parser.add_argument(
            "--where", metavar="OTTL", default="", help="only those for which this is true"
        )
        parser.add_argument("--limit", metavar="N", type=_number, help="end after so many events")
        parser.add_argument(
            "--rate",
            metavar="N",
            type=_number,
            default=RATE,
            help=f"events a second that are shown at most: {RATE} unless said, {MOST_RATE} at most",
        )

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        try:
            client = ControlClient(Place.of(arguments.place).data_dir / SOCKET_NAME)
            return await _shown(client, _question(arguments), arguments.limit)
        except BrokenPipeError:  # whoever reads has enough, and nothing else may be written
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except (PlaceError, ControlError) as e:
            _complain(str(e))
            return 1


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _question(arguments: argparse.Namespace) -> str:
    asked = {"edge": arguments.id, "where": arguments.where, "rate": arguments.rate}
    return f"/tap?{urlencode({'id': secrets.token_hex(8), **asked})}"


async def _shown(client: ControlClient, question: str, limit: int | None) -> int:
    """Ask and print until `limit` events were shown; the exit code."""
    shown = 0
    while limit is None or shown < limit:
        code, body = client.get(question)
        if code != _OK:
            _complain(body.decode(errors="replace"))
            return 1
        said = json.loads(body)
        lines = said["events"][: None if limit is None else limit - shown]
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
        shown += len(lines)
        if said["left_out"]:
            _complain(f"{said['left_out']:,} events left out")
        if limit is None or shown < limit:
            await asyncio.sleep(_EVERY)
    return 0


def _complain(text: str) -> None:
    for line in text.splitlines():
        sys.stderr.write(f"{printable(line)}\n")
