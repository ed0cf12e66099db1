"""Pins as users write them, and the command that prints one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from unittest import skipUnless

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.outputs.pins import pin
from tests.collector.outputs.authority import Authority, pin_of

DIGEST = bytes(range(200, 232))
SHOWN = "sha256//yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc="
_PAGE = Path(__file__).parents[3] / "docs" / "operations.md"


class PinTests(SynchronousTestCase):
    def test_the_usual_spellings(self) -> None:
        digits = DIGEST.hex()
        base64 = SHOWN.removeprefix("sha256//")
        for text in (
            SHOWN,
            base64,
            f" sha256/{base64}\n",
            f"SHA256:{digits}",
            digits.upper(),
            DIGEST.hex(":"),
        ):
            self.assertEqual(pin(text), SHOWN)

    def test_everything_else_is_refused(self) -> None:
        for bad in (
            "",
            None,
            7,
            "sha256//",
            SHOWN[:-1],
            "0" * 63,
            "0" * 40,
            "z" * 64,
            "md5:" + SHOWN,
        ):
            with self.assertRaises(ValueError):
                pin(bad)

    @settings(max_examples=50)
    @given(st.text() | st.integers() | st.none() | st.lists(st.text()))
    def test_nothing_else_is_raised(self, value: object) -> None:
        with self.assertRaises(ValueError):
            pin(value)

    @skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_the_documented_command_prints_one(self) -> None:
        pem = Authority().issue()
        (pipe,) = re.findall(r"\| (openssl x509 .*)\n", _PAGE.read_text())
        said = subprocess.run(pipe, shell=True, input=pem, capture_output=True, check=True)  # noqa: S602
        self.assertEqual(pin(said.stdout.decode().split()[-1]), pin(pin_of(pem)))
