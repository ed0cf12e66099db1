"""The sections of components: ids, types, blocks, the core's part of an exporter's block."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from collector.config.description import Description
from collector.outputs.options import OutletOptions

Problems = Callable[..., list[str]]
Described = Callable[..., Description]

CORE = ["batch", "queue", "retry", "compression", "concurrency"]
PIPELINE = "service: {pipelines: {logs: {receivers: [listen], exporters: [send]}}}"


def test_a_block_without_anything_is_all_defaults(described: Described) -> None:
    components = described(
        f"receivers:\n  listen:\nexporters: {{send: {{}}}}\n{PIPELINE}"
    ).components
    listen, send = components.values()
    assert (listen.section, listen.id, listen.type) == ("receivers", "listen", "listen")
    assert (listen.line, listen.column) == (2, 3)
    assert listen.cls.__name__ == "Listen"
    assert listen.config == listen.cls.config_type()
    assert listen.outlet is None
    assert send.outlet == OutletOptions()


def test_an_id_is_a_type_or_a_type_and_a_name(described: Described) -> None:
    description = described("""\
        receivers: {listen/büro-1.a: }
        exporters: {send: }
        service: {pipelines: {logs: {receivers: [listen/büro-1.a], exporters: [send]}}}
        """)
    assert description.components["receivers", "listen/büro-1.a"].type == "listen"


@pytest.mark.parametrize(
    "id_", ["a:b", "listen/", "/a", "listen/a/b", "listen/..", "listen/a b", "li sten", "", "a:b:c"]
)
def test_any_other_id_is_a_problem(problems: Problems, id_: str) -> None:
    found = problems(f"receivers: {{'{id_}': }}\nservice: 5")
    assert found[0].startswith("1:13: error: receivers.")
    assert found[0].endswith(": expected a type, or type/name such as syslog/edge")


def test_an_unknown_type(problems: Problems) -> None:
    assert problems("receivers:\n  lisen/a:\nexporters: {other: {a: b}}\nservice: 5") == [
        "2:3: error: receivers.lisen/a: no receiver is called 'lisen'; did you mean listen?",
        "3:13: error: exporters.other: no exporter is called 'other'",
        "4:10: error: service: expected a mapping",
    ]


OWN = """
from collector.api import Batch, Config, Processor

class OwnConfig(Config):
    n: int

class Own(Processor[OwnConfig]):
    def process(self, batch: Batch) -> Batch:
        return batch
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that lies beside the configuration, and has `Own`."""
    name = f"own_{uuid.uuid4().hex}"
    (tmp_path / f"{name}.py").write_text(OWN)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return name


def test_the_key_type_names_a_class_of_a_file_beside_the_configuration(
    described: Described, module: str
) -> None:
    description = described(f"""\
        receivers: {{listen: }}
        processors: {{mine/a: {{type: '{module}:Own', n: 5}}}}
        exporters: {{send: }}
        service:
          pipelines:
            logs: {{receivers: [listen], processors: [mine/a], exporters: [send]}}
        """)
    spec = description.components["processors", "mine/a"]
    assert (spec.type, spec.cls.__module__, spec.cls.__name__) == (f"{module}:Own", module, "Own")
    assert spec.config.model_dump() == {"n": 5}


def test_what_is_wrong_in_its_block_has_its_place(problems: Problems, module: str) -> None:
    assert problems(f"processors:\n  mine: {{type: '{module}:Own', n: a, m: 1}}\nservice: 5")[
        :2
    ] == [
        f"2:{len(module) + 27}: error: processors.mine.n: expected a whole number",
        f"2:{len(module) + 30}: error: processors.mine: unknown key m; known here: n",
    ]


_NO_CLASS = "expected module:Class; without this key the type is what the name begins with"
_NO_MODULE = "cannot be imported: there is no such module in PLACE or on Python's path"
_NO_NAME = "cannot be imported: AttributeError: module 'MODULE' has no attribute 'No'"


@pytest.mark.parametrize(
    ("section", "type_", "fault"),
    [
        ("processors", "5", _NO_CLASS),
        ("processors", "listen", _NO_CLASS),
        ("processors", "no_such_module:It", f"no_such_module:It {_NO_MODULE}"),
        ("processors", "MODULE:No", f"MODULE:No {_NO_NAME}"),
        ("receivers", "MODULE:Own", "MODULE:Own does not derive from Receiver"),
    ],
)
def test_a_class_that_cannot_be_had(
    problems: Problems, module: str, tmp_path: Path, section: str, type_: str, fault: str
) -> None:
    fault = fault.replace("MODULE", module).replace("PLACE", str(tmp_path))
    found = problems(
        f"{section}:\n  mine:\n    type: {type_.replace('MODULE', module)}\nservice: 5"
    )
    assert found[0] == f"3:11: error: {section}.mine.type: {fault}"


def test_an_error_in_the_module_is_told_with_its_line(
    problems: Problems, module: str, tmp_path: Path
) -> None:
    (tmp_path / f"{module}.py").write_text("x = 1\nif x\n")
    (found, _) = problems(f"processors: {{mine: {{type: '{module}:Own'}}}}\nservice: 5")
    assert f"SyntaxError: expected ':' ({module}.py, line 2)" in found


@pytest.mark.parametrize("where", ["file", "directory"])
def test_code_that_everybody_may_have_written_does_not_run(
    problems: Problems, module: str, tmp_path: Path, where: str
) -> None:
    path = tmp_path / f"{module}.py" if where == "file" else tmp_path
    path.chmod(0o757)
    (found, _) = problems(f"processors: {{mine: {{type: '{module}:Own', n: 1}}}}\nservice: 5")
    assert found.endswith(f"everybody may write to {path}, and it would run: chmod o-w it")
    assert module not in sys.modules


def test_a_mount_that_is_read_only_is_nobodys_to_write(
    problems: Problems, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o777)  # as Kubernetes' of a ConfigMap
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    found = problems(f"processors: {{mine: {{type: '{module}:Own', n: 1}}}}\nservice: 5")
    assert found == ["2:10: error: service: expected a mapping"]


def test_what_is_installed_comes_before_what_lies_beside(
    problems: Problems, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "json.py").write_text("raise SystemExit")
    found = problems("processors: {mine: {type: 'json:Own'}}\nservice: 5")
    assert "module 'json' has no attribute 'Own'" in found[0]


def test_sections_and_blocks_are_mappings(problems: Problems) -> None:
    assert problems("receivers: [listen]\nexporters: {send: 5}\nprocessors:\nservice: 5") == [
        "1:12: error: receivers: expected a mapping",
        "2:19: error: exporters.send: expected a mapping",
        "4:10: error: service: expected a mapping",
    ]


def test_the_cores_keys_of_an_exporter_are_taken_out_of_its_block(described: Described) -> None:
    description = described(f"""\
        receivers: {{listen: }}
        exporters:
          send:
            token: abc
            batch: {{max_events: 10}}
            queue: {{max_size: 1MiB, on_full: drop_oldest}}
            retry:
            compression: none
            concurrency: 1
        {PIPELINE}
        """)
    spec = description.components["exporters", "send"]
    assert spec.config.model_fields_set == {"token"}
    assert spec.outlet is not None
    assert spec.outlet.batch.max_events == 10
    assert spec.outlet.queue.max_size == 1 << 20
    assert spec.outlet.retry == OutletOptions().retry
    assert (spec.outlet.compression, spec.outlet.concurrency) == ("none", 1)


def test_the_opentelemetry_collectors_names_are_accepted(described: Described) -> None:
    description = described(f"""\
        receivers: {{listen: {{listen_address: '[::]:5514'}}}}
        exporters: {{send: {{sending_queue: {{max_size: 1GB}}, retry_on_failure: {{}}}}}}
        {PIPELINE}
        """)
    outlet = description.components["exporters", "send"].outlet
    assert outlet is not None
    assert outlet.queue.max_size == 10**9
    listen: Any = description.components["receivers", "listen"].config
    assert listen.endpoint == "[::]:5514"


@pytest.mark.parametrize(
    ("block", "column", "expected"),
    [
        (
            "{sending_queue: {max_size: x}}",
            36,
            ".sending_queue.max_size: expected a size, such as 65536, 64KiB or 1GB",
        ),
        (
            "{sending_queue: {queue_size: 5}}",
            26,
            ".sending_queue: unknown key queue_size; known here: type, max_size, on_full",
        ),
        (
            "{queue: {}, sending_queue: {}}",
            21,
            ": queue and sending_queue are the same key; give one",
        ),
        ("{compression: brotli}", 23, ".compression: expected fast, small or none"),
        ("{concurency: 2}", 10, ": unknown key concurency; did you mean concurrency?"),
        (
            "{zzzzz: 2}",
            10,
            f": unknown key zzzzz; known here: url, token, level, {', '.join(CORE)}",
        ),
        ("{batch: 5}", 17, ".batch: expected a mapping, found a number"),
    ],
)
def test_problems_of_the_cores_keys(
    exporter: Problems, block: str, column: int, expected: str
) -> None:
    assert exporter(block) == [f"2:{column}: error: exporters.send{expected}"]


def test_a_plugin_that_takes_the_cores_keys_is_at_fault(exporter: Problems) -> None:
    fault = "which is the core's: a fault of the plugin"
    assert exporter("{queue: 1}", "greedy") == [
        f"2:3: error: exporters.greedy: its plugin declares the key queue, {fault}",
        f"2:3: error: exporters.greedy: its plugin declares the key sending_queue, {fault}",
    ]


def test_a_plugin_may_warn(exporter: Problems) -> None:
    assert exporter("{url: 'https://plain'}") == ["2:3: warning: exporters.send: the host is plain"]


def test_a_warning_that_quotes_is_not_shown(exporter: Problems) -> None:
    hidden = "its plugin warns; the text quotes a value and is not shown"
    assert exporter("{url: 'https://quoted'}") == [f"2:3: warning: exporters.send: {hidden}"]


def test_a_warning_that_fails_does_not_stop_the_collector(exporter: Problems) -> None:
    assert exporter("{url: 'https://broken'}") == [
        "2:3: warning: exporters.send: its plugin's config_warnings failed with RuntimeError"
    ]
