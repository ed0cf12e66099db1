"""Durations, sizes and endpoints as users write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from twisted.trial.unittest import SynchronousTestCase

from collector.fields import (
    Duration,
    Endpoint,
    FileMode,
    Size,
    StreamEndpoint,
    is_local,
    is_loopback,
    seconds,
    shown_endpoint,
    size,
    split_endpoint,
    unix_path,
    written_duration,
    written_size,
)

ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()


class Model(BaseModel):
    timeout: Duration = 1.0
    room: Size = 1
    endpoint: Endpoint = "[::]:1"


class DurationTests(SynchronousTestCase):
    def test_units(self) -> None:
        for text, wanted in {
            "500ms": 0.5,
            "1s": 1,
            "1h30m": 5400,
            "1.5h": 5400,
            "2d": 172800,
            "250us": 0.00025,
            " 3s ": 3,
            "0": 0,
        }.items():
            self.assertAlmostEqual(seconds(text), wanted)

    def test_zero_and_defaults_need_no_unit(self) -> None:
        self.assertEqual((seconds(0), seconds(2.5)), (0, 2.5))

    def test_what_is_no_time_to_wait_is_refused(self) -> None:
        wrong: list[Any] = [5, "5", "", "s", "-1s", "1 h", "1x", None, False, True, [], -1.0]
        wrong += [float("inf"), float("nan"), "9" * 400 + "s"]
        for value in wrong:
            self.assertRaises(ValueError, seconds, value)

    @given(ANYTHING)
    def test_anything_is_finite_or_a_value_error(self, value: Any) -> None:
        try:
            found = seconds(value)
        except ValueError:
            return
        self.assertTrue(0 <= found < float("inf"))


class SizeTests(SynchronousTestCase):
    def test_units(self) -> None:
        for text, wanted in {
            "512": 512,
            "64KiB": 65536,
            "1MB": 10**6,
            "1.5 GiB": 3 << 29,
            "2tib": 2 << 40,
            "7b": 7,
        }.items():
            self.assertEqual(size(text), wanted)
        self.assertEqual(size(0), 0)

    def test_what_is_no_size_is_refused(self) -> None:
        for value in ("", "x", "1 XB", -1, "-1", 1.5, True, None, "9" * 400, "1e3"):
            self.assertRaises(ValueError, size, value)

    @given(ANYTHING)
    def test_anything_is_a_size_or_a_value_error(self, value: Any) -> None:
        try:
            self.assertGreaterEqual(size(value), 0)
        except ValueError:
            return


class EndpointTests(SynchronousTestCase):
    def test_host_and_port(self) -> None:
        for text, wanted in {
            "127.0.0.1:5514": ("127.0.0.1", 5514),
            "[::1]:80": ("::1", 80),
            "[::]:0": ("::", 0),
            "localhost:65535": ("localhost", 65535),
            ":514": ("::", 514),
        }.items():
            self.assertEqual(split_endpoint(text), wanted)

    def test_what_cannot_be_listened_on_is_refused(self) -> None:
        for text in ("", "localhost", "::1:80", "h:", "h:x", "h:65536", "[x]:1", "h:-1", "h:1²"):
            self.assertRaises(ValueError, split_endpoint, text)

    def test_a_host_that_no_resolver_takes_is_refused(self) -> None:
        long_name = ".".join(["a" * 50] * 6)
        for host in ("a" * 64, long_name, "a..b", ".a", "a b", "a/b", "ä" * 63, "[::1%\0]"):
            error = self.assertRaises(ValueError, split_endpoint, f"{host}:1")
            self.assertNotIn(host, str(error))
        for host in ("a" * 63, "my_host", "host.example.", "bücher.example"):
            self.assertEqual(split_endpoint(f"{host}:1"), (host, 1))

    def test_a_port_out_of_range_has_its_own_sentence(self) -> None:
        for port in (65536, "9" * 5000):
            error = self.assertRaises(ValueError, split_endpoint, f"h:{port}")
            self.assertEqual(str(error), "expected a port from 0 to 65535")

    @given(st.text())
    def test_any_text_is_an_endpoint_or_a_value_error(self, text: str) -> None:
        try:
            _, port = split_endpoint(text)
        except ValueError:
            return
        self.assertTrue(0 <= port <= 65535)

    def test_loopback_is_this_machine_only(self) -> None:
        for host in ("localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "x.localhost"):
            self.assertTrue(is_loopback(host), host)
        for host in ("", "::", "0.0.0.0", "example.com", "localhost.example.com", "10.0.0.1"):
            self.assertFalse(is_loopback(host), host)


class ModelTests(SynchronousTestCase):
    def test_a_model_holds_plain_values(self) -> None:
        model = Model.model_validate({"timeout": "1m", "room": "1KiB", "endpoint": "[::1]:514"})
        self.assertEqual((model.timeout, model.room, model.endpoint), (60.0, 1024, "[::1]:514"))

    def test_every_mistake_is_reported(self) -> None:
        wrong = {"timeout": 5, "room": "much", "endpoint": "here"}
        error = self.assertRaises(ValidationError, Model.model_validate, wrong)
        self.assertEqual(len(error.errors()), 3)

    def test_the_json_schema_takes_what_users_write(self) -> None:
        said = Model.model_json_schema()["properties"]
        self.assertEqual(said["timeout"]["type"], ["string", "integer"])
        self.assertEqual(said["timeout"]["maximum"], 0)
        self.assertEqual(said["room"]["type"], ["integer", "string"])


class ShownTests(SynchronousTestCase):
    def test_endpoints_are_shown_as_they_are_written(self) -> None:
        for text in ("127.0.0.1:514", "[::1]:5514", "host.example:1"):
            self.assertEqual(shown_endpoint(*split_endpoint(text)), text)

    def test_durations_and_sizes_are_written_as_they_are_read(self) -> None:
        for text in ("0", "250us", "500ms", "90s", "1m", "36h", "2d"):
            self.assertEqual(written_duration(seconds(text)), text)
        self.assertEqual(written_duration(1.5), "1500ms")
        for text in ("0", "1000", "64KiB", "3MiB", "1GiB", "2TiB"):
            self.assertEqual(written_size(size(text)), text)


class Door(BaseModel):
    endpoint: StreamEndpoint = "[::]:1"
    mode: FileMode = "0660"


class UnixTests(SynchronousTestCase):
    def test_a_path_is_an_endpoint_of_a_stream(self) -> None:
        said = Door(endpoint="unix:///run/in.sock").endpoint
        self.assertEqual(unix_path(said), Path("/run/in.sock"))
        self.assertEqual(shown_endpoint("/run/in.sock", 0), said)
        self.assertIsNone(unix_path(Door(endpoint="[::]:5514").endpoint))

    def test_a_path_is_no_endpoint_of_datagrams(self) -> None:
        self.assertRaises(ValidationError, Model, endpoint="unix:///run/in.sock")

    def test_what_is_nearly_one_is_shown_how(self) -> None:
        for text in ("/run/x", "unix:/run/x", "unix://run/x", "unix://", "unix:///", "unix:///a\0"):
            error = self.assertRaises(ValidationError, Door, endpoint=text)
            self.assertIn("expected unix:// and an absolute path", str(error))

    def test_abstract_sockets_are_refused_with_the_reason(self) -> None:
        error = self.assertRaises(ValidationError, Door, endpoint="unix://@in")
        self.assertIn("they have no mode", str(error))

    def test_modes_are_octal_digits(self) -> None:
        self.assertEqual(Door(mode="660").mode, "660")
        for wrong in (660, 432, "0o660", "1660", "8", "", None, "rw"):
            error = self.assertRaises(ValidationError, Door, mode=wrong)
            self.assertIn("in quotes, such as '0660'", str(error))

    def test_local_is_what_only_this_machine_reaches(self) -> None:
        for text, local in {
            "unix:///run/x": True,
            "127.0.0.1:1": True,
            "[::1]:1": True,
            "[::]:1": False,
            ":1": False,
        }.items():
            self.assertEqual(is_local(text), local)
