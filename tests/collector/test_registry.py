"""Finding plugins, and saying why one cannot be used."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

from twisted.trial.unittest import SynchronousTestCase

from collector import registry
from collector.api import API_LEVEL
from collector.registry import UnknownPlugin, installed, load, names, predicate
from collector.testing import ScriptedExporter


class Newer(ScriptedExporter):
    api_level = API_LEVEL + 1


POINTS = EntryPoints(
    [
        EntryPoint("good", "collector.testing:ScriptedExporter", "collector.exporters"),
        EntryPoint("gone", "no_such_module:X", "collector.exporters"),
        EntryPoint("odd", "collector.event:Event", "collector.exporters"),
        EntryPoint("newer", "tests.collector.test_registry:Newer", "collector.exporters"),
        EntryPoint("later", "tests.collector.later_api:Later", "collector.exporters"),
        EntryPoint("twice", "a:A", "collector.processors"),
        EntryPoint("twice", "b:B", "collector.processors"),
    ]
)


class RegistryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.patch(registry, "entry_points", POINTS.select)

    def refused(self, kind: str, name: str) -> str:
        return str(self.assertRaises(UnknownPlugin, load, kind, name))

    def test_loads_by_name(self) -> None:
        self.assertIs(load("exporters", "good"), ScriptedExporter)

    def test_a_condition_needs_a_plugin_that_reads_it(self) -> None:
        error = self.assertRaises(UnknownPlugin, predicate, "true")
        self.assertEqual(str(error), "no plugin that reads conditions is installed")

    def test_an_unknown_name_gets_the_nearest_and_all_there_are(self) -> None:
        self.assertEqual(
            self.refused("exporters", "goood"),
            "no exporter is called 'goood'; did you mean good? "
            "Installed: gone, good, later, newer, odd",
        )
        self.assertEqual(
            self.refused("exporters", "zzz"),
            "no exporter is called 'zzz'. Installed: gone, good, later, newer, odd",
        )
        self.assertIn("Installed: none", self.refused("receivers", "x"))

    def test_what_cannot_be_imported_says_why(self) -> None:
        self.assertIn("No module named 'no_such_module'", self.refused("exporters", "gone"))

    def test_a_name_that_two_packages_provide_is_refused(self) -> None:
        self.assertIn("more than one package", self.refused("processors", "twice"))

    def test_a_class_of_another_kind_is_refused(self) -> None:
        self.assertEqual(self.refused("exporters", "odd"), "odd of ? does not derive from Exporter")

    def test_a_plugin_for_a_newer_collector_says_so(self) -> None:
        self.assertEqual(
            self.refused("exporters", "newer"),
            f"newer of ? is written for level {API_LEVEL + 1} of collector.api, and this collector "
            f"has level {API_LEVEL}: upgrade the collector, or install an older release of it",
        )
        said = self.refused("exporters", "later")
        self.assertIn("cannot import name 'OfTheFuture' from 'collector.api'", said)
        self.assertIn(f"this collector has level {API_LEVEL} of it: does it need a newer", said)

    def test_lists_the_broken_with_their_reason(self) -> None:
        errors = {plugin.name: plugin.error for plugin in installed()}
        self.assertEqual(errors["good"], "")
        self.assertIn("no_such_module", errors["gone"])
        self.assertIn("odd", errors["odd"])

    def test_names_are_sorted(self) -> None:
        self.assertEqual(names("exporters"), ["gone", "good", "later", "newer", "odd"])


class InstalledTests(SynchronousTestCase):
    def test_ours_are_there_with_their_version(self) -> None:
        found = {(plugin.kind, plugin.name): plugin for plugin in installed()}
        for name in ("file", "null", "stdout"):
            self.assertEqual(found["exporters", name].error, "")
            self.assertEqual(found["exporters", name].package, "twisted-log-collector")
            self.assertTrue(found["exporters", name].version)
        self.assertEqual(found["receivers", "generate"].error, "")
