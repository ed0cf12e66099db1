"""Lines of access logs."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector_transform.ottl.converters.clf import access
from collector_transform.ottl.fault import Failed
from tests.plugins.collector_transform.running import event, value

_START = "127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700]"
_LINE = f'{_START} "GET /apache_pb.gif HTTP/1.0" 200 2326'
_FIELDS = {
    "clf.remote_host": "127.0.0.1",
    "clf.rfc931": "-",
    "clf.auth_user": "frank",
    "clf.timestamp": "10/Oct/2000:13:55:36 -0700",
    "clf.request": "GET /apache_pb.gif HTTP/1.0",
    "clf.method": "GET",
    "clf.request_uri": "/apache_pb.gif",
    "clf.protocol": "HTTP/1.0",
    "clf.status": 200,
    "clf.bytes": 2326,
}


class AccessTests(SynchronousTestCase):
    def test_both_formats(self) -> None:
        self.assertEqual(value("ParseCLF(log.body)", event(_LINE)), _FIELDS)
        found = value(
            'ParseCLF(log.body, "combined")', event(f'{_LINE} "http://a/" "curl \\"x\\""')
        )
        more = {"clf.referer": "http://a/", "clf.user_agent": 'curl "x"'}
        self.assertEqual(found, _FIELDS | more)

    def test_what_is_missing_is_left_out_and_escapes_are_read(self) -> None:
        found = access(f'{_START} "\\x16\\x03\\xc3\\xa9\\n\\\\ \\xff" 400 -\n', "clf")
        self.assertEqual(found["clf.request"], "\x16\x03é\n\\ \\xff")
        self.assertNotIn("clf.bytes", found)
        self.assertNotIn("clf.method", found)

    def test_what_is_no_such_line_fails(self) -> None:
        for text, layout in (
            ("", "clf"), ("a line", "clf"), (_LINE, "combined"), (f'{_LINE} "-" "-"', "clf"),
            (f'{_START} "GET 200 2', "clf"), (_LINE + " " * 100_000, "clf"),
            ('"' * 100_000, "clf"), ("\\" * 100_000, "combined"),
        ):  # fmt: skip
            self.assertRaises(Failed, access, text, layout)
