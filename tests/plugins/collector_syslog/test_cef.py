"""CEF: what a body says, by its header and its extension."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector_syslog.cef import read

_HEADER = {
    "cef.version": "0",
    "cef.device_vendor": "V",
    "cef.device_product": "P",
    "cef.device_version": "1",
    "cef.device_event_class_id": "id",
    "cef.name": "a name",
    "cef.severity": "5",
}


class CefTests(SynchronousTestCase):
    def extension(self, text: str) -> dict[str, object]:
        """What an extension adds to the header's attributes."""
        found = read(f"CEF:0|V|P|1|id|a name|5|{text}")
        assert found is not None
        self.assertEqual({key: found.pop(key) for key in _HEADER}, _HEADER)
        return {key.removeprefix("cef.extension."): value for key, value in found.items()}

    def test_a_header_alone_is_enough(self) -> None:
        for text in (
            "CEF:0|V|P|1|id|a name|5|",
            "CEF:0|V|P|1|id|a name|5",
            " CEF: 0|V|P|1|id|a name|5|",
        ):
            self.assertEqual(read(text), _HEADER, text)

    def test_values_hold_spaces_and_end_where_a_key_begins(self) -> None:
        self.assertEqual(
            self.extension("msg=a text with spaces src=10.0.0.1 empty= last=x"),
            {"msg": "a text with spaces", "src": "10.0.0.1", "empty": "", "last": "x"},
        )

    def test_escapes_of_header_and_extension_are_undone(self) -> None:
        found = read(r"CEF:0|a\|b|c\\d|1|id|n|5|msg=one\ntwo \= 2\r path=C:\\x")
        assert found is not None
        self.assertEqual((found["cef.device_vendor"], found["cef.device_product"]), ("a|b", r"c\d"))
        self.assertEqual(found["cef.extension.msg"], "one\ntwo = 2\r")
        self.assertEqual(found["cef.extension.path"], r"C:\x")

    def test_a_bar_in_the_extension_is_text(self) -> None:
        self.assertEqual(self.extension("a=x|y b=|"), {"a": "x|y", "b": "|"})

    def test_a_key_that_comes_again_makes_a_list(self) -> None:
        self.assertEqual(self.extension(r"a=1 a=2\= a=3"), {"a": ["1", "2=", "3"]})

    def test_what_stands_before_the_first_key_is_left_out(self) -> None:
        self.assertEqual(self.extension("words and a=1"), {"a": "1"})

    def test_a_broken_header_is_none(self) -> None:
        for text in (
            "",
            "a CEF:0|V|P|1|id|n|5|",
            "CEF:0|V|P|1|id|n",
            "CEF:x|V|P|1|id|n|5|",
            r"CEF:0|V|P|1|id|n|5\|",
            "CEF:0",
        ):
            expected = text.endswith(r"\|")  # the escaped bar belongs to the severity
            self.assertEqual(read(text) is not None, expected, text)
