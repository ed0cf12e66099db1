"""Fluent clients of others: the libraries for Python and Node, and Fluent Bit where it is."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fluent import asyncsender, sender

from tests.system.clients import client
from tests.system.collecting import QUICK, Collector, collector
from tests.system.network import free_port
from tests.system.process import running
from tests.system.sandbox import Sandbox, sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_HERE = Path(__file__).parent
#: Where `.ci/run` puts the packages of `node/package.json`.
_MODULES = Path(os.environ.get("NODE_CLIENTS") or _HERE.parents[1] / ".cache/node/node_modules")
_KEY, _USER = "canary-key", {"username": "alice", "password": "canary-word"}
_NUMBER = 100


class Forwarding(NamedTuple):
    """A collector that is forwarded to, with a key on one port and without on another."""

    source: Collector
    destination: Sandbox
    port: int
    secured: int

    def arrived(self, name: str, number: int = _NUMBER) -> list[dict[str, Any]]:
        """The events, of which there must be no more."""
        found = self.destination.arrived(name, number)
        assert [e["content"] for e in found] == [f"{name} {n:04d}" for n in range(number)]
        return found


@pytest.fixture(scope="module")
def forwarding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forwarding]:
    directory, secured = tmp_path_factory.mktemp("forwarding"), free_port()
    with sandbox(directory) as destination:

        def configure(port: int, data_dir: Path) -> str:
            security = {"shared_key": ["older-key", _KEY], "users": [_USER]}
            receivers = {
                "fluent_forward": {"endpoint": f"127.0.0.1:{port}"},
                "fluent_forward/secured": {
                    "endpoint": f"127.0.0.1:{secured}",
                    "security": security,
                },
            }
            logs = {"receivers": list(receivers), "exporters": ["dynatrace"]}
            said = {
                "receivers": receivers,
                "exporters": {"dynatrace": {**QUICK, "endpoint": destination.url}},
                "service": {"data_dir": str(data_dir), "pipelines": {"logs": logs}},
            }
            return json.dumps(said)

        with collector(directory, configure) as source:
            yield Forwarding(source, destination, source.port, secured)
            assert "canary" not in source.log


@pytest.mark.parametrize("precise", [False, True])
def test_python(forwarding: Forwarding, precise: bool) -> None:  # noqa: FBT001 a parameter of pytest
    name = f"python precise={precise}"
    with closing(
        sender.FluentSender(
            "app", host="127.0.0.1", port=forwarding.port, nanosecond_precision=precise
        )
    ) as client:
        for number in range(_NUMBER):
            assert client.emit("web", {"message": f"{name} {number:04d}", "n": number})
    for number, event in enumerate(forwarding.arrived(name)):
        assert (event["fluent.tag"], event["n"]) == ("app.web", number)
        assert event["dt.ingest.source.ip"] == "127.0.0.1"


def test_python_in_another_thread_with_times_as_numbers(forwarding: Forwarding) -> None:
    name = "python async"
    with closing(asyncsender.FluentSender("app", host="127.0.0.1", port=forwarding.port)) as client:
        for number in range(_NUMBER):
            client.emit_with_time("web", 1_900_000_000.25, {"message": f"{name} {number:04d}"})
    forwarding.arrived(name)


@pytest.mark.parametrize(
    ("library", "mode"),
    [
        ("@fluent-org/logger", "Message"),
        ("@fluent-org/logger", "Forward"),
        ("@fluent-org/logger", "PackedForward"),
        ("@fluent-org/logger", "CompressedPackedForward"),
        ("fluent-logger", "Message"),
        ("fluent-logger", "PackedForward"),
        ("fluent-logger", "CompressedPackedForward"),
    ],
)
@pytest.mark.parametrize("secured", [False, True])
def test_node(forwarding: Forwarding, library: str, mode: str, secured: bool) -> None:  # noqa: FBT001 as above
    if not (_MODULES / library).is_dir():
        pytest.skip(f"{library} is not installed in {_MODULES}; .ci/run does it")
    name = f"{library} {mode} secured={secured}"
    security = {"clientHostname": "client", "sharedKey": _KEY, **_USER}
    port = forwarding.secured if secured else forwarding.port
    said = [library, mode, str(port), name, str(_NUMBER)]
    if secured:
        said.append(json.dumps(security))
    done = subprocess.run(
        [client("node"), _HERE / "node/send.js", *said],
        env={**os.environ, "NODE_PATH": str(_MODULES)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for number, event in enumerate(forwarding.arrived(name)):
        assert (event["fluent.tag"], event["größe"]) == ("node.app", number)
        assert event.get("fluent.client.user") == ("alice" if secured else None)


@pytest.mark.parametrize("secured", [False, True])
@pytest.mark.parametrize("compress", ["", "gzip"])
@pytest.mark.parametrize("metadata", ["on", "off"])
def test_fluent_bit(
    forwarding: Forwarding,
    tmp_path: Path,
    compress: str,
    metadata: str,
    secured: bool,  # noqa: FBT001 as above
) -> None:
    program = client("fluent-bit", "/opt/fluent-bit/bin/fluent-bit")
    name = f"fluent-bit {compress} {metadata} secured={secured}"
    port = forwarding.secured if secured else forwarding.port
    output = {
        "match": "*",
        "host": "127.0.0.1",
        "port": port,
        "require_ack_response": "on",
        "retain_metadata_in_forward_mode": metadata,
        **({"compress": compress} if compress else {}),
    }
    if secured:
        output |= {"shared_key": _KEY, **_USER}
    arguments = [f"-p{key}={value}" for key, value in output.items()]
    record = json.dumps({"message": f"{name} 0000"})
    dummy = ["-i", "dummy", f"-pdummy={record}"]
    command = (program, *dummy, "-psamples=1", "-o", "forward", *arguments)
    with running(command, tmp_path / "fluent-bit"):
        forwarding.arrived(name, 1)


def test_a_client_with_the_wrong_key_is_named(forwarding: Forwarding) -> None:
    if not (_MODULES / "fluent-logger").is_dir():
        pytest.skip(f"fluent-logger is not installed in {_MODULES}; .ci/run does it")
    security = {"clientHostname": "client", "sharedKey": "wrong", **_USER}
    said = ["fluent-logger", "Message", str(forwarding.secured), "wrong", "1", json.dumps(security)]
    subprocess.run(
        [client("node"), _HERE / "node/send.js", *said],
        env={**os.environ, "NODE_PATH": str(_MODULES)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    eventually(lambda: "127.0.0.1 was not let in: shared_key mismatch" in forwarding.source.log)
