"""`collector sandbox`: the sandbox on a terminal."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

from collector.api import Command, ListenError, shown_endpoint, wait

from ..ingest.answer import Style
from ..ingest.record import PROFILES
from ..ingest.request import Rules
from .options import SandboxOptions
from .server import Sandbox
from .tls import PemFiles


class SandboxCommand(Command):
    """A local ingest endpoint that checks what Dynatrace checks. Runs until it is interrupted.

    example: collector sandbox --port 9999
    """

    help = "a local log ingest endpoint that checks what Dynatrace checks, to send to while trying"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        add("--port", type=int, default=9999, help="port to listen on (default: %(default)s)")
        add("--token", action="append", default=[], metavar="TOKEN", help=_SENDER)
        add("--token-without-scope", action="append", default=[], metavar="TOKEN", help=_UNSCOPED)
        add("--profile", choices=sorted(PROFILES), default="grail-raw", help=_PROFILE)
        add("--trim-status", type=int, choices=(204, 200), default=204, help=_TRIM)
        add("--stale-mode", choices=("partial", "any"), default="partial", help=_STALE)
        add("--success-key", choices=("details", "success"), default="details", help=_KEY)
        add("--tls-cert", type=Path, metavar="PEM", help="serve https with this certificate")
        add("--tls-key", type=Path, metavar="PEM", help="its key, unless it is in the same file")

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        try:
            certificate, key = arguments.tls_cert, arguments.tls_key
            tls = PemFiles(certificate, key) if certificate else None
            sandbox = Sandbox(reactor, options_of(arguments), tls=tls)
            port = sandbox.start(arguments.host, arguments.port)
        except (ListenError, ValueError) as e:
            sys.stderr.write(f"collector: {e}\n")
            return 1
        endpoint = shown_endpoint(arguments.host, port)
        scheme = "https" if tls else "http"
        sys.stdout.write(f"The sandbox takes logs at {scheme}://{endpoint}\n")
        sys.stdout.flush()
        try:
            await asyncio.get_running_loop().create_future()  # until the command is cancelled
        finally:
            await wait(sandbox.stop())
        return 0


def options_of(arguments: argparse.Namespace) -> SandboxOptions:
    """The options that a command line says."""
    return SandboxOptions(
        tokens=frozenset(arguments.token),
        unscoped=frozenset(arguments.token_without_scope),
        rules=Rules(PROFILES[arguments.profile], stale=arguments.stale_mode),
        style=Style(arguments.success_key, arguments.trim_status),
    )


_SENDER = "a token that may send (repeatable; default: every one of the right form)"
_UNSCOPED = "a token that is known but may not send: 403 (repeatable)"
_PROFILE = "which Dynatrace to be: limits and data model (default: %(default)s)"
_TRIM = "the status when events were only trimmed (default: %(default)s)"
_STALE = "what one event older than 24 h does: 200 with a count, or 400 for all"
_KEY = "the top key of the body of a 200 (default: %(default)s)"
