"""TLS with real clients: rsyslog under each policy of a receiver, openssl for what is wrong."""

from __future__ import annotations

import hashlib
import itertools
import json
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.collector.outputs.authority import Authority
from tests.system.clients import check, client
from tests.system.collecting import QUICK, Collector, collector
from tests.system.network import free_port, send_stream
from tests.system.relaying import feed, needs, relay, syslog_ng_relay
from tests.system.sandbox import Sandbox, sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_NUMBER = 50
_POLICIES = ("anon", "certvalid", "name", "fingerprint")
_FRAMINGS = ("traditional", "octet-counted")
_DRIVER = (
    'StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="{mode}" {peer} '
    'TCP_Framing="{framing}" template="RSYSLOG_SyslogProtocol23Format"'
)


class Secured(NamedTuple):
    """A collector with a TLS port for each policy, and one for RELP."""

    source: Collector
    destination: Sandbox
    ports: Mapping[str, int]
    folder: Path

    def dialling(self, policy: str) -> list[str]:
        """The words of a client of openssl."""
        return [client("openssl"), "s_client", "-connect", f"127.0.0.1:{self.ports[policy]}"]


def _digest(pem: bytes, kind: str) -> str:
    der = ssl.PEM_cert_to_DER_cert(pem.decode().partition("END PRIVATE KEY-----\n")[2])
    return hashlib.new(kind, der).hexdigest()


def _options(folder: Path, policy: str, own: bytes) -> dict[str, Any]:
    ca = {"client_ca_file": str(folder / "ca.pem")}
    known: dict[str, Any] = {
        "anon": {},
        "certvalid": ca,
        "name": {**ca, "client_names": ["*.clients.example"]},
        "fingerprint": {"client_fingerprints": [_digest(own, "sha256"), "ab" * 20]},
    }
    return {"cert_file": str(folder / "server.pem"), **known[policy]}


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("tls")
    authority, stranger = Authority(), Authority("stranger")
    own = authority.issue("fw1.clients.example")
    for name, pem in {
        "ca": authority.pem,
        "server": authority.issue("server.example"),
        "own": own,
        "other": stranger.issue("fw1.clients.example"),
    }.items():
        (folder / f"{name}.pem").write_bytes(pem)
    ports = {name: free_port() for name in (*_POLICIES, "relp")}
    receivers: dict[str, Any] = {
        f"syslog/{policy}": {
            "tcp": {
                "endpoint": f"127.0.0.1:{ports[policy]}",
                "tls": _options(folder, policy, own),
            }
        }
        for policy in _POLICIES
    }
    relp = {"endpoint": f"127.0.0.1:{ports['relp']}", "tls": _options(folder, "name", own)}
    receivers["syslog/name"]["relp"] = relp
    with sandbox(folder) as destination:

        def configure(_: int, data_dir: Path) -> str:
            exporter = {**QUICK, "endpoint": destination.url}
            graph = {"logs": {"receivers": list(receivers), "exporters": ["dynatrace"]}}
            said = {"receivers": receivers, "exporters": {"dynatrace": exporter}}
            service = {"data_dir": str(data_dir), "pipelines": graph}
            return json.dumps(said | {"service": service})

        with collector(folder, configure) as source:
            yield Secured(source, destination, ports, folder)


def _rules(secured: Secured) -> str:
    """An action for each policy and framing, and one for RELP; a message says which it is for."""
    folder, server = secured.folder, (secured.folder / "server.pem").read_bytes()
    shown = _digest(server, "sha1").upper()
    colons = ":".join(shown[at : at + 2] for at in range(0, len(shown), 2))
    peers = {
        "anon": "",
        "certvalid": "",
        "name": 'StreamDriverPermittedPeers="server.example"',
        "fingerprint": f'StreamDriverPermittedPeers="SHA1:{colons}"',
    }
    certificates = (
        f'global(defaultNetstreamDriverCAFile="{folder}/ca.pem" '
        f'defaultNetstreamDriverCertFile="{folder}/own.pem" '
        f'defaultNetstreamDriverKeyFile="{folder}/own.pem")\n'
    )
    found = [certificates]
    for policy, framing in itertools.product(_POLICIES, _FRAMINGS):
        mode = policy if policy == "anon" else f"x509/{policy}"
        driver = _DRIVER.format(mode=mode, peer=peers[policy], framing=framing)
        found.append(
            f'if $programname == "{policy}-{framing}" then action(type="omfwd" protocol="tcp" '
            f'target="127.0.0.1" port="{secured.ports[policy]}" {driver})\n'
        )
    return "".join(found)


@pytest.fixture(scope="module")
def relayed(secured: Secured, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Messages for every policy and framing go through one rsyslogd."""
    needs("lmnsd_ossl", "rsyslog-openssl")
    with relay(tmp_path_factory.mktemp("rsyslog-tls"), _rules(secured)) as (_, inlet):
        lines = itertools.product(range(_NUMBER), _POLICIES, _FRAMINGS)
        feed(
            inlet,
            (
                f"<85>Oct 11 22:14:15 edge {policy}-{framing}[12]: größe {number:04d}"
                for number, policy, framing in lines
            ),
        )
        yield


@pytest.mark.usefixtures("relayed")
@pytest.mark.parametrize("framing", _FRAMINGS)
@pytest.mark.parametrize("policy", _POLICIES)
def test_rsyslog(secured: Secured, policy: str, framing: str) -> None:
    events = secured.destination.arrived(f'"{policy}-{framing}"', _NUMBER)
    assert [e["content"] for e in events] == [f" größe {n:04d}" for n in range(_NUMBER)]
    known = policy != "anon"
    own = _digest((secured.folder / "own.pem").read_bytes(), "sha256").upper()
    check(events, tls__client__subject="CN=server" if known else None)
    check(events, tls__client__hash__sha256=own if known else None)


def test_rsyslog_over_relp(secured: Secured, tmp_path: Path) -> None:
    needs("omrelp", "rsyslog-relp")
    folder = secured.folder
    rules = (
        f'module(load="omrelp" tls.tlslib="openssl")\n'
        f'action(type="omrelp" target="127.0.0.1" port="{secured.ports["relp"]}" tls="on" '
        f'tls.caCert="{folder}/ca.pem" tls.myCert="{folder}/own.pem" '
        f'tls.myPrivKey="{folder}/own.pem" tls.authMode="name" '
        f'tls.permittedPeer=["server.example"] template="RSYSLOG_SyslogProtocol23Format")\n'
    )
    with relay(tmp_path, rules) as (_, inlet):
        feed(inlet, (f"<85>Oct 11 22:14:15 edge relp[12]: {n:04d}" for n in range(_NUMBER)))
        check(secured.destination.arrived('"relp"', _NUMBER), tls__client__subject="CN=server")


def test_syslog_ng(secured: Secured, tmp_path: Path) -> None:
    """Both framings, under each policy that looks at the client. It verifies no address."""
    folder = secured.folder
    tls = (
        f'transport("tls") tls(ca-file("{folder}/ca.pem") key-file("{folder}/own.pem") '
        f'cert-file("{folder}/own.pem") peer-verify(no))'
    )
    ways = {
        f"{driver}-{policy}": (driver, f"port({secured.ports[policy]}) {tls}")
        for driver, policy in itertools.product(("network", "syslog"), _POLICIES[1:])
    }
    with syslog_ng_relay(tmp_path, ways) as inlet:
        numbers = itertools.product(range(_NUMBER), ways)
        feed(inlet, (f"<85>Oct 11 22:14:15 edge {way}[12]: {n:04d}" for n, way in numbers))
        for way in ways:
            events = secured.destination.arrived(f'"{way}"', _NUMBER)
            assert [event["content"] for event in events] == [f"{n:04d}" for n in range(_NUMBER)]
            check(events, tls__client__subject="CN=server")


@pytest.mark.parametrize(
    ("policy", "options", "why"),
    [
        ("certvalid", (), "it has no certificate to show"),
        ("fingerprint", (), "it has no certificate to show"),
        ("certvalid", ("-cert", "other.pem"), "its certificate is not from a CA"),
        ("fingerprint", ("-cert", "other.pem"), "its certificate is none of client_fingerprints"),
        ("name", ("-cert", "server.pem"), "its certificate has none of client_names"),
        ("anon", ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), "its TLS is too old"),
        ("anon", ("-tls1_2", "-cipher", "AES128-SHA"), "it has no cipher in common with us"),
        ("anon", ("-CAfile", "other.pem", "-verify_return_error"), "does not trust our cert"),
    ],
)
def test_who_is_refused_is_told_why(
    secured: Secured, policy: str, options: tuple[str, ...], why: str
) -> None:
    words = [str(secured.folder / word) if word.endswith(".pem") else word for word in options]
    command = [*secured.dialling(policy), "-ign_eof", *words]
    said = f"<13>1 - - refused-{policy} - - - text\n".encode()
    subprocess.run(command, input=said, capture_output=True, check=False, timeout=20)
    id = f"syslog/{policy}"
    line = eventually(lambda: [x for x in secured.source.log.splitlines() if id in x and why in x])
    assert "no TLS with 127.0.0.1: " in line[0]
    assert not secured.destination.events(f"refused-{policy}")


@pytest.mark.parametrize("policy", _POLICIES)
def test_plain_syslog_is_told_apart(secured: Secured, policy: str) -> None:
    send_stream(secured.ports[policy], b"<13>1 - - plain - - - text\n")
    eventually(lambda: f"syslog/{policy}: no TLS with 127.0.0.1: it does not" in secured.source.log)


@pytest.mark.parametrize("policy", ["anon", "fingerprint"])
def test_nobody_renegotiates(secured: Secured, policy: str) -> None:
    """A line that begins with R asks s_client to; what came before it is taken."""
    name, own = f"renegotiating {policy}", secured.folder / "own.pem"
    words = [*secured.dialling(policy), "-tls1_2", "-cert", str(own)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT) as process:
        assert process.stdin is not None
        process.stdin.write(f"<13>1 - - app - - - {name}\n".encode())
        process.stdin.flush()
        secured.destination.arrived(name, 1)
        said, _ = process.communicate(b"R\n", timeout=20)
    assert b"no renegotiation" in said
