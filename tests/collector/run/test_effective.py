"""The configuration in effect, without secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector.config.load import load
from collector.run.effective import effective
from collector.run.hidden import secrets_in
from collector.run.redactor import Redactor

CANARY = "canary-9d8e7f"
TOKEN = "dt0c01.CANARYCANARYCANARYCANARY." + "CANARYSECRETSECR" * 4


class EffectiveTests(SynchronousTestCase):
    def effective(self, **exporter: Any) -> dict[str, Any]:
        file = Path(self.mktemp())
        said = {
            "receivers": {
                "syslog": {"tcp": {"endpoint": "127.0.0.1:0"}},
                "own": {"type": "collector_debug.generate:GenerateReceiver"},
                "fluent_forward": {
                    "endpoint": "127.0.0.1:0",
                    "security": {"shared_key": [CANARY, "k"]},
                },
            },
            "exporters": {
                "dynatrace": {"endpoint": "http://127.0.0.1:1", "api_token": TOKEN, **exporter}
            },
            "service": {
                "data_dir": "data",
                "pipelines": {
                    "logs": {
                        "receivers": ["syslog", "fluent_forward"],
                        "exporters": ["dynatrace"],
                    }
                },
            },
        }
        file.write_text(json.dumps(said))
        description = load(file)
        return effective(description, Redactor(secrets_in(description)))

    def test_has_what_was_said_and_what_was_not(self) -> None:
        said = self.effective()
        self.assertEqual(said["receivers"]["syslog"]["tcp"]["endpoint"], "127.0.0.1:0")
        self.assertEqual(said["receivers"]["syslog"]["timezone"], "UTC")
        self.assertEqual(said["exporters"]["dynatrace"]["queue"]["type"], "disk")
        self.assertEqual(said["service"]["pipelines"]["logs"]["exporters"], ["dynatrace"])

    def test_the_class_of_a_component_is_said_where_it_is_the_users(self) -> None:
        said = self.effective()
        self.assertEqual(
            said["receivers"]["own"]["type"], "collector_debug.generate:GenerateReceiver"
        )
        self.assertNotIn("type", said["receivers"]["syslog"])

    def test_durations_and_sizes_stand_as_they_are_written(self) -> None:
        said = self.effective()
        self.assertEqual(said["receivers"]["syslog"]["tcp"]["max_frame_size"], "64KiB")
        self.assertEqual(said["exporters"]["dynatrace"]["batch"]["max_age"], "1s")
        self.assertEqual(said["service"]["shutdown_timeout"], "25s")

    def test_no_secret_is_in_it(self) -> None:
        proxy = f"http://user:{CANARY}@proxy.example:1"
        said = self.effective(proxy=proxy, attributes={"note": f"the key is {CANARY}"})
        text = json.dumps(said)
        self.assertNotIn(CANARY, text)
        self.assertNotIn("CANARYSECRET", text)
        self.assertEqual(said["exporters"]["dynatrace"]["proxy"], "http://proxy.example:1")
        self.assertEqual(said["exporters"]["dynatrace"]["attributes"]["note"], "the key is ***")
