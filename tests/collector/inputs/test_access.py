"""What may be said of whose input a listener takes."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from twisted.trial.unittest import SynchronousTestCase

from collector.inputs.access import AccessOptions


class AccessOptionsTests(SynchronousTestCase):
    def test_the_peers_of_a_unix_socket_have_no_address_to_go_by(self) -> None:
        AccessOptions(endpoint="unix:///run/c.sock")
        AccessOptions(endpoint="127.0.0.1:1", allowed_sources=("10.0.0.0/8",))
        said: dict[str, Any]
        for said in ({"allowed_sources": ["10.0.0.0/8"]}, {"trusted_proxies": ["10.0.0.1"]}):
            with self.assertRaisesRegex(ValidationError, "socket_mode"):
                AccessOptions.model_validate({"endpoint": "unix:///run/c.sock", **said})
