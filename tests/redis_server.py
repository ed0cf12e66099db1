"""A real Redis, behind a UNIX socket, for as long as a test wants it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as NotThere

from tests.system.clients import client
from tests.system.process import running
from tests.system.waiting import eventually


@contextmanager
def redis_server(directory: Path) -> Iterator[str]:
    """Its URL. Skips the test where there is no server; `.ci/run` says where it has put one."""
    program = client("redis-server", os.environ.get("REDIS_SERVER") or "redis-server")
    sock = directory / "redis.sock"
    options = ("--port", "0", "--unixsocket", sock, "--save", "", "--dir", directory)
    url = f"unix://{sock}"
    with running((program, *options), directory / "redis") as process, Redis.from_url(url) as redis:

        def answers() -> bool:
            try:
                return redis.ping() is True
            except NotThere:
                assert process.alive, process.stdout
                return False

        eventually(answers)
        yield url
