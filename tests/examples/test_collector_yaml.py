"""The configuration of all examples."""

from __future__ import annotations

from pathlib import Path

from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from collector.config.load import load
from collector.config.schema import schema

_EXAMPLES = Path(__file__).parent.parent.parent / "examples"
_FILE = _EXAMPLES / "collector.yaml"


def test_it_is_valid_and_has_every_example() -> None:
    description = load(_FILE)
    assert description.warnings == ()
    modules = {spec.type.partition(":")[0] for spec in description.components.values()}
    assert modules == {path.stem for path in _EXAMPLES.glob("*.py")}


def test_its_schema_knows_the_keys_of_the_examples() -> None:
    validator = Draft202012Validator(schema(load(_FILE)))
    said = YAML(typ="safe").load(_FILE.read_text())
    assert list(validator.iter_errors(said)) == []
    said["receivers"]["orders"]["steam"] = "x"
    assert [error.json_path for error in validator.iter_errors(said)] == ["$.receivers.orders"]
