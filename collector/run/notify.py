"""What systemd is told of a service that it has started: sd_notify(3)."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress


def notify(*states: str) -> None:
    """Say `READY=1`, `STATUS=...` and the like, where somebody listens; nobody may."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place.startswith(("/", "@")):
        return
    address = f"\0{place[1:]}" if place.startswith("@") else place
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.sendto("\n".join(states).encode(), address)


def reloading() -> tuple[str, str]:
    """The states that say so; systemd wants to know since when."""
    return "RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}"
