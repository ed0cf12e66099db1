"""The section `service`: settings of the process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from collector.config.description import Description
from collector.config.service import AdminConfig, LogConfig, ServiceConfig, default_data_dir

Problems = Callable[..., list[str]]
ServiceOf = Callable[..., ServiceConfig]

SENTENCES = {
    "COUNT": "expected a number from 1 to 256, or auto",
    "DURATION": "expected a duration with its unit, such as 500ms, 1s or 1h30m",
    "GUARDED": "expected a token, since others than this machine can reach it",
}
ADMIN = (
    "has no effect: health and metrics are at service.admin; `collector import` fits a whole file"
)
FILE = """\
receivers: {listen: }
exporters: {send: }
service:
  pipelines: {logs: {receivers: [listen], exporters: [send]}}
"""


@pytest.fixture
def service(described: Callable[..., Description]) -> ServiceOf:
    """The service of a file with these lines more in its section."""

    def run(*lines: str) -> ServiceConfig:
        return described(FILE + "".join(f"  {line}\n" for line in lines)).service

    return run


def test_defaults(service: ServiceOf) -> None:
    found = service()
    assert found.workers == 1
    assert found.admin is None
    assert found.log == LogConfig(level="info", format="text")
    assert found.shutdown_timeout == 25.0
    assert found.memory_limit == "auto"


def test_all_settings(service: ServiceOf) -> None:
    found = service(
        "data_dir: /data",
        "workers: auto",
        "admin: {endpoint: '127.0.0.1:8787'}",
        "log: {level: debug, format: json}",
        "shutdown_timeout: 1m30s",
        "reload_grace: 5m",
        "memory_limit: 256MiB",
    )
    assert found.data_dir == Path("/data")
    assert found.workers == "auto"
    assert found.admin == AdminConfig(endpoint="127.0.0.1:8787")
    assert found.log == LogConfig(level="debug", format="json")
    assert (found.shutdown_timeout, found.reload_grace) == (90.0, 300.0)
    assert found.memory_limit == 256 << 20


def test_an_endpoint_that_others_can_reach_has_a_token(service: ServiceOf) -> None:
    admin = service("admin: {endpoint: '0.0.0.0:8787', token: hunter2}").admin
    assert admin is not None
    assert admin.token == SecretStr("hunter2")


def test_settings_that_are_not_filled_in_are_defaults(service: ServiceOf) -> None:
    keys = ["data_dir", "workers", "admin", "log", "shutdown_timeout"]
    assert service(*[f"{key}:" for key in keys]) == service()


@pytest.mark.parametrize("workers", ["4", "'4'"])
def test_workers_may_be_counted(service: ServiceOf, workers: str) -> None:
    assert service(f"workers: {workers}").workers == 4


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("workers: 257", "12: error: service.workers: {COUNT}"),
        ("workers: '9999'", "12: error: service.workers: {COUNT}"),
        ("workers: 0", "12: error: service.workers: {COUNT}"),
        ("workers: many", "12: error: service.workers: {COUNT}"),
        ("workers: true", "12: error: service.workers: {COUNT}"),
        ("workers: [1]", "12: error: service.workers: {COUNT}"),
        ("data_dir: ''", "13: error: service.data_dir: expected the name of a directory"),
        (
            "data_dir: [a]",
            "13: error: service.data_dir: expected the name of a file or directory, found a list",
        ),
        ("admin: {endpoint: '0.0.0.0:8787'}", "3: error: service.admin: {GUARDED}"),
        ("admin: {}", "3: error: service.admin: key endpoint is missing"),
        (
            "admin: {endpoint: 8787}",
            "21: error: service.admin.endpoint: expected host:port, such as 127.0.0.1:5514",
        ),
        (
            "log: {level: warning}",
            "16: error: service.log.level: expected debug, info, warn or error; did you mean warn?",
        ),
        (
            "memory_limit: 1MiB",
            "17: error: service.memory_limit: expected auto or 16777216 or more",
        ),
        (
            "memory_limit: much",
            "17: error: service.memory_limit: expected auto or a size, such as 65536, 64KiB or 1GB",
        ),
        ("log: {format: xml}", "17: error: service.log.format: expected text, json or logfmt"),
        (
            "shutdown_timeout: 25",
            "21: error: service.shutdown_timeout: {DURATION}",
        ),
        (
            "dead_letter: {max_size: 1KiB}",
            "27: error: service.dead_letter.max_size: expected 1048576 or more",
        ),
        ("pipeline: {}", "3: error: service: unknown key pipeline; did you mean pipelines?"),
    ],
)
def test_a_wrong_setting(problems: Problems, line: str, expected: str) -> None:
    assert problems(f"{FILE}  {line}") == [f"5:{expected}".format(**SENTENCES)]


def test_what_the_opentelemetry_collector_has_more_is_a_warning(problems: Problems) -> None:
    found = problems(f"{FILE}  telemetry: {{logs: }}\n  extensions: [a]\nextensions: {{a: }}")
    assert found == [
        "5:3: warning: service.telemetry: has no effect: see service.log and service.admin",
        f"6:3: warning: service.extensions: {ADMIN}",
        f"7:1: warning: extensions: {ADMIN}",
    ]


@pytest.mark.parametrize(
    ("user", "environment", "expected"),
    [
        (0, {"HOME": "/root", "XDG_STATE_HOME": "/state"}, "/var/lib/collector"),
        (1000, {"HOME": "/home/me"}, "/home/me/.local/state/collector"),
        (1000, {"HOME": "/home/me", "XDG_STATE_HOME": "/state"}, "/state/collector"),
        (1000, {"HOME": "/home/me", "XDG_STATE_HOME": "state"}, "/home/me/.local/state/collector"),
        (1000, {}, "/var/lib/collector"),
        (1000, {"XDG_STATE_HOME": "state"}, "/var/lib/collector"),
    ],
)
def test_where_state_is_kept_when_nobody_says(
    user: int, environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)
    assert default_data_dir(environment) == Path(expected)


def test_the_default_is_that_of_the_environment_given(
    service: ServiceOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert service().data_dir == Path("/home/me/.local/state/collector")
