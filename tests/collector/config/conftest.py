"""Plugins that exist for these tests only, and a file to examine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Annotated, Any, Literal

import pytest
from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator

from collector import registry
from collector.component import Component, Config, Exporter, Processor, Receiver
from collector.config.description import Description
from collector.config.load import check, load
from collector.config.problem import did_you_mean
from collector.connector import Connector, Way
from collector.event import Batch, Event
from collector.fields import Duration, Endpoint, Size
from collector.request import Request, Row


class TlsConfig(Config):
    cert_file: str
    version: Literal["1.2", "1.3"] = "1.3"


class OpenConfig(Config):
    open: bool


class ListenConfig(Config):
    endpoint: Endpoint = Field(
        "127.0.0.1:5514", validation_alias=AliasChoices("endpoint", "listen_address")
    )
    tls: TlsConfig | None = None
    tokens: tuple[SecretStr, ...] = ()
    headers: dict[str, str] = Field({})
    peers: tuple[TlsConfig, ...] = ()
    ports: dict[int, str] = Field({})
    at: dt.time | None = None
    either: int | list[int] | TlsConfig | OpenConfig = 0
    count: Annotated[int, Field(ge=1, lt=10)] = 1
    ratio: float = 0.5
    strict: bool = False
    timeout: Duration = 1.0
    room: Size = 0
    mode: Literal["auto", "lines", "octets"] = "auto"
    name: Annotated[str, Field(min_length=2, max_length=4, pattern="^[a-z]+$")] = "abc"


class Listen(Receiver[ListenConfig]):
    def pause(self) -> None: ...

    def resume(self) -> None: ...


class SendConfig(Config):
    url: str = "https://localhost"
    token: SecretStr = SecretStr("")
    level: int = 0

    @field_validator("url")
    @classmethod
    def _https(cls, url: str) -> str:
        if not url.startswith("https"):
            raise ValueError("expected a URL that begins with https")
        return url

    @field_validator("level")
    @classmethod
    def _level(cls, level: int) -> int:
        if level > 100:
            raise ValueError(f"{level} is too high")
        if level < 0:
            raise ValueError
        if level > 9:
            raise ValueError(f"expected at most {3 * 3}")
        return level

    @model_validator(mode="after")
    def _both(self) -> SendConfig:
        if self.url.endswith("/") and not self.token.get_secret_value():
            raise ValueError("a URL with a path needs a token")
        return self


class Send(Exporter[SendConfig]):
    def encode(self, batches: Sequence[Batch]) -> Iterable[Request]:
        return []

    def unpack(self, request: Request) -> list[Row]:
        return []

    def pack(self, rows: Sequence[Row]) -> Request:
        return Request(body=b"", events=0)

    async def send(self, request: Request) -> None: ...

    @classmethod
    def config_warnings(cls, config: SendConfig) -> Iterable[str]:
        if config.url.startswith("https://plain"):
            yield "the host is plain"
        if config.url.startswith("https://quoted"):
            yield f"{config.url} is odd"
        if config.url.startswith("https://broken"):
            raise RuntimeError(config.url)


class PickyConfig(Config):
    token: str = Field("", validate_default=True)
    level: int = 0

    @field_validator("token")
    @classmethod
    def _some(cls, token: str) -> str:
        if not token:
            raise ValueError("the token is empty")
        return token


class Picky(Send): ...


Picky.config_type = PickyConfig


class GreedyConfig(Config):
    queue: int = 0
    sending_queue: int = 0


class Greedy(Send): ...


Greedy.config_type = GreedyConfig


class FloorConfig(Config):
    floor: int

    @field_validator("floor")
    @classmethod
    def _fails(cls, floor: int) -> int:
        if floor == 13:
            raise KeyError(floor)
        return floor


class Floor(Processor[FloorConfig]):
    def process(self, batch: Batch) -> Batch:
        return batch


class JoinConfig(Config):
    to: tuple[str, ...] = ()


class Join(Connector[JoinConfig]):
    def route(self, batch: Batch) -> Mapping[str, list[Event]]:
        return dict.fromkeys(self.pipelines, batch.events)

    @classmethod
    def routes(cls, config: JoinConfig) -> Iterable[tuple[Way, str]]:
        return [(("to", n), pipeline) for n, pipeline in enumerate(config.to)]


FAKES: Mapping[str, Mapping[str, type[Component[Any]]]] = {
    "receivers": {"listen": Listen},
    "processors": {"floor": Floor},
    "exporters": {"send": Send, "greedy": Greedy, "picky": Picky},
    "connectors": {"join": Join, "send": Join},
}


@pytest.fixture(autouse=True)
def _plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(kind: str, name: str) -> type[Component[Any]]:
        if name not in FAKES[kind]:
            guess = did_you_mean(name, FAKES[kind])
            raise registry.UnknownPlugin(f"no {kind[:-1]} is called {name!r}{guess}")
        return FAKES[kind][name]

    monkeypatch.setattr(registry, "load", fake)


@pytest.fixture
def described(tmp_path: Path) -> Callable[..., Description]:
    """The description of a file with this text, by `load`."""

    def run(text: str, **env: str) -> Description:
        path = tmp_path / "conf.yaml"
        path.write_text(dedent(text))
        return load(path, {"HOME": "/home/me", **env})

    return run


@pytest.fixture
def problems(tmp_path: Path) -> Callable[..., list[str]]:
    """All problems of a file with this text, by `check`, without the file's name."""

    def run(text: str | bytes, **env: str) -> list[str]:
        path = tmp_path / "conf.yaml"
        path.write_bytes(dedent(text).encode() if isinstance(text, str) else text)
        found = check(path, {"HOME": "/home/me", **env})
        return [str(problem).removeprefix(f"{path}:") for problem in found]

    return run


@pytest.fixture
def receiver(problems: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """The problems of a sound file but for one receiver's block, which begins on line 2."""

    def run(block: str, **env: str) -> list[str]:
        return problems(
            "receivers:\n  listen: " + block + "\n"
            "exporters: {send: }\n"
            "service: {pipelines: {logs: {receivers: [listen], exporters: [send]}}}\n",
            **env,
        )

    return run


@pytest.fixture
def exporter(problems: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """The problems of a sound file but for one exporter's block, which begins on line 2."""

    def run(block: str, type_: str = "send", **env: str) -> list[str]:
        return problems(
            f"exporters:\n  {type_}: {block}\n"
            "receivers: {listen: }\n"
            f"service: {{pipelines: {{logs: {{receivers: [listen], exporters: [{type_}]}}}}}}\n",
            **env,
        )

    return run
