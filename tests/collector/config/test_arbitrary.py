"""Whatever is in a file, loading it ends in a description or a ConfigError."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.config.load import load
from collector.config.problem import ConfigError

quick = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

KEYS = [
    *("receivers", "processors", "exporters", "connectors", "extensions", "service", "telemetry"),
    *("pipelines", "logs", "logs/a", "listen", "listen/b", "floor", "send", "greedy", "<<", "x"),
    *("batch", "queue", "sending_queue", "retry", "endpoint", "tls", "either", "peers", "headers"),
    *("tokens", "count", "data_dir", "workers", "admin", "log"),
]
SCALARS = ["listen", "send", "floor", "${env:A}", "${env:B}", "${file:x}", "$", "127.0.0.1:1", "1s"]
TOKENS = [
    *"{}[]:,-?&*!|>'\"%@`#\n\t \\$",
    "\n  ",
    "- ",
    ": ",
    "? ",
    "a",
    "&a ",
    "*a",
    "<<: ",
    "---\n",
]

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(SCALARS) | st.text(),
    lambda below: (
        st.lists(below, max_size=4) | st.dictionaries(st.sampled_from(KEYS), below, max_size=6)
    ),
    max_leaves=30,
)
files = st.fixed_dictionaries(
    {},
    optional={
        key: st.dictionaries(st.sampled_from(KEYS), values, max_size=4)
        for key in ("receivers", "processors", "exporters", "connectors", "service")
    },
)


def examine(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "conf.yaml")
        path.write_bytes(content)
        try:
            load(path, {"A": "one"})
        except ConfigError as error:
            found = error.problems
        else:
            found = ()
    lines = len(content.decode("utf-8", "replace").splitlines()) + 1
    assert all(1 <= problem.line <= lines and problem.column >= 1 for problem in found)
    assert all(problem.message.isprintable() for problem in found)


@quick
@given(st.binary(max_size=200))
def test_arbitrary_bytes(content: bytes) -> None:
    examine(content)


@quick
@given(st.text(max_size=200))
def test_arbitrary_text(text: str) -> None:
    examine(text.encode("utf-8", "surrogatepass"))


@quick
@given(st.lists(st.sampled_from(TOKENS + KEYS), max_size=40).map("".join))
def test_arbitrary_yaml(text: str) -> None:
    examine(text.encode())


@quick
@given(files)
def test_arbitrary_values(value: dict[str, Any]) -> None:
    examine(json.dumps(value).encode())
