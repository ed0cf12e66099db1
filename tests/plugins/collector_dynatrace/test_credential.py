"""A token's file: read at the start, looked at again, and what of it is never shown."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.api import SecretFileError
from collector.testing import context
from collector_dynatrace.credential import LOOK_EVERY, Credential
from tests.plugins.collector_dynatrace.sending import logged


def token(letter: str) -> str:
    return f"dt0c01.{letter * 24}.CANARY{letter * 58}"


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name, "token")
        self.clock = Clock()

        self.logged = logged(self)

    def credential(self, text: str | None = None, file: Path | None = None) -> Credential:
        if text is not None:
            self.file.write_text(text)
        self.hidden: set[str] = set()
        surroundings = context("exporter", "dynatrace", reactor=self.clock, hide=self.hidden.add)
        return Credential("", "auto", surroundings, file=file or self.file, needed=True)

    def loaded(self, text: str) -> Credential:
        found = self.credential(text)
        found.load()
        return found

    def later(self, credential: Credential, text: str | None) -> str:
        """The header of the first attempt after the next look, with that in the file."""
        self.file.unlink(missing_ok=True)
        if text is not None:
            self.file.write_text(text)
        self.clock.advance(LOOK_EVERY)
        credential.refresh()
        return credential.header


class StartTests(Case):
    def refused(self, said: str, credential: Credential) -> None:
        with self.assertRaises(SecretFileError) as caught:
            credential.load()
        text = str(caught.exception)
        self.assertIn(said, text)
        self.assertIn("api_token_file", text)
        self.assertNotIn("CANARY", text)

    def test_the_file_is_read(self) -> None:
        for text in (token("A"), f"  {token('A')}\r\n", f"\ufeff{token('A')}\n"):
            found = self.loaded(text)
            self.assertEqual(found.header, f"Api-Token {token('A')}")
            self.assertEqual((found.secrets, found.id), ((token("A"),), f"dt0c01.{'A' * 24}"))
            self.assertEqual(self.hidden, {token("A")})

    def test_a_file_without_a_token_is_refused(self) -> None:
        self.refused("does not exist", self.credential())
        self.refused("regular file", self.credential(file=self.file.parent))
        self.refused("not the name", self.credential(file=Path("CANARY\0")))
        self.refused("is empty", self.credential(" \n"))
        self.refused("malformed", self.credential(token("A")[:-1]))
        self.refused("has a space", self.credential(f"{token('A')}\n{token('B')}"))
        self.refused("has a space", self.credential("CANARY\0\ufffd"))
        self.refused("4 KiB", self.credential("CANARY" * 4096))

    def test_a_pipe_is_not_waited_for(self) -> None:
        os.mkfifo(self.file)
        self.refused("regular file", self.credential())

    def test_without_a_file_the_configurations_is_used(self) -> None:
        surroundings = context("exporter", reactor=self.clock)
        found = Credential(token("A"), "auto", surroundings, file=None, needed=True)
        found.load()
        found.refresh()
        self.assertEqual(
            (found.header, found.renewed(found.header)), (f"Api-Token {token('A')}", False)
        )
        none = Credential(" ", "auto", surroundings, file=None, needed=False)
        self.assertEqual((none.header, none.secrets, none.id), ("", (), "none"))


class RenewalTests(Case):
    def test_a_new_token_is_taken_over_and_both_are_secret(self) -> None:
        found = self.loaded(token("A"))
        changes: list[str] = []
        found.changed = lambda: changes.append(found.header)
        self.assertEqual(self.later(found, token("B")), f"Api-Token {token('B')}")
        self.assertEqual(changes, [found.header])
        self.assertEqual(found.secrets, (token("B"), token("A")))
        self.assertEqual(len(self.logged), 1)
        self.assertIn(f"a new token was read, dt0c01.{'B' * 24}", self.logged[0])
        self.assertNotIn("CANARY", self.logged[0])

    def test_it_is_not_looked_at_for_every_request(self) -> None:
        found = self.loaded(token("A"))
        self.file.write_text(token("B") + "\n")
        self.clock.advance(LOOK_EVERY - 0.1)
        found.refresh()
        self.assertEqual(found.header, f"Api-Token {token('A')}")

    def test_a_refused_token_has_it_looked_at_at_once_and_before_the_next_attempt(self) -> None:
        found = self.loaded(token("A"))
        self.assertFalse(found.renewed(found.header))
        self.file.write_text(token("B") + "\n")
        found.refresh()
        self.assertEqual(found.header, f"Api-Token {token('B')}")
        self.file.write_text(token("C") + "\n\n")
        self.assertTrue(found.renewed(f"Api-Token {token('B')}"))
        self.assertTrue(found.renewed(f"Api-Token {token('B')}"), "for all that were out with it")
        self.assertFalse(found.renewed(f"Api-Token {token('C')}"))

    def test_a_bad_one_is_told_once_and_the_old_one_kept(self) -> None:
        found = self.loaded(token("A"))
        for bad in ("CANARY", None, "CANARY" * 4096, ""):
            self.logged.clear()
            self.assertEqual(self.later(found, bad), f"Api-Token {token('A')}")
            for _ in range(3):
                self.clock.advance(LOOK_EVERY)
                found.refresh()
            self.assertFalse(found.renewed(found.header))
            self.assertEqual(len(self.logged), 1, self.logged)
            self.assertIn(f"still with the token dt0c01.{'A' * 24}", self.logged[0])
            self.assertNotIn("CANARY", self.logged[0])
        self.assertEqual(self.later(found, token("B")), f"Api-Token {token('B')}")

    def test_a_file_that_is_written_again_with_the_same_token_says_nothing(self) -> None:
        found = self.loaded(token("A"))
        self.assertEqual(self.later(found, token("A")), f"Api-Token {token('A')}")
        self.assertFalse(found.renewed(found.header))
        self.assertEqual(self.logged, [])

    def test_a_link_that_points_elsewhere_is_noticed(self) -> None:
        versions = [self.file.with_name(name) for name in ("one", "two")]
        for version, letter in zip(versions, "AB", strict=True):
            version.write_text(token(letter))
        self.file.symlink_to(versions[0])
        found = self.credential()
        found.load()
        self.file.unlink()
        self.file.symlink_to(versions[1])
        self.assertTrue(found.renewed(f"Api-Token {token('A')}"))
        self.assertEqual(found.header, f"Api-Token {token('B')}")
