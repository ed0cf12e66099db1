"""What a command is told of a place: a configuration or a data directory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from collector.run.cli.place import Place, PlaceError


def configuration(data_dir: Path, exporters: Mapping[str, object]) -> str:
    pipeline = {"receivers": ["generate"], "exporters": list(exporters)}
    service = {"data_dir": str(data_dir), "pipelines": {"logs": pipeline}}
    return json.dumps({"receivers": {"generate": {}}, "exporters": exporters, "service": service})


def test_a_directory_is_the_data_directory(tmp_path: Path) -> None:
    assert Place.of(str(tmp_path)) == Place(tmp_path)


def test_a_configuration_names_it(tmp_path: Path) -> None:
    config = tmp_path / "a.yaml"
    exporters = {"null": {}, "null/m": {"queue": {"type": "memory"}}}
    config.write_text(configuration(tmp_path / "data", exporters))
    place = Place.of(str(config))
    assert place.data_dir == tmp_path / "data"
    assert place.description is not None
    assert place.description.disk_queues == {"null": 1 << 30}


def test_anything_else_is_refused_with_its_problems(tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match="nowhere"):
        Place.of(str(tmp_path / "nowhere"))
