"""Compression: gzip that everybody can read, whichever library made it."""

from __future__ import annotations

import gzip
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.outputs.gzip import compressor, expand

TEXT = b"the same line again and again\n" * 1000


class GzipTests(SynchronousTestCase):
    @given(st.binary())
    def test_what_goes_in_comes_out(self, body: bytes) -> None:
        choices: tuple[Literal["fast", "small"], ...] = ("fast", "small")
        for choice in choices:
            compress = compressor(choice)
            assert compress is not None
            self.assertEqual(gzip.decompress(compress(body)), body)
            self.assertEqual(expand(compress(body)), body)

    def test_small_is_smaller_than_fast_and_both_than_nothing(self) -> None:
        small, fast = compressor("small"), compressor("fast")
        assert small is not None
        assert fast is not None
        self.assertLess(len(small(TEXT)), len(TEXT) / 50)
        self.assertLess(len(fast(TEXT)), len(TEXT) / 20)

    def test_none_is_none(self) -> None:
        self.assertIsNone(compressor("none"))
