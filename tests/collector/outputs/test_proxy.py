"""Proxies as users and environments name them, and which of them leads to a URL."""

from __future__ import annotations

import os
from base64 import b64decode
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from twisted.trial.unittest import SynchronousTestCase

from collector.outputs.proxy import HttpClientOptions, NotAProxy, Proxies, Proxy, proxy_of
from collector.run.hidden import secrets_in

URL = "https://abc12345.live.dynatrace.com/api/v2/logs/ingest"


class ProxyTests(SynchronousTestCase):
    def test_urls(self) -> None:
        for text, proxy in (
            ("http://proxy.example:3128", Proxy("proxy.example", 3128)),
            ("HTTP://Proxy.example:3128/", Proxy("proxy.example", 3128)),
            ("proxy.example:3128", Proxy("proxy.example", 3128)),
            ("http://proxy.example", Proxy("proxy.example", 80)),
            ("https://proxy.example", Proxy("proxy.example", 443, secure=True)),
            (" https://[2001:DB8::1]:8443 ", Proxy("2001:db8::1", 8443, secure=True)),
            (
                "http://me%40corp:p%3Aw%2F%C3%A9@10.0.0.1:1",
                Proxy("10.0.0.1", 1, user="me@corp", password=SecretStr("p:w/é")),
            ),
        ):
            self.assertEqual(proxy_of(text), proxy)

    def test_as_text(self) -> None:
        self.assertEqual(str(proxy_of("http://u:CANARY@Proxy:3128")), "http://proxy:3128")
        self.assertEqual(str(proxy_of("https://[::1]")), "https://[::1]:443")

    def test_authorization(self) -> None:
        self.assertEqual(proxy_of("http://proxy:1").authorization(), b"")
        kind, _, coded = proxy_of("http://a%20b:c%3Ad@proxy:1").authorization().partition(b" ")
        self.assertEqual((kind, b64decode(coded)), (b"Basic", b"a b:c:d"))
        coded = proxy_of("http://a:\udcff@proxy:1").authorization().partition(b" ")[2]
        self.assertEqual(b64decode(coded), b"a:\xff")

    def test_what_is_no_proxy_is_refused_and_not_quoted(self) -> None:
        for bad in (
            "socks5://u:CANARY@proxy:1080",
            "CANARY://proxy",
            "http://u:CANARY#x@proxy:3128",
            "http://u:CANARY/x@proxy:3128",
            "http://u:CANARY?x@proxy:3128",
            "http://proxy:CANARY",
            "http://proxy:99999",
            "http://proxy:0",
            "http://proxy/CANARY",
            "http://[CANARY]:1",
            "http://CANARY CANARY:1",
            "http://u:CANARY@:1",
            "http://",
            "CANARY" * 100,
            7,
            True,
            ["CANARY"],
        ):
            with self.assertRaises(ValidationError) as caught:
                HttpClientOptions.model_validate({"proxy": bad})
            (error,) = caught.exception.errors()
            self.assertEqual(error["loc"], ("proxy",))
            self.assertNotIn("CANARY", f"{caught.exception} {error['msg']}")

    @settings(max_examples=50)
    @given(st.text())
    def test_nothing_but_value_errors(self, text: str) -> None:
        for url in (text, f"http://{text}", f"http://{text}:1@proxy:2"):
            try:
                proxy_of(url)
            except ValueError as e:
                self.assertRegex(str(e), "^(expected a proxy|a proxy's URL)")

    def test_the_password_is_shown_nowhere_and_known_to_the_log(self) -> None:
        options = HttpClientOptions.model_validate({"proxy": "http://USER:CANARY%21@proxy:1"})
        for text in (repr(options), str(options), repr(options.proxy), options.model_dump_json()):
            self.assertNotIn("CANARY", text)
        self.assertEqual(list(secrets_in(options)), ["CANARY!"])

    def test_none_and_empty(self) -> None:
        for text in ("none", "", None):
            self.assertEqual(HttpClientOptions.model_validate({"proxy": text}).proxy, "none")
        self.assertEqual(HttpClientOptions().proxy, "environment")


class EnvironmentTests(SynchronousTestCase):
    def to(self, url: str = URL, /, **environment: str) -> str:
        self.patch(os, "environ", environment)
        return str(Proxies("environment").to(url) or "")

    def test_by_the_scheme(self) -> None:
        self.assertEqual(self.to(), "")
        self.assertEqual(self.to(HTTPS_PROXY="http://a:1", HTTP_PROXY="http://b:1"), "http://a:1")
        self.assertEqual(self.to(HTTPS_PROXY="http://a:1", https_proxy="c:1"), "http://c:1")
        self.assertEqual(self.to(HTTP_PROXY="http://b:1"), "")
        self.assertEqual(self.to("http://x.example/", http_proxy="http://b:1"), "http://b:1")
        self.assertEqual(self.to(ALL_PROXY="http://d:1"), "http://d:1")
        self.assertEqual(self.to(HTTPS_PROXY="", https_proxy="", ALL_PROXY="d:1"), "http://d:1")

    def test_a_header_of_a_web_server_is_no_proxy(self) -> None:
        environment = {"HTTP_PROXY": "http://evil:1", "REQUEST_METHOD": "GET"}
        self.assertEqual(self.to("http://x.example/", **environment), "")

    def test_exceptions(self) -> None:
        for no_proxy, url, direct in (
            ("*", URL, True),
            ("live.dynatrace.com", URL, True),
            ("localhost, .dynatrace.com", URL, True),
            ("LIVE.Dynatrace.com:443", URL, True),
            ("live.dynatrace.com:9999", URL, False),
            ("e.dynatrace.com", URL, False),
            ("10.0.0.0/8", URL, False),
            ("10.0.0.0/8", "https://10.1.2.3:9999/e/x", True),
            ("10.1.2.3", "https://10.1.2.3:9999/e/x", True),
            ("10.1.2.4", "https://10.1.2.3:9999/e/x", False),
            ("10.0.0.0/99,x/8", "https://10.1.2.3:9999/e/x", False),
            ("2001:db8::/32", "https://[2001:db8::1]:9999/e/x", True),
            ("", URL, False),
        ):
            found = self.to(url, HTTPS_PROXY="http://proxy:1", NO_PROXY=no_proxy)
            self.assertEqual(found == "", direct, (no_proxy, url))

    def test_this_machine_is_reached_directly(self) -> None:
        for host in ("localhost", "127.0.0.1", "[::1]"):
            self.assertEqual(self.to(f"https://{host}:9999/", ALL_PROXY="http://proxy:1"), "")

    def test_what_is_no_proxy_is_said_when_it_is_needed(self) -> None:
        self.assertEqual(self.to("https://localhost/", HTTPS_PROXY="socks5://u:CANARY@p"), "")
        with self.assertRaises(NotAProxy) as caught:
            self.to(HTTPS_PROXY="socks5://u:CANARY@p")
        self.assertIn("HTTPS_PROXY", str(caught.exception))
        self.assertNotIn("CANARY", str(caught.exception))

    def test_a_key_is_stronger(self) -> None:
        self.patch(os, "environ", {"HTTPS_PROXY": "http://a:1", "NO_PROXY": "*"})
        none: Any = HttpClientOptions.model_validate({"proxy": "none"}).proxy
        self.assertIsNone(Proxies(none).to(URL))
        proxy = Proxy("proxy", 3128)
        for url in (URL, "https://127.0.0.1/"):
            self.assertIs(Proxies(proxy).to(url), proxy)

    def test_plain_http_to_this_machine_stays_on_it(self) -> None:
        self.assertIsNone(Proxies(Proxy("proxy", 3128)).to("http://127.0.0.1:14499/"))
