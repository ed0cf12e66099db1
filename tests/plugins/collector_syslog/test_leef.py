"""LEEF: what a body says, whatever separates its attributes."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from collector_syslog.leef import read

_HEADER = {
    "leef.version": "1.0",
    "leef.vendor": "V",
    "leef.product": "P",
    "leef.product_version": "2",
    "leef.event_id": "login",
}


class LeefTests(SynchronousTestCase):
    def attributes(self, text: str, version: str = "1.0") -> dict[str, object]:
        """What stands behind the header's five fields."""
        found = read(f"LEEF:{version}|V|P|2|login|{text}")
        assert found is not None
        header = {key: found.pop(key) for key in _HEADER}
        self.assertEqual(header, {**_HEADER, "leef.version": version})
        return {key.removeprefix("leef.attribute."): value for key, value in found.items()}

    def test_a_header_alone_is_enough(self) -> None:
        for text in ("LEEF:1.0|V|P|2|login|", "LEEF:1.0|V|P|2|login", " LEEF: 1.0|V|P|2|login|"):
            self.assertEqual(read(text), _HEADER, text)

    def test_version_1_separates_by_tabs(self) -> None:
        self.assertEqual(
            self.attributes("src=10.0.0.1\tusrName=a b\tmsg=x=y"),
            {"src": "10.0.0.1", "usrName": "a b", "msg": "x=y"},
        )

    def test_version_2_names_its_separator(self) -> None:
        for said, sign in (("^", "^"), ("0x5E", "^"), ("x5e", "^"), ("x09", "\t"), ("", "\t")):
            found = self.attributes(f"{said}|a=1{sign}b=2 c", "2.0")
            self.assertEqual(found, {"a": "1", "b": "2 c"}, said)

    def test_version_2_may_leave_its_separator_out(self) -> None:
        self.assertEqual(self.attributes("a=1\tb=2", "2.0"), {"a": "1", "b": "2"})

    def test_bars_or_spaces_separate_where_no_tab_does(self) -> None:
        self.assertEqual(self.attributes("a=1|b=x y"), {"a": "1", "b": "x y"})
        self.assertEqual(self.attributes("a=1 b=x y sev=3"), {"a": "1", "b": "x y", "sev": "3"})

    def test_a_piece_without_a_key_belongs_to_the_value_before_it(self) -> None:
        self.assertEqual(self.attributes("a=1\tmore\tb=2"), {"a": "1\tmore", "b": "2"})

    def test_a_key_that_comes_again_makes_a_list(self) -> None:
        self.assertEqual(self.attributes("a=1\ta=2"), {"a": ["1", "2"]})

    def test_a_broken_header_is_none(self) -> None:
        for text in ("", "x LEEF:1.0|V|P|2|l|", "LEEF:1.0|V|P|2", "LEEF:one|V|P|2|l|", "LEEF:1.0"):
            self.assertIsNone(read(text), text)
