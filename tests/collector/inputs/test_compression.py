"""gzip and zstd, member by member, within a limit."""

from __future__ import annotations

import gzip
import os
import sys

from twisted.trial.unittest import SynchronousTestCase

from collector.inputs.compression import Damaged, TooLong, expand, is_compressed

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

NOISE = os.urandom(700_000)
_LIMIT = 1 << 21
_SKIPPED = b"\x5a\x2a\x4d\x18\x03\0\0\0abc"


class ExpandTests(SynchronousTestCase):
    def reason(self, payload: bytes, limit: int = _LIMIT) -> type[Exception]:
        with self.assertRaises((Damaged, TooLong)) as caught:
            expand(payload, limit)
        return type(caught.exception)

    def test_one_member_and_several(self) -> None:
        for member in (gzip.compress(NOISE), zstd.compress(NOISE)):
            self.assertTrue(is_compressed(member))
            self.assertEqual(expand(member, _LIMIT), NOISE)
            self.assertEqual(expand(member * 2, _LIMIT), NOISE * 2)

    def test_members_of_both_kinds(self) -> None:
        payload = _SKIPPED + gzip.compress(b"a") + zstd.compress(b"b") + _SKIPPED
        self.assertEqual(expand(payload, 10), b"ab")

    def test_zeros_behind_the_last_member(self) -> None:
        self.assertEqual(expand(gzip.compress(b"a") + b"\0" * 9, 10), b"a")

    def test_a_bomb_ends_at_the_limit(self) -> None:
        for bomb in (gzip.compress(bytes(1 << 24), 1), zstd.compress(bytes(1 << 24))):
            self.assertEqual(self.reason(bomb), TooLong)

    def test_exactly_the_limit_is_taken(self) -> None:
        for member in (gzip.compress(b"abc"), zstd.compress(b"abc")):
            self.assertEqual(expand(member, 3), b"abc")
            self.assertEqual(self.reason(member, 2), TooLong)

    def test_damage_is_told(self) -> None:
        for member in (gzip.compress(NOISE), zstd.compress(NOISE)):
            for bad in (member[:-3], member[:100], member + b"xyz", member[:-4] + b"abcd"):
                if member.startswith(b"\x1f") or bad[:-4] != member[:-4]:
                    self.assertEqual(self.reason(bad), Damaged)

    def test_a_window_larger_than_needed_is_refused(self) -> None:
        wide = {int(zstd.CompressionParameter.window_log): 27}
        self.assertEqual(self.reason(zstd.compress(NOISE * 60, options=wide)), Damaged)

    def test_very_many_members(self) -> None:
        self.assertEqual(expand(gzip.compress(b"x") * 5000, _LIMIT), b"x" * 5000)
