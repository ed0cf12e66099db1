"""The lookup processor: what it puts into events, and how it follows its file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from collector.api import Batch, Event, Resource, wait
from collector.config.load import check
from collector.testing import ProcessorRig, context, events
from collector_transform.lookup.options import LookupConfig
from collector_transform.lookup.processor import LookupProcessor
from collector_transform.lookup.table import BadTable
from tests.collector.tasks import as_task

_SITE = {"source": "site", "destination": "site.name", "default": "unknown"}


def lookup(
    path: Path, *lookups: dict[str, Any], clock: Any = None, **source: Any
) -> LookupProcessor:
    those = lookups or ({"key": 'log.attributes["ip"]', "attributes": [_SITE]},)
    config = {"source": {"type": "csv", "path": path, **source}, "lookups": those}
    made = LookupConfig.model_validate(config)
    return LookupProcessor(made, context("processor", "lookup", clock or Clock()))


class LookupTestCase(TestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.clock = Clock()
        self.log: list[str] = []

    async def started(self, text: str, *lookups: dict[str, Any], **source: Any) -> ProcessorRig:
        self.path.write_text(text)
        self.processor = lookup(self.path, *lookups, clock=self.clock, **source)
        log = self.processor.context.log
        for level in ("info", "warn"):
            self.patch(log, level, lambda said, **facts: self.log.append(said.format(**facts)))
        rig = ProcessorRig(self.processor)
        await self.processor.start()
        return rig

    def site(self, rig: ProcessorRig, ip: Any = "10.0.0.1") -> Any:
        """What the site of an event with this address is."""
        rig.send(Batch(events("x", ip=ip)))
        self.assertEqual(rig.count("failures"), 0)
        return rig.sink.events[-1].attributes.get("site.name")


class LookupTests(LookupTestCase):
    @as_task
    async def test_columns_go_to_attributes_and_defaults_where_there_is_no_row(self) -> None:
        rig = await self.started("ip,site\n10.0.0.1,Ulm\n10.0.0.2,\n7,Bonn\n")
        wanted = {"10.0.0.1": "Ulm", "10.0.0.2": "unknown", "x": "unknown", 7: "Bonn"}
        for ip, site in wanted.items():
            self.assertEqual(self.site(rig, ip), site)
        for odd in (None, ["10.0.0.1"], {"a": 1}, b"7"):
            self.assertEqual(self.site(rig, odd), "unknown")
        self.assertEqual(rig.metrics.get("processor_lookup_misses"), 5)
        (gauge,) = [g for g in rig.metrics.gauges if g.name == "processor_lookup_rows"]
        self.assertEqual(gauge.read(), 3)

    @as_task
    async def test_keys_are_expressions_over_the_whole_event(self) -> None:
        bare = {"source": "site", "destination": "found"}
        for key, body in (
            ("log.body", "web"),
            ('resource.attributes["host"]', "x"),
            ("ToLowerCase(log.body)", "WEB"),
            ('Concat([log.body, "b"], "")', "we"),
        ):
            rig = await self.started("k,site\nweb,1\n", {"key": key, "attributes": [bare]})
            rig.send(Batch([Event(1, body, {}, resource=Resource({"host": "web"}))]))
            self.assertEqual(rig.sink.events[-1].attributes, {"found": "1"}, key)
            rig.send(Batch([Event(1, "none", {"found": "before"})]))
            self.assertEqual(rig.sink.events[-1].attributes, {"found": "before"})

    @as_task
    async def test_a_lookup_sees_what_the_one_before_it_found(self) -> None:
        rig = await self.started(
            "k,site\na,b\nb,c\n",
            {"key": "log.body", "attributes": [_SITE]},
            {"key": 'log.attributes["site.name"]', "attributes": [_SITE]},
        )
        rig.send(Batch(events("a")))
        self.assertEqual(rig.sink.events[-1].attributes, {"site.name": "c"})

    @as_task
    async def test_several_lookups_run_in_their_order(self) -> None:
        rig = await self.started(
            "k,site\n10.0.0.0/8,A\n10.0.0.1,B\n",
            {"key": 'log.attributes["ip"]', "match": "cidr", "attributes": [_SITE]},
            {"key": 'log.attributes["ip"]', "attributes": [{**_SITE, "default": None}]},
        )
        self.assertEqual([self.site(rig, ip) for ip in ("10.0.0.1", "10.0.0.2")], ["B", "A"])

    @as_task
    async def test_a_key_that_fails_is_counted_and_finds_nothing(self) -> None:
        rig = await self.started("k,site\na,1\n", {"key": "Len(log.body)", "attributes": [_SITE]})
        rig.send(Batch([Event(1, 5, {})]))
        self.assertEqual(rig.sink.events[-1].attributes, {"site.name": "unknown"})
        self.assertEqual(rig.metrics.get("processor_statement_errors"), 1)

    @as_task
    async def test_it_does_not_start_without_a_good_table(self) -> None:
        with self.assertRaisesRegex(BadTable, "no column site"):
            await self.started("ip\n1\n")
        with self.assertRaisesRegex(BadTable, "over 4 bytes"):
            await self.started("ip,site\n", max_size=4)
        for path in (Path("/nowhere/at all"), self.path.parent, Path("a\0b")):
            processor = lookup(path)
            ProcessorRig(processor)
            with self.assertRaises(BadTable):
                await processor.start()
        pipe = Path(self.mktemp())
        os.mkfifo(pipe)
        with self.assertRaisesRegex(BadTable, "regular"):
            await lookup(pipe).start()


class ReloadTests(LookupTestCase):
    def replace(self, text: str) -> None:
        new = Path(self.mktemp())
        new.write_text(text)
        new.rename(self.path)

    async def look(self, text: str | None = None) -> None:
        """Put a file in the place of the last one, and let the processor look."""
        if text is not None:
            self.replace(text)
        self.clock.advance(10)
        looking = self.processor._looking
        assert looking is not None
        await wait(looking)

    def reloads(self, rig: ProcessorRig, outcome: str) -> int:
        key = (("processor", "lookup"), ("outcome", outcome))
        return rig.metrics.counts.get(("processor_lookup_reloads", key), 0)

    @as_task
    async def test_a_new_file_is_taken_and_a_bad_one_leaves_the_last(self) -> None:
        rig = await self.started("ip,site\n10.0.0.1,Ulm\n")
        await self.look()
        self.assertEqual((self.site(rig), self.log), ("Ulm", []))
        await self.look("ip,site\n10.0.0.1,Bonn\n")
        self.assertEqual(self.site(rig), "Bonn")
        for _ in range(2):  # and says so once
            await self.look("ip,site\nbroken" if not self.reloads(rig, "failed") else None)
            self.assertEqual(self.site(rig), "Bonn")
        self.path.unlink()
        await self.look()
        await self.look()
        self.assertEqual(self.site(rig), "Bonn")
        await self.look("ip,site\n10.0.0.1,Kiel\n")
        self.assertEqual(self.site(rig), "Kiel")
        self.assertEqual((self.reloads(rig, "loaded"), self.reloads(rig, "failed")), (2, 2))
        new = "lookup: a new table with 1 rows was read"
        still = f"lookup: still with the last table, for {self.path} is no good now: "
        self.assertEqual(self.log[0], new)
        self.assertEqual(self.log[1], still + "line 2 has 1 of 2 columns")
        self.assertTrue(self.log[2].startswith(still + "it cannot be read"))
        self.assertEqual(self.log[3:], [new])

    @as_task
    async def test_a_stop_ends_the_look_under_way_and_all_others(self) -> None:
        rig = await self.started("ip,site\n10.0.0.1,Ulm\n")
        self.clock.advance(10)
        rig.pipeline.flush()
        await self.processor.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.site(rig), "Ulm")


class ConfigTests(SynchronousTestCase):
    def test_what_makes_no_sense_is_refused(self) -> None:
        good: dict[str, Any] = {"type": "csv", "path": "x"}
        for source, lookups in (
            (good, []),
            ({**good, "reload_interval": "0"}, [{"key": "log.body", "attributes": [_SITE]}]),
            ({**good, "type": "yaml"}, [{"key": "log.body", "attributes": [_SITE]}]),
            (good, [{"key": "log.body", "attributes": []}]),
            (good, [{"key": "log.body", "match": "glob", "attributes": [_SITE]}]),
        ):
            config = {"source": source, "lookups": lookups}
            self.assertRaises(ValidationError, LookupConfig.model_validate, config)

    def test_an_error_in_a_key_has_its_place(self) -> None:
        text = """\
receivers: {generate: }
processors:
  lookup:
    source: {type: csv, path: x}
    lookups:
      - {key: 'log.atributes["a"]', attributes: [{destination: b}]}
      - {key: 'Len(log.body', attributes: [{destination: b}]}
exporters: {stdout: }
service:
  pipelines:
    logs: {receivers: [generate], processors: [lookup], exporters: [stdout]}
"""
        path = Path(self.mktemp())
        path.write_text(text)
        problems = check(path)
        self.assertEqual([p.line for p in problems], [6, 7], problems)
        self.assertIn("did you mean attributes?", problems[0].message)
