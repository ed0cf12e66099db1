"""The contract of its kind, kept by everything that is built in."""

from __future__ import annotations

import hashlib
from itertools import count
from pathlib import Path
from typing import Any

import msgpack
import orjson
from twisted.trial.unittest import SynchronousTestCase, TestCase

from collector import registry
from collector.api import Event, LogEntry
from collector.testing import (
    ConnectorContract,
    Destination,
    ExporterContract,
    HttpDestination,
    Mood,
    ProcessorContract,
    ReceiverContract,
    SourceContract,
    events,
)

_JSON = {"Content-Type": "application/json"}
_LOOPBACK = {"endpoint": "127.0.0.1:0"}
_SMALL_BODY = {**_LOOPBACK, "max_request_body_size": "64KiB"}
_CARD = "4111111111111111"
_TOKEN = f"dt0c01.{'P' * 24}.{'S' * 64}"


def installed(kind: str, name: str) -> Any:
    return registry.load(kind, name)


# --- receivers ------------------------------------------------------------------------------------


class SyslogOverTcp(ReceiverContract, TestCase):
    plugin = installed("receivers", "syslog")
    config = {"tcp": {**_LOOPBACK, "max_frame_size": "64KiB"}}
    largest = 65536


class SyslogOverUdp(ReceiverContract, TestCase):
    plugin = installed("receivers", "syslog")
    config = {"udp": _LOOPBACK}


class SyslogOverUnix(ReceiverContract, TestCase):
    plugin = installed("receivers", "syslog")

    def setUp(self) -> None:
        self.config = {"unix": {"endpoint": f"unix://{Path(self.mktemp()).absolute()}"}}


class SyslogOverRelp(ReceiverContract, TestCase):
    plugin = installed("receivers", "syslog")
    config = {"relp": {**_LOOPBACK, "max_frame_size": "64KiB"}}
    largest = 65536
    greeting = b"1 open 30 relp_version=0\ncommands=syslog\n"

    def setUp(self) -> None:
        self.numbers = count(2)

    def sample(self, text: str) -> bytes:
        return b"%d syslog %d %s\n" % (next(self.numbers), len(text), text.encode())


class Forward(ReceiverContract, TestCase):
    plugin = installed("receivers", "fluent_forward")
    config = {**_LOOPBACK, "max_frame_size": "1MiB"}

    def sample(self, text: str) -> bytes:
        chunk = hashlib.sha256(text.encode()).hexdigest()
        data: bytes = msgpack.packb(["tag", [[1_700_000_000, {"log": text}]], {"chunk": chunk}])
        return data


class Http(ReceiverContract, TestCase):
    plugin = installed("receivers", "http")
    config = _SMALL_BODY
    largest = 65536
    headers = _JSON

    def sample(self, text: str) -> bytes:
        return orjson.dumps({"message": text})


class HttpAsDynatrace(Http):
    path = "/api/v2/logs/ingest"

    def sample(self, text: str) -> bytes:
        return orjson.dumps([{"content": text}])


class OtlpOverHttp(ReceiverContract, TestCase):
    plugin = installed("receivers", "otlp")
    config = {"protocols": {"http": _SMALL_BODY}}
    largest = 65536
    path = "/v1/logs"
    headers = _JSON

    def sample(self, text: str) -> bytes:
        logs = [{"logRecords": [{"body": {"stringValue": text}}]}]
        return orjson.dumps({"resourceLogs": [{"scopeLogs": logs}]})


class Generate(SourceContract, TestCase):
    plugin = installed("receivers", "generate")
    config = {"rate": 1000}


class InternalLogs(SourceContract, TestCase):
    plugin = installed("receivers", "internal_logs")

    def make(self, reactor: Any = None, **given: Any) -> Any:
        receiver = super().make(reactor, **given)
        self._journal = receiver.context.journal
        return receiver

    async def give(self, text: str) -> None:
        self._journal.add(LogEntry(1, "INFO", text))


# --- processors and connectors --------------------------------------------------------------------


class Attributes(ProcessorContract, TestCase):
    plugin = installed("processors", "attributes")
    config = {
        "actions": [
            {"key": "seen", "action": "insert", "value": True},
            {"action": "hash", "pattern": "."},
            {"action": "convert", "key": "n", "converted_type": "int"},
            {"action": "extract", "key": "n", "pattern": "(?P<a>.)"},
            {"action": "delete", "key": "a"},
        ]
    }


class AcceptedBatch(ProcessorContract, TestCase):
    plugin = installed("processors", "batch")


class AcceptedMemoryLimiter(ProcessorContract, TestCase):
    plugin = installed("processors", "memory_limiter")


class Dedup(ProcessorContract, TestCase):
    plugin = installed("processors", "dedup")


class LogDedup(ProcessorContract, TestCase):
    plugin = installed("processors", "log_dedup")


class Filter(ProcessorContract, TestCase):
    plugin = installed("processors", "filter")
    config = {"log_conditions": ['IsMatch(log.body, "^t")', "log.attributes[5] == 1"]}


class Lookup(ProcessorContract, TestCase):
    plugin = installed("processors", "lookup")

    def setUp(self) -> None:
        path = Path(self.mktemp())
        path.write_text("key,site\none,Vienna\n")
        site = {"source": "site", "destination": "site.name", "default": "unknown"}
        self.config = {
            "source": {"type": "csv", "path": str(path)},
            "lookups": [{"key": "log.body", "attributes": [site]}],
        }


class Multiline(ProcessorContract, TestCase):
    plugin = installed("processors", "multiline")
    config = {"line_start_pattern": "^o|^<"}


class Parse(ProcessorContract, TestCase):
    plugin = installed("processors", "parse")
    config = {"format": "json"}

    def samples(self) -> list[Event]:
        return [*super().samples(), *events('{"a": 1}', '{"message": "m", "level": "warn"}')]


class Redact(ProcessorContract, TestCase):
    plugin = installed("processors", "redact")
    config = {"detectors": ["iban"], "fields": ["body", "attributes", "resource"]}

    def samples(self) -> list[Event]:
        nested = {"a": [1, {"b": f"x {_CARD}"}], "n": int(_CARD), "raw": b"\0"}
        return [*super().samples(), *events(nested, f"to me@x.org {_CARD}", n=_CARD)]


class Redaction(ProcessorContract, TestCase):
    plugin = installed("processors", "redaction")
    config = {"allow_all_keys": True, "blocked_values": ["4[0-9]{15}"]}

    def samples(self) -> list[Event]:
        return [*super().samples(), *events(_CARD, n=_CARD)]


class Resource(ProcessorContract, TestCase):
    plugin = installed("processors", "resource")
    config = {"attributes": [{"key": "seen", "action": "insert", "value": True}]}


class Sample(ProcessorContract, TestCase):
    plugin = installed("processors", "sample")
    config = {"sampling_percentage": 50}


class ProbabilisticSampler(ProcessorContract, TestCase):
    plugin = installed("processors", "probabilistic_sampler")
    config = {"sampling_percentage": 50}


class Throttle(ProcessorContract, TestCase):
    plugin = installed("processors", "throttle")
    config = {"max_events": 2}


class Transform(ProcessorContract, TestCase):
    plugin = installed("processors", "transform")
    config = {
        "log_statements": [
            'set(log.attributes["first"], Substring(log.body, 0, 1))',
            'set(resource.attributes["seen"], true)',
        ]
    }


class ForwardConnector(ConnectorContract, TestCase):
    plugin = installed("connectors", "forward")


class Routing(ConnectorContract, TestCase):
    plugin = installed("connectors", "routing")
    config = {
        "table": [
            {"context": "log", "condition": 'body == "one"', "pipelines": ["logs/a", "logs/b"]},
            {"context": "log", "condition": "IsString(body)", "pipelines": ["logs/b"]},
        ],
        "default_pipelines": ["logs/c"],
    }


# --- exporters ------------------------------------------------------------------------------------


class Dynatrace(ExporterContract, TestCase):
    plugin = installed("exporters", "dynatrace")
    config = {"endpoint": "{destination}", "api_token": _TOKEN, "proxy": "none"}
    destination = HttpDestination


class OtlpHttp(ExporterContract, TestCase):
    plugin = installed("exporters", "otlp_http")
    config = {"endpoint": "{destination}", "proxy_url": "none"}
    destination = HttpDestination


class FileDestination(Destination):
    """What fails is that there is a directory in the file's place."""

    moods = frozenset({Mood.TAKES, Mood.FAILS})

    def __init__(self) -> None:
        super().__init__()
        self._path = Path("destination").absolute()

    @property
    def address(self) -> str:
        return str(self._path)

    @property
    def received(self) -> bytes:
        return self._path.read_bytes()

    async def start(self, reactor: Any) -> None: ...
    async def stop(self) -> None: ...

    async def become(self, mood: Mood) -> None:
        if mood is Mood.FAILS:
            self._path.unlink()
            self._path.mkdir()
        elif self._path.is_dir():
            self._path.rmdir()


class File(ExporterContract, TestCase):
    plugin = installed("exporters", "file")
    config = {"path": "{destination}"}
    destination = FileDestination


class Null(ExporterContract, TestCase):
    plugin = installed("exporters", "null")


class StdoutText(ExporterContract, TestCase):
    plugin = installed("exporters", "stdout")


class StdoutJson(ExporterContract, TestCase):
    plugin = installed("exporters", "stdout")
    config = {"format": "json"}


class EveryOneTests(SynchronousTestCase):
    def test_nothing_that_is_built_in_is_left_out(self) -> None:
        cases = [case for case in globals().values() if hasattr(case, "plugin")]
        tried = {case.plugin for case in cases}
        ours = [
            registry.load(plugin.kind, plugin.name)
            for plugin in registry.installed()
            if plugin.package == "twisted-log-collector"
        ]
        self.assertGreater(len(ours), 20)
        self.assertEqual([kind.__name__ for kind in ours if kind not in tried], [])
