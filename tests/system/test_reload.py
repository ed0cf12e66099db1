"""A new configuration under load: nobody is refused, nothing is lost, connections live on."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.system.collecting import Account
from tests.system.network import connected, lines, send_datagrams, texts
from tests.system.process import PYTHON, finished
from tests.system.waiting import eventually
from tests.system.way import Way, a_way

pytestmark = pytest.mark.system
#: `COLLECTOR_RELOADS=20` for a longer look.
_RELOADS = int(os.environ.get("COLLECTOR_RELOADS", "3"))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    """One worker."""
    with a_way(tmp_path_factory.mktemp("reload")) as found:
        yield found


def _config(way: Way) -> Path:
    found = re.search(r" with (\S+collector\.yaml) started", way.collector.log)
    assert found is not None
    return Path(found[1])


def _reload(way: Way, directory: Path) -> tuple[int, str, str]:
    return finished((*PYTHON, "reload", _config(way)), directory)


def _settled(way: Way) -> None:
    """Until the old workers have ended."""
    eventually(lambda: len(way.collector.worker_pids()) == 1)


class _Load(threading.Thread):
    """Lines of one connection that never ends, connections of one line, and datagrams."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._port = port
        self.over = threading.Event()
        self.sent = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        """Until it is over."""
        try:
            with closing(connected(self._port)) as lasting:
                while not self.over.wait(0.002):
                    self._send(lasting)
        except OSError as e:
            self.error = e

    def _send(self, lasting: socket.socket) -> None:
        n, self.sent = self.sent, self.sent + 1
        whole = lines("lasting", [n])
        lasting.sendall(whole[: n % len(whole)])  # in the middle of a frame, mostly
        with closing(connected(self._port)) as short:
            short.sendall(lines("short", [n]))
        send_datagrams(self._port, [lines("datagram", [n]).rstrip()])
        lasting.sendall(whole[n % len(whole) :])


def test_nothing_is_lost_over_reloads_under_load(loaded: Way, tmp_path: Path) -> None:
    load = _Load(loaded.port)
    load.start()
    for _ in range(_RELOADS - 1):
        assert loaded.collector.ask("/reload", "POST")[0] == 200
    assert _reload(loaded, tmp_path) == (0, "reloaded, workers: 1\n", "")
    _settled(loaded)
    load.over.set()
    load.join()
    assert load.error is None
    for name in ("lasting", "short", "datagram"):
        expected = texts(name, range(load.sent))
        assert sorted(loaded.sandbox.contents(f"{name}-", load.sent)) == expected, name
    metrics = loaded.collector.metrics()
    assert metrics("receiver_flagged_log_records") == 0
    account = loaded.collector.settled()
    assert account.taken == 3 * load.sent
    assert account.dropped == 0


def test_a_bad_file_changes_nothing_and_is_said_with_its_place(loaded: Way, tmp_path: Path) -> None:
    config, before = _config(loaded), loaded.collector.worker_pids()
    good = config.read_text()
    config.write_text(good.replace('"exporters": {', '"exportes": {', 1))
    try:
        code, output, errors = _reload(loaded, tmp_path)
        assert (code, output) == (1, "")
        assert re.search(r"collector\.yaml:\d+:\d+: error: unknown key exportes", errors)
        code, _, errors = finished(
            (*PYTHON, "reload", "--data-dir", loaded.collector.data_dir), tmp_path
        )
        assert code == 1
        assert re.search(r"collector\.yaml:\d+:\d+: error: unknown key exportes", errors)
        loaded.collector.process.send(signal.SIGHUP)
        eventually(lambda: loaded.collector.log.count("not reloaded: ") == 2)
    finally:
        config.write_text(good)
    assert loaded.collector.worker_pids() == before


def test_a_port_that_is_taken_changes_nothing(loaded: Way, tmp_path: Path) -> None:
    config, before = _config(loaded), loaded.collector.worker_pids()
    good = config.read_text()
    with socket.create_server(("127.0.0.1", 0)) as other:
        said = json.loads(good)
        said["receivers"]["syslog"]["tcp"]["endpoint"] = f"127.0.0.1:{other.getsockname()[1]}"
        config.write_text(json.dumps(said, indent=1))
        code, _, errors = _reload(loaded, tmp_path)
    config.write_text(good)
    assert code == 1
    assert "another process has this port" in errors
    assert loaded.collector.worker_pids() == before
    connected(loaded.port).close()


def test_more_workers_and_a_new_port_are_there_after_a_hang_up(loaded: Way) -> None:
    config = _config(loaded)
    said = json.loads(config.read_text())
    said["service"]["workers"] = 2
    config.write_text(json.dumps(said, indent=1))
    loaded.collector.process.send(signal.SIGHUP)
    eventually(lambda: "workers: 2" in loaded.collector.log)
    eventually(lambda: len(loaded.collector.worker_pids()) == 2)
    for n in range(10):
        with closing(connected(loaded.port)) as sock:
            sock.sendall(lines("after", [n]))
    assert loaded.sandbox.contents("after-", 10) == texts("after", range(10))
    assert Account(loaded.collector.metrics(), "dynatrace").balanced


def test_a_stop_in_the_middle_of_a_reload_ends_both(loaded: Way) -> None:
    """The last here: it takes the collector along."""
    process, before = loaded.collector.process, loaded.collector.log
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    workers = len(children.read_text().split())
    process.send(signal.SIGHUP)
    eventually(lambda: len(children.read_text().split()) > workers)
    assert process.stop() == 0
    said = loaded.collector.log.removeprefix(before)
    assert "not reloaded: the collector stops" in said
    assert "ERROR" not in said, said
    with pytest.raises(ProcessLookupError):  # there is nobody left
        os.killpg(process.pid, 0)
