"""Strings that are maps or lists."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.plugins.collector_transform.running import ran, value


class ParsingTests(SynchronousTestCase):
    def test_gives_what_upstream_documents(self) -> None:
        for text, expected in {
            'ParseJSON("{\\"a\\": [1]}")': {"a": [1]},
            'ParseKeyValue("a=1 b=\\"x y\\"")': {"a": "1", "b": "x y"},
            'ParseCSV("1,\\"x,y\\"", "a,b")': {"a": "1", "b": "x,y"},
            'ParseInt("ff", 16)': 255,
            'ParseCEF("CEF:0|V|P|1|id|n|5|a=1 b=x y")': {
                "version": "0",
                "deviceVendor": "V",
                "deviceProduct": "P",
                "deviceVersion": "1",
                "deviceEventClassId": "id",
                "name": "n",
                "severity": "5",
                "extensions": {"a": "1", "b": "x y"},
            },
            'ParseLEEF("<13>Oct 1 00:00:00 h LEEF:2.0|V|P|1|e|^|a=1^b=2")': {
                "version": "2.0",
                "vendor": "V",
                "product_name": "P",
                "product_version": "1",
                "event_id": "e",
                "attributes": {"a": "1", "b": "2"},
            },
        }.items():
            self.assertEqual(value(text), expected, text)

    def test_what_has_no_answer_is_an_error_of_the_event(self) -> None:
        for text in (
            "ParseJSON(log.body)",
            "ParseCEF(log.body)",
            "ParseLEEF(log.body)",
            'ParseLEEF("LEEF:")',
        ):
            (found,), errors = ran(f"set(log.body, {text})")
            self.assertEqual((found.body, len(errors)), ("a line", 1), text)
