"""Blocks of files of the OpenTelemetry Collector mean here what they mean there."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Batch, Event, Resource
from collector.config.load import check, load
from collector.testing import ProcessorRig, context

Case = dict[str, Any]
CASES: list[Case] = YAML(typ="safe").load(Path(__file__).with_name("pasted.yaml"))
_FIRST = 4  # the line of a block that stands alone
_PIPELINE = "    logs/{0}: {{receivers: [generate], processors: [{1}], exporters: [stdout]}}\n"
_ROUTED = "    logs/{0}: {{receivers: [generate], exporters: [{1}]}}\n"
_TARGET = "    logs/{0}: {{receivers: [{1}], exporters: [stdout]}}\n"


def _id(n: int, case: Case) -> tuple[str, str]:
    """The section of a block, and its name among all of them."""
    kind = re.split("[:/]", case["block"])[0]
    return "connectors" if kind == "routing" else "processors", f"{kind}/{n}"


def _file(cases: list[Case]) -> tuple[str, list[int]]:
    """One file of all blocks, and the line in which each begins."""
    sections: dict[str, str] = {"processors": "", "connectors": ""}
    places, pipelines = [], ""
    for n, case in enumerate(cases):
        section, name = _id(n, case)
        places.append((section, sections[section].count("\n")))
        block = re.sub(r"\A[^:]*", name, case["block"]).replace("logs/", f"logs/{n}")
        sections[section] += textwrap.indent(block, "  ")
        routes = section == "connectors"
        pipelines += (_ROUTED if routes else _PIPELINE).format(n, name)
        if routes:
            pipelines += "".join(_TARGET.format(f"{n}{to}", name) for to in "abc")
    text = "receivers: {generate: }\nexporters: {stdout: }\n"
    starts = {}
    for section, blocks in sections.items():
        text += f"{section}:\n" if blocks else ""
        starts[section] = text.count("\n") + 1
        text += blocks
    text += f"service:\n  pipelines:\n{pipelines}"
    return text, [starts[section] + line for section, line in places]


def _event(given: Case) -> Event:
    said = {
        "time": 1_700_000_000_000_000_000,
        "body": "a line",
        "attributes": {},
        "severity_number": 9,
        "severity_text": "INFO",
        **given,
        "resource": Resource(given.get("resource", {"service.name": "shop"})),
    }
    return Event(**said)


def _shown(event: Event, names: Case) -> Case:
    """What a case compares."""
    scope = event.resource.scope
    found = {name: getattr(event, name, None) for name in names}
    found |= {name: value.hex() for name, value in found.items() if isinstance(value, bytes)}
    if "resource" in names:
        found["resource"] = event.resource.attributes
    if "scope" in names:
        found["scope"] = scope and [scope.name, scope.version, scope.attributes]
    return found


def _became(component: Any, given: Any, case: Case) -> Any:
    """What a case is about, of what came of its events."""
    batch = Batch([_event(each) for each in case["in"]])
    if "routed" in case:
        found = component.route(batch)
        return {re.sub("[0-9]", "", to): [e.body for e in events] for to, events in found.items()}
    rig = ProcessorRig(component)
    rig.send(batch)
    events = rig.sink.events
    failed = sorted(
        dict(labels)["statement"]
        for name, labels in given.metrics.counts
        if name == "processor_statement_errors"
    )
    names = [*case["out"], *[{"body": None}] * len(events)]
    return [_shown(event, wanted) for event, wanted in zip(events, names, strict=False)], failed


class PastedTests(SynchronousTestCase):
    maxDiff = None

    def file(self, cases: list[Case]) -> tuple[Path, list[int]]:
        """Writes a file of these; where it is, and where they begin."""
        text, lines = _file(cases)
        path = Path(self.mktemp())
        path.write_text(text)
        return path, lines

    def test_each_means_the_same(self) -> None:
        cases = [case for case in CASES if "wrong" not in case]
        path, _ = self.file(cases)
        components = load(path).components
        others: dict[str, Any] = {}
        for n, case in enumerate(cases):
            spec = components[_id(n, case)]
            given = context(spec.section[:-1], spec.id)
            component: Any = spec.cls(spec.config, given)
            found = _became(component, given, case)
            if found != case.get("routed", (case.get("out"), case.get("failed", []))):
                others[case["of"]] = found
        self.assertEqual(others, {})
        self.assertGreaterEqual(len(CASES), 60)

    def test_each_mistake_is_shown_in_its_place(self) -> None:
        cases = [case for case in CASES if "wrong" in case]
        path, lines = self.file(cases)
        said = [(one.line, one.column, str(one)) for one in check(path)]
        wanted = [
            (start + line - _FIRST, column, part)
            for start, case in zip(lines, cases, strict=True)
            for line, column, part in case["wrong"]
        ]
        self.assertEqual([one[:2] for one in said], [one[:2] for one in sorted(wanted)], said)
        for (_, _, message), (_, _, part) in zip(said, sorted(wanted), strict=True):
            self.assertIn(part, message)
