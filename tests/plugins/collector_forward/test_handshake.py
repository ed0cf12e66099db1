"""HELO, PING and PONG, against digests that others computed."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import msgpack
from twisted.trial.unittest import SynchronousTestCase

from collector_forward.handshake import Account, Handshake, Refusal, Secrets, refused
from tests.plugins.collector_forward.vectors import packed

SALT = "ce1897b0d3dbd76b90d7fb96010dcac3"
PING = (
    "41519ad6b0bc8dac4a2e5b7a8fbc585c286a21db7d1bc8c6289179c1abfe2f7a"
    "53343f79314ed32e9a7aeb578b1c76ddf52c46897a7c591954bd429e22d5d33b"
)
PASSWORD = (
    "28e426ad86ca78c8b421ca6d56454afb514c419e9d27042e1babc9220cfb3bd8"
    "bad8ad8e63b63237086a4cb77f864ab06adb150f9c50cd5003b2f3b97048fe25"
)
PONG = (
    "d6365ccc7a16525878a7050af71c91da1e5921a600a44ef5536dd41d9e2aa6e3"
    "70e3949e568fb1a99bc958da05683a0f53977a2491daa913ed8b96bcb821840f"
)
HELO = (
    "92a448454c4f83a56e6f6e6365c410000102030405060708090a0b0c0d0e0fa461757468c41010111213"
    "1415161718191a1b1c1d1e1fa96b656570616c697665c3"
)
ALICE = Account(b"alice", b"wonder")


def digest(*parts: bytes) -> str:
    return hashlib.sha512(b"".join(parts)).hexdigest()


class HandshakeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.given: list[bytes] = []
        self.patch(secrets, "token_bytes", lambda _: self.given.pop(0))

    def shake(self, *keys: bytes, accounts: tuple[Account, ...] = ()) -> Handshake:
        self.given = [bytes(range(16)), bytes(range(16, 32))]
        return Handshake(Secrets(keys or (b"s3cr3t",), accounts, "server.example"))

    def ping(self, **changed: Any) -> bytes:
        said = {
            "hostname": "client.example",
            "salt": SALT,
            "digest": PING,
            "user": "alice",
            "password": PASSWORD,
        }
        return packed(["PING", *(said | changed).values()])

    def refusal(self, shake: Handshake, ping: bytes) -> str:
        with self.assertRaises(Refusal) as caught:
            shake.pong(ping)
        return str(caught.exception)

    def test_the_known_exchange(self) -> None:
        shake = self.shake(accounts=(ALICE,))
        self.assertEqual(shake.helo().hex(), HELO)
        pong, client = shake.pong(self.ping())
        self.assertEqual(msgpack.unpackb(pong), ["PONG", True, "", "server.example", PONG])
        self.assertEqual(client, ("client.example", "alice"))

    def test_without_users_the_auth_is_empty_and_names_do_not_matter(self) -> None:
        shake = self.shake()
        self.assertEqual(msgpack.unpackb(shake.helo())[1]["auth"], "")
        self.assertEqual(shake.pong(self.ping(user=None, password=b""))[1], ("client.example", ""))

    def test_each_of_two_keys_opens(self) -> None:
        for keys in ((b"old", b"s3cr3t"), (b"s3cr3t", b"new")):
            pong, _ = self.shake(*keys).pong(self.ping())
            self.assertEqual(msgpack.unpackb(pong)[4], PONG)

    def test_salt_and_digest_may_be_bytes_that_are_no_text(self) -> None:
        salt = b"\xff\xfe" * 8
        said = digest(salt, b"client.example", bytes(range(16)), b"s3cr3t")
        frame = (
            b"\x96\xa4PING" + packed("client.example") + b"\xb0" + salt + packed(said) + b"\xa0\xa0"
        )
        self.shake().pong(frame)
        self.shake().pong(self.ping(salt=SALT.encode(), digest=PING.encode()))

    def test_a_client_of_our_name_is_shown_another(self) -> None:
        said = digest(SALT.encode(), b"server.example", bytes(range(16)), b"s3cr3t")
        pong, _ = self.shake().pong(self.ping(hostname="server.example", digest=said))
        self.assertEqual(msgpack.unpackb(pong)[3], "server.example.server")

    def test_refusals(self) -> None:
        self.assertEqual(self.refusal(self.shake(b"other"), self.ping()), "shared_key mismatch")
        self.given = [bytes(16)]
        nobody = Handshake(Secrets((), (), "s"))
        self.assertEqual(self.refusal(nobody, self.ping()), "anonymous source host denied")
        for accounts in ((Account(b"bob", b"wonder"),), (Account(b"alice", b"x"),)):
            why = self.refusal(self.shake(accounts=accounts), self.ping())
            self.assertEqual(why, "username/password mismatch")

    def test_what_is_no_ping(self) -> None:
        for frame in (packed(["PING"]), packed(["PING"] * 7), b"\xc1", b"\x92\xa4PING"):
            self.assertEqual(self.refusal(self.shake(), frame), "invalid ping message")
        for frame in (packed(["t", 1, {}]), packed([]), packed(["HELO"]), packed({})):
            self.assertIn("no shared key", self.refusal(self.shake(), frame))
        odd = packed(["PING", None, 5, [], {}, 1.5])
        self.assertEqual(self.refusal(self.shake(), odd), "shared_key mismatch")

    def test_the_pong_that_says_no(self) -> None:
        expected = "95a4504f4e47c2b37368617265645f6b6579206d69736d61746368a0a0"
        self.assertEqual(refused("shared_key mismatch").hex(), expected)
