"""What the redactor knows, and in how many disguises."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from twisted.trial.unittest import SynchronousTestCase

from collector.component import Config
from collector.run.hidden import secrets_in
from collector.run.redactor import Redactor, printable


class Inner(Config):
    token: SecretStr
    name: str = "n"


class Outer(Config):
    inner: Inner
    tokens: list[SecretStr]
    headers: dict[str, SecretStr]


class RedactorTests(SynchronousTestCase):
    def test_every_occurrence_goes(self) -> None:
        redact = Redactor(["hunter2!"])
        self.assertEqual(redact("a hunter2!hunter2! b"), "a ****** b")

    def test_disguises_go(self) -> None:
        secret = "p\u00e4ss'w\\rd \n/+?"
        redact = Redactor([secret])
        for form in (repr(secret), json.dumps(secret), quote(secret), quote_plus(secret)):
            self.assertIn("***", redact(form), form)
            self.assertNotIn("ss", redact(form), form)

    def test_lines_of_a_key_go_one_by_one(self) -> None:
        redact = Redactor(["-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n-----END KEY-----\n"])
        self.assertEqual(redact("line MIIEvQIBADANBgkqhkiG"), "line ***")

    def test_secret_that_begins_another_does_not_leave_its_rest(self) -> None:
        redact = Redactor(["secret"])
        redact.add(["secret-and-more"])
        self.assertEqual(redact("secret-and-more secret"), "*** ***")

    def test_shortest_are_not_looked_for(self) -> None:
        self.assertEqual(Redactor(["", "a", " \n ", "abc"])("abc a"), "abc a")

    @given(st.text(), st.text(), st.text(min_size=4))
    def test_no_secret_is_left(self, before: str, after: str, secret: str) -> None:
        redacted = Redactor([secret])(before + secret + after)
        if len(secret.strip()) >= 4 and "*" not in secret:
            self.assertNotIn(secret, redacted)

    @given(st.text())
    def test_shown_is_printable(self, text: str) -> None:
        self.assertTrue(printable(text).isprintable())

    def test_secrets_of_models_are_found(self) -> None:
        model = Outer(
            inner=Inner(token=SecretStr("one")),
            tokens=[SecretStr("two")],
            headers={"x": SecretStr("three")},
        )
        self.assertEqual(sorted(secrets_in({"a": (model, 1)})), ["one", "three", "two"])
