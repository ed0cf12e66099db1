"""URLs: their parts, and what is none."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.plugins.collector_transform.running import event, ran


class UrlTests(SynchronousTestCase):
    def parts(self, url: str) -> dict[str, Any] | None:
        """None where it is an error of the event."""
        (found,), errors = ran("set(log.body, URL(log.body))", on=event(url))
        return None if errors else found.body

    def test_parts_are_named_by_the_semantic_conventions(self) -> None:
        url = "https://me:p%40w@Example.com:8443/a%20b/x.html?q=%41#f"
        self.assertEqual(
            self.parts(url),
            {
                "url.original": url,
                "url.scheme": "https",
                "url.domain": "Example.com",
                "url.port": 8443,
                "url.path": "/a b/x.html",
                "url.extension": "html",
                "url.query": "q=%41",
                "url.fragment": "f",
                "url.user_info": "me:p%40w",
                "url.username": "me",
                "url.password": "p@w",
            },
        )

    def test_what_a_url_does_not_say_is_left_out_or_empty(self) -> None:
        for url, domain, path in (
            ("http://[::1]/", "::1", "/"),
            ("http://host", "host", ""),
            ("http://host:", "host", ""),
            ("/only/path", "", "/only/path"),
            ("", "", ""),
        ):
            scheme = "http" if url.startswith("http") else ""
            expected = {"url.original": url, "url.scheme": scheme}
            expected |= {"url.domain": domain, "url.path": path}
            self.assertEqual(self.parts(url), expected, url)

    def test_what_is_no_url_is_an_error_of_the_event(self) -> None:
        for url in (
            "http://a b/",
            "http://a/\x00",
            "http://[::1/",
            "http://a:port/",
            "http://a:70000/",
            "http://a:1:2/",
        ):
            self.assertIsNone(self.parts(url), url)
