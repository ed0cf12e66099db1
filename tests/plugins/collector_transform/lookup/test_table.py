"""Files of CSV and JSON as tables, what is refused of them, and what finds a row."""

from __future__ import annotations

from typing import Any

import orjson
from twisted.trial.unittest import SynchronousTestCase

from collector_transform.lookup import table
from collector_transform.lookup.index import MAX_PREFIX, finding
from collector_transform.lookup.table import MAX_CELL, MAX_KEY, BadTable, Rows, rows

_CSV = b'\xef\xbb\xbfip,site,owner\r\n10.0.0.1,Ulm,\r\n\r\n10.0.0.2,"Bonn, Old",joe\r\n'


class TableTests(SynchronousTestCase):
    def test_csv_has_its_key_in_the_first_column_or_the_one_that_is_named(self) -> None:
        found = rows(_CSV, "csv", "", ("site", "owner"))
        self.assertEqual(found, {"10.0.0.1": ("Ulm", None), "10.0.0.2": ("Bonn, Old", "joe")})
        self.assertEqual(rows(_CSV, "csv", "owner", ("ip",)), {"joe": ("10.0.0.2",)})
        self.assertEqual(rows(b"a,b\n1,2\n", "csv", "b", ("",)), {"2": ("1",)})

    def test_json_is_an_object_by_key_or_a_list_of_objects(self) -> None:
        by_key = b'{"a": {"n": 1, "t": true, "x": ""}, "b": {"n": null}, "c": 5}'
        wanted = {"a": (1, True, None), "b": (None, None, None), "c": (None, None, None)}
        self.assertEqual(rows(by_key, "json", "", ("n", "t", "x")), wanted)
        self.assertEqual(rows(b'{"a": "x", "b": 2}', "json", "", ("",)), {"a": ("x",), "b": (2,)})
        listed = b'[{"id": 7, "n": 1}, {"id": "x"}]'
        self.assertEqual(rows(listed, "json", "id", ("n",)), {"7": (1,), "x": (None,)})

    def test_the_later_of_two_rows_counts(self) -> None:
        self.assertEqual(rows(b"k,v\na,1\na,2\n", "csv", "", ("v",)), {"a": ("2",)})

    def test_what_cannot_be_a_table_is_refused_without_what_it_holds(self) -> None:
        cases: list[tuple[Any, Any, str, tuple[str, ...], str]] = [
            (b"", "csv", "", ("v",), "empty"),
            (b"k,v\n\xff", "csv", "", ("v",), "byte 4"),
            (b"k,v\na\n", "csv", "", ("v",), "line 2 has 1 of 2"),
            (b'k,v\n"a"b,c\n', "csv", "", ("v",), "line 2 is no CSV"),
            (b"k,v\n", "csv", "", ("w",), "no column w"),
            (b"k,v\n", "csv", "x", ("v",), "no column x"),
            (b"k,v,v\n", "csv", "", ("v",), "two columns v"),
            (b"k,v,w\n", "csv", "", ("",), "3 columns"),
            (b"k,v\n" + b"k" * (MAX_KEY + 1) + b",v\n", "csv", "", ("v",), "key over"),
            (b"k,v\nk," + b"v" * (MAX_CELL + 1) + b"\n", "csv", "", ("v",), "value over"),
            (b"k,v\nk," + b"v" * (1 << 18) + b"\n", "csv", "", ("v",), "line 2"),
            (b"{\n,", "json", "", ("v",), "line 2 is no JSON"),
            (b"[" * 5000, "json", "k", ("v",), "no JSON"),
            (b"[1]", "json", "", ("v",), "expected an object"),
            (b"5", "json", "k", ("v",), "expected an object"),
            (b"[1]", "json", "k", ("v",), "entry 1: no key"),
            (b'[{"k": []}]', "json", "k", ("v",), "entry 1: a value that is a map or a list"),
            (b'{"secret": {"v": {}}}', "json", "", ("v",), "entry 1: a value"),
        ]
        for data, format_, key, columns, said in cases:
            with self.assertRaises(BadTable) as caught:
                rows(data, format_, key, columns)
            self.assertIn(said, str(caught.exception))
            self.assertNotIn("secret", str(caught.exception))

    def test_a_table_has_a_bound_of_rows(self) -> None:
        self.patch(table, "MAX_ROWS", 3)
        self.assertEqual(len(rows(b"k,v\n1,1\n2,2\n3,3\n", "csv", "", ("v",))), 3)
        self.assertRaises(BadTable, rows, b"k,v\n1,1\n1,2\n1,3\n1,4\n", "csv", "", ("v",))
        self.assertRaises(BadTable, rows, orjson.dumps(dict.fromkeys("abcd")), "json", "", ("",))


def keyed(*keys: str) -> Rows:
    return {key: (key,) for key in keys}


class FindingTests(SynchronousTestCase):
    def test_exact_is_the_whole_key(self) -> None:
        find = finding(keyed("a", "ab"), "exact")
        self.assertEqual(
            [find("a"), find("ab"), find("abc"), find("")], [("a",), ("ab",), None, None]
        )

    def test_the_longest_prefix_counts(self) -> None:
        find = finding(keyed("web", "web-eu-", "db"), "prefix")
        texts = ("web-1", "web-eu-1", "web-eu-", "web", "db", "d", "", "x" * 100_000)
        wanted = ["web", "web-eu-", "web-eu-", "web", "db", None, None, None]
        for _ in range(2):  # the second time from memory
            self.assertEqual([row and row[0] for row in map(find, texts)], wanted)

    def test_the_smallest_network_counts(self) -> None:
        find = finding(
            keyed("10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "2001:db8::/32", "::/0"), "cidr"
        )
        for text, wanted in (
            ("10.2.0.1", "10.0.0.0/8"), ("10.1.0.1", "10.1.0.0/16"), ("10.1.2.3", "10.1.2.3"),
            ("11.0.0.1", None), ("::ffff:10.1.2.3", "10.1.2.3"), ("2001:db8:1::1", "2001:db8::/32"),
            ("fe80::1%eth0", "::/0"), ("no address", None), ("", None), ("1" * 100_000, None),
            ("10.1.2.3:80", None),
        ):  # fmt: skip
            row = find(text)
            self.assertEqual(row and row[0], wanted, text)
        default = finding(keyed("0.0.0.0/0", "10.0.0.5/8"), "cidr")
        self.assertEqual(
            (default("9.9.9.9"), default("10.9.9.9")), (("0.0.0.0/0",), ("10.0.0.5/8",))
        )

    def test_keys_that_cannot_be_one_are_refused(self) -> None:
        self.assertRaises(BadTable, finding, keyed("x" * (MAX_PREFIX + 1)), "prefix")
        self.assertRaisesRegex(BadTable, "row 2", finding, keyed("10.0.0.1", "secret"), "cidr")

    def test_what_is_remembered_is_bounded(self) -> None:
        find = finding(keyed("a"), "prefix")
        for n in range(10_000):
            find(f"x{n}")
        memory: Any = find.__self__  # type: ignore[attr-defined]  # a bound method
        self.assertLessEqual(len(memory), memory.most)
