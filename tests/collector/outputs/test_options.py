"""What a user may say of any exporter."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector.outputs.options import OutletOptions


class OutletOptionsTests(SynchronousTestCase):
    def test_gzip_is_opentelemetrys_word_for_fast(self) -> None:
        said = OutletOptions.model_validate({"compression": "gzip"})
        self.assertEqual(said.compression, "fast")
