"""Results of tests as JUnit's XML, which CI servers read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from .redactor import printable


@dataclass(frozen=True)
class Result:
    """Of one test."""

    name: str
    #: What is not as expected, in lines; none: it has passed.
    failures: Sequence[str]
    seconds: float


def write(path: Path, suite: str, results: Sequence[Result]) -> None:
    """Write the file. Raises OSError."""
    failed = sum(bool(result.failures) for result in results)
    seconds = sum(result.seconds for result in results)
    counts = {"tests": str(len(results)), "failures": str(failed), "errors": "0"}
    said = {"name": printable(suite), "time": f"{seconds:.3f}"}
    root = ET.Element("testsuite", said | counts)
    for result in results:
        said = {"name": printable(result.name), "classname": printable(suite)}
        case = ET.SubElement(root, "testcase", said, time=f"{result.seconds:.3f}")
        if result.failures:
            lines = [printable(line) for line in result.failures]
            failure = ET.SubElement(case, "failure", message=lines[0])
            failure.text = "\n".join(lines)
    tree = ET.ElementTree(root)
    ET.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)
