"""The receiver's configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from collector.api import HttpServerOptions


def _path(path: str) -> str:
    if not path.startswith("/") or "?" in path or not pattern(path):
        raise ValueError("expected a path such as /logs or /e/{id}/api/v2/logs/ingest")
    return path


def pattern(path: str) -> re.Pattern[str] | None:
    """What a path means: `{name}` is one segment of any name. None: its braces do not fit."""
    parts = re.split(r"\{\w+\}", path)
    if any("{" in part or "}" in part for part in parts):
        return None
    return re.compile("[^/]+".join(map(re.escape, parts)))


Path = Annotated[str, AfterValidator(_path)]


class HttpConfig(HttpServerOptions):
    """Where events are taken."""

    #: Paths that serve Dynatrace's log ingest API; `{id}` stands for any one segment.
    ingest_paths: tuple[Path, ...] = ("/api/v2/logs/ingest", "/e/{id}/api/v2/logs/ingest")
    #: Paths that take JSON from anybody.
    paths: tuple[Path, ...] = ("/",)
    #: The data model at `ingest_paths` where a request does not say. `raw` keeps a nested value as
    #: JSON text, `flattened` gives it dotted keys.
    structure: Literal["raw", "flattened"] = "raw"
    #: Leave events out that are older than 24 h, as Dynatrace does. Otherwise they are taken, and
    #: an exporter's `stale` decides.
    strict_age: bool = False

    def patterns(self) -> Iterable[tuple[re.Pattern[str], bool]]:
        """Each path, and whether it serves the ingest API."""
        for paths, ingest in ((self.ingest_paths, True), (self.paths, False)):
            for path in paths:
                found: Any = pattern(path)
                yield found, ingest
