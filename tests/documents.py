"""The pages of the repository: what stands in their blocks of code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
#: What stands below it is another program's.
_OF_ANOTHER = "Before"
_SECTIONS = {"receivers", "processors", "connectors", "exporters"}
_SUBSTITUTION = re.compile(r"\$\{(?:env|file):([^}]*)\}")
#: Components that an example names and does not show.
_STUBS: dict[str, dict[str, str]] = {
    "receivers": {
        "syslog": "{udp: {endpoint: '127.0.0.1:0'}}",
        "fluent_forward": "{endpoint: '127.0.0.1:0'}",
        "http": "{endpoint: '127.0.0.1:0'}",
        "otlp": "{}",
    },
    "processors": {
        "redact": "{}",
        "parse": "{format: json}",
        "sample": "{sampling_percentage: 10}",
    },
    "exporters": {
        "dynatrace": "{endpoint: 'https://abc12345.live.dynatrace.com', api_token_file: token}",
        "file": "{path: x.jsonl}",
        "stdout": "{}",
    },
}


class Block(NamedTuple):
    """What stands between two fences."""

    page: str
    line: int
    language: str
    text: str
    #: Of the section that it stands in.
    heading: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> Iterator[Path]:
    """Those that people read, the decisions included."""
    yield from sorted(ROOT.glob("*.md"))
    yield from sorted((ROOT / "docs").rglob("*.md"))


def blocks(*languages: str) -> Iterator[Block]:
    """Of all pages, in these languages."""
    for path in pages():
        text = path.read_text()
        for found in _FENCE.finditer(text):
            if found[1] in languages:
                line = text.count("\n", 0, found.start()) + 1
                headings = _HEADING.findall(text, 0, found.start())
                where = str(path.relative_to(ROOT))
                yield Block(where, line, found[1], found[2], "".join(headings[-1:]))


def configurations() -> Iterator[Block]:
    """The blocks that are a configuration, or a part of one."""
    for block in blocks("yaml"):
        if block.heading == _OF_ANOTHER:
            continue
        top = read_yaml(block.text)
        if isinstance(top, dict) and ({*top} & _SECTIONS or "pipelines" in str(top.get("service"))):
            yield block


def read_yaml(text: str) -> Any:
    """Its first document."""
    return YAML(typ="safe", pure=True).load(text)


def whole(text: str) -> str:
    """A configuration with what it names and does not show, and without what only a machine has."""
    top = read_yaml(_SUBSTITUTION.sub(lambda found: _instead(found[1]), text))
    own = {section: list(top.get(section, ())) for section in ("receivers", "exporters")}
    logs = {
        "receivers": own["receivers"] or ["syslog"],
        "processors": list(top.get("processors", ())),
        "exporters": own["exporters"] or ["stdout"],
    }
    pipelines = top.setdefault("service", {}).setdefault("pipelines", {"logs": logs})
    for section, stubs in _STUBS.items():
        named = {id for pipeline in pipelines.values() for id in pipeline.get(section, ())}
        for id in named - {*top.get(section, ()), *top.get("connectors", ())}:
            top.setdefault(section, {})[id] = read_yaml(stubs[id.partition("/")[0]])
    text_of = StringIO()
    YAML(typ="safe", pure=True).dump(top, text_of)
    return text_of.getvalue()


def _instead(name: str) -> str:
    """Of a variable or a file that this machine has not: what could be in it."""
    if "ENDPOINT" in name:
        return "https://abc12345.live.dynatrace.com"
    return f"dt0c01.{'A' * 24}.{'B' * 64}"
