"""The models in, the tables in docs/reference out: `python -m tests.reference` writes them anew.

A page of the reference is written by hand but for what stands between two comments: a table of the
keys of the model that the first comment names. What it says of a key is the model's: the type and
its bounds, the default, and the comment `#:` above the field.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from ruamel.yaml import YAML

from collector import registry
from collector.config.comments import comments
from collector.config.keys import Model, models_of, shown_name
from collector.config.service import ServiceConfig
from collector.config.trials import Trial
from collector.inputs.options import IntakeOptions
from collector.outputs.options import OutletOptions
from tests import key_types
from tests.key_types import WRITTEN, Schema, unit_of

DOCS = Path(__file__).parent.parent / "docs"
REFERENCE = DOCS / "reference"
OURS = "twisted-log-collector"
#: Models that are no component's, by what a page calls them.
CORE: dict[str, Model] = {
    "service": ServiceConfig,
    "every receiver": IntakeOptions,
    "every exporter": OutletOptions,
    "tests": Trial,
}
_BLOCK = re.compile(r"(<!-- keys of (.*?) -->\n).*?(<!-- end of keys -->)", re.DOTALL)
_EXAMPLE = re.compile(r"\b[Ss]uch as `([^`]+)`")
_TABLE = "| key | default | value | |\n| --- | --- | --- | --- |\n"
#: Defaults that only the process knows.
_AT_RUN_TIME = {"data_dir"}


class Key(NamedTuple):
    """One row: where the key stands, and the field that says the rest."""

    way: str
    model: Model
    name: str
    field: FieldInfo
    #: Where the keys of the block are that stands here; empty: it has none, or they follow.
    as_of: str = ""

    @property
    def said(self) -> str:
        """What the model says of it."""
        return _comments(self.model).get(self.name, "")

    @property
    def schema(self) -> Schema:
        """What may stand there."""
        found: Schema = _schema(self.model)["properties"][self.name]
        return found

    @property
    def is_block(self) -> bool:
        """Whether keys stand below it."""
        return bool(list(models_of(self.field)))

    @property
    def examples(self) -> list[str]:
        """As they stand in a file, of the comment."""
        return _EXAMPLE.findall(self.said)


_comments = functools.cache(comments)


@functools.cache
def _schema(model: Model) -> Schema:
    return model.model_json_schema(by_alias=False)


def components() -> Iterator[tuple[str, str]]:
    """The section and the type of each component that is ours."""
    for section in registry.KINDS:
        for point in entry_points(group=f"collector.{section}"):
            if point.dist is None or point.dist.name == OURS:
                yield section, point.name


def model_of(what: str) -> Model:
    """Of `service`, or of `receivers/syslog`."""
    return CORE[what] if what in CORE else registry.load(*what.split("/")).config_type


def keys(model: Model, before: str = "", seen: dict[Model, str] | None = None) -> Iterator[Key]:
    """Of a model and of those inside it; a block that comes again is not gone through again."""
    known = {} if seen is None else seen
    for name, field in model.model_fields.items():
        below = list(models_of(field))
        way = before + shown_name(model, name)
        known_at = [known[inner] for inner in below if inner in known]
        yield Key(way, model, name, field, known_at[0] if known_at else "")
        for inner in below:
            if inner not in known:
                known[inner] = way
                yield from keys(inner, f"{way}.", known)


def table(what: str) -> str:
    """The lines of a table, or a sentence where there is no key."""
    rows = [_row(key) for key in keys(model_of(what))]
    return _TABLE + "".join(rows) if rows else "It has no keys.\n"


def _row(key: Key) -> str:
    value = f"{_value(key)}, with the keys of `{key.as_of}`" if key.as_of else _value(key)
    cells = (f"`{key.way}`", _default(key), value, key.said)
    return "| " + " | ".join(_escaped(cell) for cell in cells).rstrip() + " |\n"


def _escaped(cell: str) -> str:
    return cell.replace("|", r"\|")


def _default(key: Key) -> str:
    field, given = key.field, key.field.default
    if field.is_required() and key.name not in _AT_RUN_TIME:
        return "required"
    if field.default_factory in (dict, list, tuple) or given in (None, "", (), frozenset(), {}):
        return "none"
    if isinstance(given, BaseModel):
        return "as below"
    if given is PydanticUndefined or key.is_block:
        return "see text"
    if key.schema.get("format") == "password":
        return "none"
    unit = None if isinstance(given, str) else unit_of(key.schema)  # `auto`
    return f"`{WRITTEN[unit](given) if unit else _yaml(given)}`"


def _yaml(value: Any) -> str:
    """On one line, as in a file."""
    writer, text = YAML(typ="safe", pure=True), io.StringIO()
    writer.default_flow_style, writer.width = True, 10_000
    writer.dump(list(value) if isinstance(value, tuple) else value, text)
    return text.getvalue().removesuffix("...\n").strip()


def _value(key: Key) -> str:
    """In words: the type, its bounds, and an example where the comment has none."""
    if key.is_block:
        return key_types.of_blocks(key.schema)
    said, unit = key_types.of(key.schema), unit_of(key.schema)
    if unit:
        said += key_types.bounds(key.field.metadata, unit)
    own = key.schema.get("examples") or key.schema.get("items", {}).get("examples")
    if not own or _EXAMPLE.search(key.said) or _default(key) not in ("required", "none"):
        return said
    example = f"[{own[0]}]" if "items" in key.schema else own[0]
    return f"{said}, such as `{example}`"


def written(page: str) -> str:
    """A page with its tables as they are now."""
    return _BLOCK.sub(lambda found: f"{found[1]}\n{table(found[2])}\n{found[3]}", page)


def pages() -> list[Path]:
    """Those that have a table."""
    return [path for path in sorted(DOCS.rglob("*.md")) if _BLOCK.search(path.read_text())]


if __name__ == "__main__":
    for path in pages():
        path.write_text(written(path.read_text()))
