"""The pair of processes that most system tests share, and a time limit for each test."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import NoReturn

import pytest

from tests.system.sandbox import SPARES
from tests.system.way import Way, a_way

#: Seconds for one test, the fixtures that it is the first to need included.
_LIMIT = 120


@pytest.fixture(scope="session", autouse=True)
def _signals() -> Iterator[None]:
    """What waits for ever is interrupted, and whoever ends pytest ends our processes too.

    The processes that we start ignore what we ignore: SIGINT must not be that.
    """

    def late(*_: object) -> NoReturn:
        raise TimeoutError(f"the test took more than {_LIMIT} s")

    def ended(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    handlers = {signal.SIGALRM: late, signal.SIGTERM: ended}
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # of a job in the background of a shell
        signal.signal(signal.SIGINT, signal.default_int_handler)
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def _time_limit(_signals: None) -> Iterator[None]:
    signal.alarm(_LIMIT)
    yield
    signal.alarm(0)


@pytest.fixture(scope="session", autouse=True)
def _spares(_signals: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with SPARES.kept(tmp_path_factory.mktemp("spares")):
        yield


@pytest.fixture(scope="session")
def way(_spares: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    """The shared pair, on both families. Tests tell their events by their texts."""
    with a_way(tmp_path_factory.mktemp("way")) as pair:
        yield pair
