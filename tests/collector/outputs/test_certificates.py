"""When certificates expire: as a metric, and as a warning in time."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector.outputs.certificates import Certificates
from collector.testing import context
from tests.collector.outputs.http_case import logged_in

DAY = 86_400.0
NOW = 1_800_000_000.0


class CertificatesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.now = NOW
        self.context = context("exporter", "dynatrace")
        self.certificates = Certificates(self.context, lambda: self.now)
        self.logged = logged_in(self)

    def metrics(self) -> list[str]:
        lines = self.context.metrics.text().decode().splitlines()
        return [line for line in lines if line.startswith("otelcol_exporter_certificate")]

    def test_a_gauge_from_the_first_handshake(self) -> None:
        self.assertEqual(self.metrics(), [])
        for _ in range(2):
            self.certificates.seen("dt.example", 443, NOW + 100)
        self.now += 10
        name = "otelcol_exporter_certificate_expiry_seconds"
        labels = 'exporter="dynatrace",server_address="dt.example",server_port="443"'
        self.assertEqual(self.metrics(), [f"{name}{{{labels}}} 90.0"])
        self.certificates.seen("::1", 9999, NOW - 10)
        self.assertEqual([line.split()[-1] for line in self.metrics()], ["90.0", "-20.0"])
        self.certificates.seen("dt.example", 443, NOW + 1000)
        self.assertEqual(self.metrics()[0].split()[-1], "990.0")

    def test_a_warning_once_a_day(self) -> None:
        self.certificates.seen("dt.example", 443, NOW + 15 * DAY)
        self.certificates.warn()
        self.assertEqual(self.logged, [])
        self.now += 1.5 * DAY
        for _ in range(3):
            self.certificates.warn()
        (line,) = self.logged
        said = "dynatrace: the certificate of dt.example:443 expires on 2027-01-30 at 08:00 UTC, "
        self.assertIn("#warn] " + said + "have it renewed", line)
        self.certificates.seen("::1", 9999, NOW + 2 * DAY)
        self.certificates.warn()
        self.assertIn("[::1]:9999", self.logged.pop())
        self.now += DAY
        self.certificates.warn()
        self.assertEqual(len(self.logged), 3)
        self.certificates.seen("dt.example", 443, NOW + 90 * DAY)
        self.certificates.seen("::1", 9999, NOW + 90 * DAY)
        self.now += DAY
        self.certificates.warn()
        self.assertEqual(len(self.logged), 3)
