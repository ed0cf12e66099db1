"""docs/ottl.md lists what there is."""

from __future__ import annotations

import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from collector_transform.ottl.converters.every import CONVERTERS
from collector_transform.ottl.editors import EDITORS

_PAGE = (Path(__file__).parents[5] / "docs" / "ottl.md").read_text()


class DocumentationTests(SynchronousTestCase):
    def test_names_every_editor_and_every_converter_and_no_other(self) -> None:
        editors, _, rest = _PAGE.partition("## Converters")[0].rpartition("## Editors")
        self.assertIn("## Paths", editors)
        for name in (*EDITORS, "set", "drop"):
            self.assertIn(f"`{name}`", rest)
        table = _PAGE.partition("## Converters")[2].partition("\n\n`ParseJSON`")[0]
        self.assertEqual(set(re.findall(r"`(\w+)`", table)), set(CONVERTERS))
