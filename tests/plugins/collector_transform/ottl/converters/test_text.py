"""Strings: parts, cases, formats and encodings."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.plugins.collector_transform.running import ran, value


class TextTests(SynchronousTestCase):
    def test_gives_what_upstream_documents(self) -> None:
        for text, expected in {
            'Concat(["a", 1, 1.5, true, nil], "-")': "a-1-1.5-true-<nil>",
            'Substring("123456", 1, 3)': "234",
            'ToSnakeCase("myHTTPServer")': "my_http_server",
            'ToCamelCase("my_metric")': "MyMetric",
            'Trim("  a ")': "a",
            'Format("%s=%03d", ["a", 7])': "a=007",
            'ExtractPatterns("u=joe", "u=(?P<user>[a-z]+)")': {"user": "joe"},
            'Decode("aGVsbG8=", "base64")': "hello",
        }.items():
            self.assertEqual(value(text), expected, text)

    def test_what_has_no_answer_is_an_error_of_the_event(self) -> None:
        for text in ("Substring(log.body, 0, 100)",):
            (found,), errors = ran(f"set(log.body, {text})")
            self.assertEqual((found.body, len(errors)), ("a line", 1), text)
