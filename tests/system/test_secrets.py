"""A canary in every place of a configuration that can hold a secret: none sings anywhere."""

from __future__ import annotations

import base64
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.collector.outputs.authority import Authority
from tests.metrics_page import ROOT
from tests.system import faulty
from tests.system.collecting import Collector
from tests.system.network import connected, free_port, send_stream
from tests.system.process import PYTHON, finished, running
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_WHERE = ("proxy", "header", "shared", "user", "admin", "sender", "file", "hash", "raised", "env")
#: By the place: 36 characters, of which nobody else has any.
_CANARIES = {name: f"CANARY{name.upper()}".ljust(36, "Q") for name in _WHERE}
_TOKENS = {name: f"dt0c01.{'P' * 24}.{f'CANARY{name}'.upper().ljust(64, 'Q')}" for name in "AB"}


#: What a device may say of them.
_EVERY = " ".join((*_CANARIES.values(), *_TOKENS.values()))


class _Echo(BaseHTTPRequestHandler):
    """A server, or a proxy, that refuses all and tells everybody what it was asked."""

    def do_POST(self) -> None:
        """Called by http.server."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        said = json.dumps({"error": {"message": f"{self.path} {self.headers}"}}).encode()
        self.send_response(400)
        self.send_header("Content-Length", str(len(said)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(said)

    do_CONNECT = do_POST  # noqa: N815 as its base has it

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 as its base has it
        """Nothing."""


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    """The port of one."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


class _Ports(NamedTuple):
    syslog: int
    http: int
    forward: int
    admin: int


def _configuration(home: Path, ports: _Ports, echo: int) -> str:
    key = home / "server.pem"
    key.write_bytes(Authority().issue())
    (home / "token").write_text(_TOKENS["B"])
    (home / "senders").write_text(_CANARIES["file"])
    (home / "shared").write_text(_CANARIES["shared"])
    quick = {"batch": {"max_age": "50ms"}, "retry": {"initial_interval": "50ms"}}
    at = f"http://127.0.0.1:{echo}"
    proxy = f"http://user:{_CANARIES['proxy']}@127.0.0.1:{echo}"
    users = [{"username": "u", "password": _CANARIES["user"]}]
    exporters = {
        "dynatrace/env": {"endpoint": at, "api_token": "${env:CANARY_TOKEN}", **quick},
        "dynatrace/file": {"endpoint": at, "api_token_file": str(home / "token"), **quick},
        "dynatrace/proxy": {
            "endpoint": "https://dynatrace.example",
            "api_token": "${env:CANARY_TOKEN}",
            "proxy": proxy,
            **quick,
        },
        "otlp_http": {
            "endpoint": at,
            "headers": {"Authorization": f"Bearer {_CANARIES['header']}", "x-key": "${env:X_KEY}"},
            **quick,
        },
    }
    tells = faulty.id_of(faulty.Tells)
    said = {
        "receivers": {
            "syslog": {"tcp": {"endpoint": f"127.0.0.1:{ports.syslog}"}},
            "http": {
                "endpoint": f"127.0.0.1:{ports.http}",
                "tls": {"cert_file": str(key)},
                "tokens": [_CANARIES["sender"]],
                "token_files": [str(home / "senders")],
            },
            "fluent_forward": {
                "endpoint": f"127.0.0.1:{ports.forward}",
                "security": {"shared_key": f"${{file:{home / 'shared'}}}", "users": users},
            },
            tells: faulty.keys_of(faulty.Tells, password=_CANARIES["raised"]),
        },
        "processors": {
            "redact": {"detectors": ["email"], "action": "hash", "hash_key": _CANARIES["hash"]}
        },
        "exporters": exporters,
        "service": {
            "data_dir": str(home / "data"),
            "shutdown_timeout": "3s",
            "log": {"level": "debug"},
            "admin": {"endpoint": f"127.0.0.1:{ports.admin}", "token": _CANARIES["admin"]},
            "pipelines": {
                "logs": {
                    "receivers": ["syslog", "http", "fluent_forward", tells],
                    "processors": ["redact"],
                    "exporters": list(exporters),
                }
            },
        },
    }
    return json.dumps(said)


class _Running(NamedTuple):
    collector: Collector
    ports: _Ports
    home: Path
    config: Path

    def ask(self, path: str) -> str:
        """An answer of the admin endpoint."""
        url = f"http://127.0.0.1:{self.ports.admin}{path}"
        headers = {"Authorization": f"Bearer {_CANARIES['admin']}"}
        request = urllib.request.Request(url, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 as above
                return str(answer.read().decode())
        except urllib.error.HTTPError as e:
            return e.read().decode()

    def run(self, *words: object) -> str:
        """What a command says."""
        _, out, err = finished((*PYTHON, *words), self.home / "command", **_ENVIRONMENT)
        return out + err


_ENVIRONMENT = {
    "CANARY_TOKEN": _TOKENS["A"],
    "X_KEY": _CANARIES["env"],
    "PYTHONPATH": str(ROOT),
}


@pytest.fixture(scope="module")
def canaries(tmp_path_factory: pytest.TempPathFactory, echo: int) -> Iterator[_Running]:
    """A collector that has met every secret, and some that are wrong, of every kind of peer."""
    home = tmp_path_factory.mktemp("secrets")
    ports = _Ports(*(free_port() for _ in _Ports._fields))
    config = home / "collector.yaml"
    config.write_text(_configuration(home, ports, echo))
    with running((*PYTHON, "run", config), home, _ENVIRONMENT) as process:
        eventually(lambda: " started, pid " in process.stderr or not process.alive)
        assert process.alive, process.stderr
        found = _Running(Collector(process, ports.syslog, home / "data"), ports, home, config)
        _provoke(found)
        yield found


def _provoke(found: _Running) -> None:
    send_stream(found.ports.syslog, f"<134>1 - host app - - - said {_EVERY}\n".encode())
    for port in (found.ports.http, found.ports.forward):
        with closing(connected(port)) as peer, suppress(OSError):
            peer.sendall(f"GET /?api-token={_CANARIES['sender']} HTTP/1.1\r\n\r\n".encode())
            peer.shutdown(socket.SHUT_WR)
            peer.recv(4096)
    count = found.collector.metrics
    for exporter in ("dynatrace/env", "dynatrace/file", "dynatrace/proxy", "otlp_http"):
        eventually(lambda id=exporter: count()("exporter_requests", exporter=id))  # type: ignore[misc]
    eventually(lambda: "may enter" in found.collector.log)


def _forms(secret: str) -> Iterator[str]:
    """As it is, and as headers have it."""
    yield secret
    yield secret.lower()
    for pair in (secret, f"user:{secret}", f"u:{secret}"):
        yield base64.b64encode(pair.encode()).decode().rstrip("=")


def _sung(text: str) -> list[str]:
    """The places whose canary is in a text."""
    secrets = {**_CANARIES, **_TOKENS}
    return [name for name, secret in secrets.items() if any(f in text for f in _forms(secret))]


def test_the_canaries_would_be_heard() -> None:
    assert _sung(f"a {_CANARIES['proxy']} b") == ["proxy"]
    assert _sung(base64.b64encode(f"user:{_CANARIES['proxy']}".encode()).decode()) == ["proxy"]


def test_the_log_is_silent_at_debug_level_with_tracebacks(canaries: _Running) -> None:
    log = canaries.collector.log
    assert "Traceback" in log
    assert "DEBUG" in log
    assert _sung(log) == []


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/status",
        "/healthz",
        "/readyz",
        "/tables",
        "/history",
        "/config",
        "/letters",
        "/",
    ],
)
def test_the_admin_endpoint_is_silent(canaries: _Running, path: str) -> None:
    answer = canaries.ask(path)
    assert "There is nothing here" not in answer
    assert _sung(answer) == []


@pytest.mark.parametrize("path", ["/metrics", "/status", "/healthz", "/tables", "/queue"])
def test_the_control_socket_is_silent(canaries: _Running, path: str) -> None:
    assert _sung(canaries.collector.ask(path)[1]) == []


def test_dead_letters_have_the_server_s_words_and_no_secret(
    canaries: _Running,
) -> None:
    shown = canaries.run("deadletter", "show", canaries.config, "otlp_http")
    files = [path.read_text() for path in (canaries.home / "data" / "deadletter").iterdir()]
    letters = [json.loads(line) for text in files for line in text.splitlines()]
    words = [f"{letter.get('text')} {letter.get('history')}" for letter in letters]
    assert any("User-Agent" in said for said in words)
    heads = [line for line in shown.splitlines() if not line.startswith("  ")]  # not the events
    assert [_sung(said) for said in (*heads, *words)] == [[]] * (len(heads) + len(words))


@pytest.mark.parametrize(
    "words",
    [("status", "--json"), ("queue", "ls"), ("validate",)],
    ids=" ".join,
)
def test_commands_are_silent(canaries: _Running, words: tuple[str, ...]) -> None:
    command, *options = words
    said = canaries.run(command, canaries.config, *options)
    assert said
    assert _sung(said) == []


def test_a_tap_masks_what_events_say(canaries: _Running) -> None:
    command = (*PYTHON, "tap", canaries.config, "syslog", "--limit", "1")
    with running(command, canaries.home / "tap", _ENVIRONMENT) as tap:

        def seen() -> bool:
            said = f"<134>1 - host app - - - tapped {_EVERY}\n"
            send_stream(canaries.ports.syslog, said.encode())
            return "tapped" in tap.stdout

        eventually(seen)
        assert _sung(tap.stdout + tap.stderr) == []


def test_a_configuration_with_errors_is_silent(canaries: _Running, tmp_path: Path) -> None:
    said = json.loads(canaries.config.read_text())
    said["receivers"]["http"]["tokens"] = {_CANARIES["sender"]: _CANARIES["sender"]}
    said["exporters"]["dynatrace/proxy"]["proxy"] = f"htp://u:{_CANARIES['proxy']}@:x"
    said["exporters"]["otlp_http"]["headers"] = [_CANARIES["header"]]
    said["service"]["admin"]["token"] = [_CANARIES["admin"]]
    said["receivers"]["fluent_forward"]["security"]["users"] = _CANARIES["user"]
    bad = tmp_path / "bad.yaml"
    bad.write_text(json.dumps(said))
    answer = canaries.run("validate", bad)
    assert answer.count(": error: ") >= 5
    assert _sung(answer) == []


def test_the_processes_show_none_on_their_command_line(canaries: _Running) -> None:
    pids = [canaries.collector.process.pid, *canaries.collector.worker_pids()]
    for pid in pids:
        assert _sung(Path(f"/proc/{pid}/cmdline").read_text()) == []
