"""What the bench sends."""

from __future__ import annotations

import gzip
import itertools
import re
from pathlib import Path

import msgpack
from twisted.trial.unittest import SynchronousTestCase

from collector.api import AutoFraming
from tests.bench.corpus import FORMS, FORWARD_FORMS, lines, write
from tests.bench.forwarding import frames

ID = re.compile(rb"id=(\d{12})\Z")


class CorpusTests(SynchronousTestCase):
    """Lines and files of them."""

    def test_is_the_same_for_the_same_seed(self) -> None:
        """Two runs, also on two machines, send the same."""
        once, again = (list(lines(500, seed=1, start=1e9)) for _ in range(2))
        self.assertEqual(once, again)

    def test_has_the_mix_that_it_promises(self) -> None:
        """All hosts, every program, structured data in a third."""
        some = list(itertools.islice(lines(20_000), 5000))
        self.assertEqual(len({line.host for line in some}), 200)
        self.assertEqual(len({line.program for line in some}), 8)
        self.assertApproximates(sum(line.data != "-" for line in some) / 5000, 1 / 3, 0.05)

    def test_frames_come_out_whole_and_end_with_their_numbers(self) -> None:
        """In every form, whatever the framing; 200 to 260 bytes each."""
        for form in FORMS:
            corpus = write(Path(self.mktemp()), form, 1000)
            cut = AutoFraming().feed(corpus.path.read_bytes())
            frames = cut.splitlines() if isinstance(cut, bytes) else cut
            found = [ID.search(frame) for frame in frames]
            self.assertEqual([int(id_[1]) for id_ in found if id_], list(range(1000)), form)
            self.assertApproximates(corpus.size / 1000, 220, 45, form)

    def test_forward_frames_hold_every_message_once(self) -> None:
        """Compressed or not, a thousand a frame and the rest in the last."""
        for form, how in FORWARD_FORMS.items():
            found = frames(write(Path(self.mktemp()), form, 2500).path.read_bytes())
            self.assertEqual([events for _, events in found], [1000, 1000, 500])
            texts: list[bytes] = []
            for frame, _ in found:
                payload = msgpack.unpackb(frame)[1]
                texts += re.findall(
                    rb"id=(\d{12})", gzip.decompress(payload) if how.compressed else payload
                )
            self.assertEqual(list(map(int, texts)), list(range(2500)))
