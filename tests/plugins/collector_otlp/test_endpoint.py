"""URL and headers as users write them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from collector_otlp.exporter import OtlpHttpConfig, OtlpHttpExporter

CANARY = "canary-55aa77"


def config(**said: Any) -> OtlpHttpConfig:
    return OtlpHttpConfig.model_validate(said)


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ({"endpoint": "https://a.example:4318"}, "https://a.example:4318/v1/logs"),
        ({"endpoint": "http://[::1]:4318/"}, "http://[::1]:4318/v1/logs"),
        ({"endpoint": "https://a.example/v1/logs"}, "https://a.example/v1/logs"),
        (
            {"endpoint": "https://x.live.dynatrace.com/api/v2/otlp"},
            "https://x.live.dynatrace.com/api/v2/otlp/v1/logs",
        ),
        ({"logs_endpoint": "https://A.example/in"}, "https://a.example/in"),
        ({"endpoint": "https://a", "logs_endpoint": "https://b/in"}, "https://b/in"),
    ],
)
def test_where_logs_go(said: dict[str, str], url: str) -> None:
    assert config(**said).url == url


@pytest.mark.parametrize(
    "endpoint",
    [
        "a.example:4318", "ftp://a", "https://", "https://a:0", "https://a:70000", "https://a b",
        f"https://u:{CANARY}@a", f"https://a?token={CANARY}", f"https://a#{CANARY}", 5, "https://[::",
        "https://a..b",
    ],
)  # fmt: skip
def test_what_is_no_url_is_refused_without_being_shown(endpoint: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        config(endpoint=endpoint)
    assert "URL" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_one_of_the_two_is_needed() -> None:
    with pytest.raises(ValidationError, match="endpoint or logs_endpoint is needed"):
        config()


@pytest.mark.parametrize(
    "headers",
    [{"a b": CANARY}, {"": CANARY}, {"Content-Type": CANARY}, {"a": f"{CANARY}\n"}, {"a": 5}],
)
def test_headers_that_cannot_be_sent(headers: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        config(endpoint="https://a", headers=headers)
    assert CANARY not in str(caught.value)


def test_what_is_odd_is_said() -> None:
    said = {"headers": {"Authorization": f"Bearer {CANARY}"}}
    assert not list(OtlpHttpExporter.config_warnings(config(endpoint="https://a", **said)))
    assert not list(OtlpHttpExporter.config_warnings(config(endpoint="http://127.0.0.1", **said)))
    (warning,) = OtlpHttpExporter.config_warnings(config(endpoint="http://a", **said))
    assert "plain http shows the headers" in warning
    assert CANARY not in repr(config(endpoint="https://a", **said))
