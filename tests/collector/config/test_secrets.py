"""No value of a file is ever shown, wherever a secret was put and whatever is wrong there."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.config.description import Description
from collector.config.load import load
from collector.config.problem import ConfigError

#: The form of the destination's tokens; no part of it may be found.
SECRET = "dt0c01.CANARYCANARYCANARYCANARY." + "CANARYSECRETSECR" * 4
NUMBER = "8642097531"

FULL_OF_ERRORS = f"""\
{SECRET}: {SECRET}
receivers:
  listen:
    endpoint: {SECRET}
    listen_address: {SECRET}
    tls: {SECRET}
    tokens: {{{SECRET}}}
    headers: [{SECRET}]
    peers: [{SECRET}, {{cert_file: [{SECRET}], version: {SECRET}, {SECRET}: 1}}]
    either: {SECRET}
    count: {SECRET}
    ratio: {SECRET}
    strict: {SECRET}
    timeout: {SECRET}
    room: {SECRET}
    mode: {SECRET}
    name: {SECRET}
    {SECRET}: {SECRET}
    {SECRET}: again
  listen/b:
    tokens: [{NUMBER}, '${{file:token}}', '${{env:SECRET}}']
    endpoint: ${{env:SECRET}}
    name: ${{file:token}}
    count: {NUMBER}
    either: [{SECRET}, '${{env:SECRET}}']
  listen/c: {SECRET}
  listen/d: {{endpoint: '${{{SECRET}}}', name: '${{env:{SECRET}}}', mode: '${{a:{SECRET}}}'}}
  listen/e: {{<<: {SECRET}, endpoint: !{SECRET} x}}
  {SECRET}: {{}}
  listen/{SECRET}: {{}}
processors: [{SECRET}]
exporters:
  send: {{url: {SECRET}, token: {NUMBER}, level: {NUMBER}, {SECRET}: {SECRET}}}
  send/b: {{url: https://x/{SECRET}/, sending_queue: {SECRET}, batch: {{{SECRET}}}}}
  send/c: {{url: https://quoted/{SECRET}}}
  send/d: {{url: https://broken/{SECRET}}}
  greedy: {{queue: {SECRET}}}
service:
  data_dir: [{SECRET}]
  workers: {SECRET}
  admin: {{endpoint: {SECRET}}}
  log: {{level: {SECRET}, format: {SECRET}}}
  shutdown_timeout: {SECRET}
  {SECRET}: {SECRET}
  pipelines:
    logs: {{receivers: [{SECRET}, {NUMBER}], exporters: {SECRET}, {SECRET}: 1}}
    {SECRET}: {SECRET}
"""

BROKEN_YAML = [
    f"a: *{SECRET}",
    f"a: !{SECRET[:30]}!b c",
    f'a: "{SECRET}',
    f'a: "\\{SECRET}"',
    f"a: {SECRET}: b",
    f"a: [{SECRET}\nb: c",
    f"a: 1\n{SECRET}\nb: 2",
    f"a: @{SECRET}",
    f"%{SECRET}\n---\n%{SECRET}",
    f"{SECRET}\x07",
    f"--- {SECRET}\n--- {SECRET}",
    f"&{SECRET} {{a: &{SECRET} *{SECRET}}}",
]


def leaks(text: str) -> bool:
    return any(part in text for part in ("CANARY", "SECRETSECR", NUMBER))


def failure(text: str, directory: Path) -> ConfigError:
    path = directory / "conf.yaml"
    path.write_text(text)
    (directory / "token").write_text(SECRET)
    with pytest.raises(ConfigError) as caught:
        load(path, {"SECRET": SECRET})
    return caught.value


def test_a_file_full_of_errors_shows_no_secret(tmp_path: Path) -> None:
    error = failure(FULL_OF_ERRORS, tmp_path)
    assert len(error.problems) > 60
    for problem in error.problems:
        assert not leaks(str(problem)), problem
        assert not leaks(repr(problem)), problem
    assert not leaks("".join(traceback.format_exception(error)))


def test_every_line_with_an_error_is_reported(tmp_path: Path) -> None:
    reported = {p.line for p in failure(FULL_OF_ERRORS, tmp_path).problems if p.level == "error"}
    lines = FULL_OF_ERRORS.splitlines()
    wrong = {n for n, line in enumerate(lines, 1) if SECRET in line or NUMBER in line}
    sound = {n for n, line in enumerate(lines, 1) if "quoted" in line or "broken" in line}
    assert wrong - reported == sound


@pytest.mark.parametrize("text", BROKEN_YAML)
def test_broken_yaml_shows_no_secret(text: str, tmp_path: Path) -> None:
    error = failure(text, tmp_path)
    assert not leaks("".join(traceback.format_exception(error)))


def test_a_description_shows_no_secret_nor_what_came_in_from_outside(
    described: Callable[..., Description], tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(SECRET)
    description = described(
        """\
        receivers: {listen: {headers: {a: '${env:SECRET}'}, tokens: ['${file:token}']}}
        exporters: {send: {url: 'https://${env:SECRET}', token: '${env:SECRET}'}}
        service: {pipelines: {logs: {receivers: [listen], exporters: [send]}}}
        """,
        SECRET=SECRET,
    )
    config = description.components["exporters", "send"].config
    assert SECRET in config.model_dump()["url"]
    assert not leaks(repr(description))
    assert not leaks(str(description))
