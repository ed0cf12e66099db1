"""Configurations of the OpenTelemetry Collector, each beside what becomes of it here.

After a change that is meant: `collector import otelcol.yaml > collector.yaml`, and read the diff.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from collector.config.load import check
from collector_import.importing import Imported, imported

DIRECTORIES = sorted((Path(__file__).parent / "configurations").iterdir())
#: The variables that they name.
ENVIRONMENT = {
    "API_KEY": "key",
    "DT_API_TOKEN": f"dt0c01.{'A' * 24}.{'B' * 64}",
    "DT_ENDPOINT": "https://abc12345.live.dynatrace.com",
    "EXPORTER_AUTHORIZATION": "b3V0",
    "HOME": "/home/me",
    "HOSTNAME": "gw1",
    "MY_POD_IP": "10.0.0.7",
    "OTLP_URL": "https://a.example.com",
    "RECEIVER_TOKEN": "in",
    "SENDERS_TOKEN": "in",
    "TIMEOUT": "5s",
}
#: Scalars that stand in them as secrets.
SECRETS = ("s3cr3t-of", "pa55word", "a-literal-secret", "elastic-password", "apr1", "00000000-0000")


@functools.cache
def found_of(directory: Path) -> Imported:
    """What becomes of the configuration in a directory."""
    return imported(directory / "otelcol.yaml")


each = pytest.mark.parametrize("directory", DIRECTORIES, ids=lambda path: path.name)


@each
def test_a_configuration_becomes_what_stands_beside_it(directory: Path) -> None:
    assert found_of(directory).text == (directory / "collector.yaml").read_text()


@each
def test_what_stands_there_is_valid(directory: Path, tmp_path: Path) -> None:
    path = tmp_path / "collector.yaml"
    text = (directory / "collector.yaml").read_text()
    path.write_text(text.replace("${file:/etc/otelcol/token}", "${file:token}"))
    (tmp_path / "token").write_text("dt0c01.ABC.DEF")
    assert [str(each) for each in check(path, ENVIRONMENT) if each.level == "error"] == []


@each
def test_no_comment_is_lost(directory: Path) -> None:
    source = (directory / "otelcol.yaml").read_text()
    here = (directory / "collector.yaml").read_text()
    for comment in re.findall(r"(?:^|\s)(# .*)", source):
        assert comment in here


@each
def test_every_line_that_is_gone_is_named(directory: Path) -> None:
    """Each line of the source has something that is carried, or a comment has its number."""
    found = found_of(directory)
    text = found.text
    spans = re.findall(r"\((?:lines (\d+)-(\d+)|line (\d+))\)", " ".join(text.split("#")))
    gone = {
        n for first, last, only in spans for n in range(int(first or only), int(last or only) + 1)
    }
    values = set(map(str, _scalars(YAML(typ="safe", pure=True).load(text))))
    for n, line in enumerate((directory / "otelcol.yaml").read_text().splitlines(), 1):
        said = re.search(r"^\s*(?:- )?(\w+): ([\w./]{6,})$", line)
        if said and said[2] not in values and n not in gone:
            raise AssertionError(f"line {n} has become nothing: {line}")


@each
def test_no_secret_gets_to_another_place(directory: Path) -> None:
    found = found_of(directory)
    said = found.text + "".join(note.text for note in found.notes)
    assert [secret for secret in SECRETS if secret in said] == []


def test_there_are_more_than_fifteen_and_all_secrets_are_in_them() -> None:
    assert len(DIRECTORIES) > 15
    all_of_them = "".join((each / "otelcol.yaml").read_text() for each in DIRECTORIES)
    assert all(secret in all_of_them for secret in SECRETS)


def _scalars(value: object) -> list[object]:
    if isinstance(value, dict):
        return [one for key, below in value.items() for one in (key, *_scalars(below))]
    if isinstance(value, list):
        return [one for below in value for one in _scalars(below)]
    return [value]
