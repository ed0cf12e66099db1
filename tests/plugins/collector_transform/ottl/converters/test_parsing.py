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
            'ParseKeyValue("a=\'x y\' b=\\"it\'s\\" c=1\\"2 3\\"4")': {
                "a": "x y",
                "b": "it's",
                "c": "12 34",
            },
            'ParseInt("ff", 16)': 255,
            'ParseCEF("<13>Oct 1 00:00:00 h CEF:0|V|P|1|id|n|5|")["cef.name"]': "n",
            'ParseCEF("CEF:0|V|P|1|id|n|5|a=1 b=x y")': {
                "cef.version": "0",
                "cef.device_vendor": "V",
                "cef.device_product": "P",
                "cef.device_version": "1",
                "cef.device_event_class_id": "id",
                "cef.name": "n",
                "cef.severity": "5",
                "cef.extensions": {"a": "1", "b": "x y"},
            },
            'ParseLEEF("<13>Oct 1 00:00:00 h LEEF:2.0|V|P|1|e|^|a=1^b=2")': {
                "leef.version": "2.0",
                "leef.vendor": "V",
                "leef.product.name": "P",
                "leef.product.version": "1",
                "leef.event.id": "e",
                "leef.attributes": {"a": "1", "b": "2"},
            },
        }.items():
            self.assertEqual(value(text), expected, text)

    def test_what_has_no_answer_is_an_error_of_the_event(self) -> None:
        for text in (
            "ParseJSON(log.body)",
            "ParseCEF(log.body)",
            "ParseLEEF(log.body)",
            'ParseLEEF("LEEF:")',
            'ParseKeyValue("a=\'x b=\\"y")',
        ):
            (found,), errors = ran(f"set(log.body, {text})")
            self.assertEqual((found.body, len(errors)), ("a line", 1), text)
