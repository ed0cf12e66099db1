"""Whether an editor would say of a file what `check` says, judged by a validator of others."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from twisted.trial.unittest import SynchronousTestCase

from collector.config.load import load
from collector.config.schema import schema
from tests import documents

_ROOT = Path(__file__).parent.parent.parent.parent
_SECTIONS = ("receivers", "processors", "exporters", "service")

PIPELINES = {"pipelines": {"logs": {"receivers": ["syslog"], "exporters": ["null"]}}}
SMALLEST: dict[str, Any] = {
    "receivers": {"syslog": {"udp": {"endpoint": "127.0.0.1:5514"}}},
    "exporters": {"null": None},
    "service": {**PIPELINES, "data_dir": "data"},
}


@cache
def _made() -> dict[str, Any]:
    """Once, and not before a test needs it."""
    return schema()


class SchemaTestCase(SynchronousTestCase):
    schema: ClassVar[dict[str, Any]]
    validator: ClassVar[Draft202012Validator]

    @classmethod
    def setUpClass(cls) -> None:
        cls.schema = _made()
        cls.validator = Draft202012Validator(cls.schema)

    def faults(self, file: Any) -> list[str]:
        return [error.json_path for error in self.validator.iter_errors(file)]

    def receiver(self, **said: Any) -> dict[str, Any]:
        return {**SMALLEST, "receivers": {"syslog": {**said}}}


class RightFilesTests(SchemaTestCase):
    def test_the_schema_is_one(self) -> None:
        Draft202012Validator.check_schema(self.schema)

    def test_the_configurations_that_come_along(self) -> None:
        for path in sorted((_ROOT / "conf").glob("*.yaml")):
            self.assertEqual(self.faults(YAML(typ="safe").load(path.read_text())), [], path.name)

    def test_every_example_of_the_documentation(self) -> None:
        count = 0
        for block in documents.configurations():
            said = documents.read_yaml(block.text)
            if said.keys() & set(_SECTIONS) == said.keys():
                if "service" in said:
                    said["service"].setdefault("pipelines", {})
                self.assertEqual(self.faults({**SMALLEST, **said}), [], str(block))
                count += 1
        self.assertGreater(count, 10)

    def test_substitutions_stand_for_anything(self) -> None:
        tcp = {"endpoint": "${env:AT}", "max_connections": "${env:MOST:-7}"}
        self.assertEqual(self.faults(self.receiver(tcp=tcp, keep_raw="${env:RAW}")), [])

    def test_other_spellings_and_the_cores_keys(self) -> None:
        self.assertEqual(self.faults(self.receiver(location="UTC", ack="delivered")), [])
        said = {**SMALLEST, "exporters": {"null/x": {"sending_queue": {"type": "memory"}}}}
        self.assertEqual(self.faults(said), [])

    def test_a_class_of_a_module_has_keys_that_nobody_knows(self) -> None:
        mine = {"type": "my.module:Mine", "whatever": [1]}
        said = {**SMALLEST, "receivers": {"mine/here": mine}}
        self.assertEqual(self.faults(said), [])

    def test_with_a_file_the_keys_of_its_classes_are_known(self) -> None:
        block = {"type": "collector_debug.generate:GenerateReceiver", "rate": 5}
        said = {
            "receivers": {"mine": block},
            "exporters": {"out": {"type": "collector_debug.null:NullExporter"}},
            "service": {"pipelines": {"logs": {"receivers": ["mine"], "exporters": ["out"]}}},
        }
        path = Path(self.mktemp())
        path.write_text(json.dumps(said))
        validator = Draft202012Validator(schema(load(path)))
        self.assertEqual(list(validator.iter_errors(said)), [])
        block["rat"] = 5
        (error,) = validator.iter_errors(said)
        self.assertEqual(error.json_path, "$.receivers.mine")


class WrongFilesTests(SchemaTestCase):
    def test_unknown_sections_types_and_keys(self) -> None:
        self.assertEqual(self.faults({**SMALLEST, "reciever": {}}), ["$"])
        self.assertEqual(
            self.faults({**SMALLEST, "receivers": {"sislog": {}}}), ["$.receivers.sislog"]
        )
        self.assertTrue(self.faults(self.receiver(tpc={})))
        service = {"service": {**SMALLEST["service"], "wrokers": 1}}
        self.assertEqual(self.faults({**SMALLEST, **service}), ["$.service"])

    def test_wrong_types_and_choices(self) -> None:
        wrong: dict[str, Any] = {"keep_raw": "yes please", "protocol": "rfc9999", "sources": {}}
        for key, value in wrong.items():
            self.assertTrue(self.faults(self.receiver(**{key: value})), key)

    def test_what_is_missing(self) -> None:
        self.assertTrue(self.faults(self.receiver(udp={})))
        self.assertTrue(self.faults({"receivers": {}, "exporters": {}}))


class ExplanationTests(SchemaTestCase):
    def of(self, model: str) -> Any:
        return self.schema["$defs"][model]["properties"]

    def test_defaults_stand_as_they_are_written(self) -> None:
        self.assertEqual(self.of("BatchOptions")["max_age"]["default"], "1s")
        self.assertEqual(self.of("StreamOptions")["max_frame_size"]["default"], "64KiB")

    def test_keys_are_explained(self) -> None:
        said = self.of("StreamOptions")["max_connections"]["description"]
        self.assertEqual(said, "Connections at once. More are closed and counted.")
