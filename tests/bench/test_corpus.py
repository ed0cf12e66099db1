"""What the bench sends."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from pathlib import Path

import msgpack
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from twisted.trial.unittest import SynchronousTestCase

from collector.api import AutoFraming
from tests.bench.corpus import FORMS, FORWARD_FORMS, HTTP_FORMS, OTLP_FORMS, lines, write
from tests.bench.parcels import parcels

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
            found = parcels(write(Path(self.mktemp()), form, 2500).path.read_bytes())
            self.assertEqual([events for _, events in found], [1000, 1000, 500])
            texts: list[bytes] = []
            for frame, _ in found:
                payload = msgpack.unpackb(frame)[1]
                texts += re.findall(
                    rb"id=(\d{12})", gzip.decompress(payload) if how.compressed else payload
                )
            self.assertEqual(list(map(int, texts)), list(range(2500)))

    def test_otlp_messages_hold_every_message_once(self) -> None:
        for form, http in OTLP_FORMS.items():
            ids: list[int] = []
            for request, number in parcels(write(Path(self.mktemp()), form, 250).path.read_bytes()):
                head, end, body = bytes(request).partition(b"\r\n\r\n")
                self.assertEqual(bool(end), http)
                found = ExportLogsServiceRequest.FromString(body if http else head)
                records = found.resource_logs[0].scope_logs[0].log_records
                self.assertEqual(len(records), number)
                ids += [int(record.body.string_value[-12:]) for record in records]
            self.assertEqual(ids, list(range(250)))

    def test_http_requests_hold_every_message_once(self) -> None:
        for form, events in HTTP_FORMS.items():
            found = parcels(write(Path(self.mktemp()), form, 250).path.read_bytes())
            self.assertEqual(sum(number for _, number in found), 250)
            ids: list[int] = []
            for request, number in found:
                head, _, body = bytes(request).partition(b"\r\n\r\n")
                self.assertIn(b"Content-Length: %d" % len(body), head)
                records = json.loads(body)
                self.assertEqual(len(records), min(events, number))
                ids += [int(record["content"][-12:]) for record in records]
            self.assertEqual(ids, list(range(250)))
