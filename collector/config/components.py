"""The sections of components in, a `ComponentSpec` for each out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from collector import registry
from collector.component import Component, Config
from collector.inputs.options import IntakeOptions
from collector.outputs.options import OutletOptions
from collector.stability import provider

from .deprecated import deprecated
from .description import ComponentSpec
from .keys import names
from .sentences import quotes, texts
from .source import Source, Way
from .validation import Block

SECTIONS = ("receivers", "processors", "exporters", "connectors")

#: The core's part of a block, by section.
CORE: Mapping[str, type[Config]] = {"exporters": OutletOptions, "receivers": IntakeOptions}

#: The OpenTelemetry Collector's names for keys of an exporter that are the core's.
ALIASES = {"sending_queue": "queue", "retry_on_failure": "retry"}

#: The key that names a class in place of what is installed; the core's, in every block.
TYPE = "type"
#: What it holds.
CLASS = r"[\w.]{1,64}:\w{1,64}"

#: Pipelines name those where they name these.
_BESIDE = {"connectors": ("receivers", "exporters")}

#: A name becomes part of file names and labels: no path, no space.
_ID = re.compile(r"(?P<type>[\w.-]{1,64})(/\w[\w.-]{0,62})?")

#: What is defined, by section and id; None where the block has errors.
Defined = dict[tuple[str, str], ComponentSpec | None]


def components(source: Source) -> Defined:
    """All components of the file. What is wrong with them is reported."""
    defined: Defined = {}
    for section in SECTIONS:
        for id_, block in section_of(source, (section,)).items():
            defined[section, id_] = _component(source, section, id_, block)
    for section, id_ in defined:
        others = [other for other in _BESIDE.get(section, ()) if (other, id_) in defined]
        if others:
            said = f"is one of the {others[0]} too: give one of the two another name"
            source.error(said, (section, id_), source.key_place((section, id_)))
    return defined


def section_of(source: Source, way: Way) -> Mapping[str, Any]:
    """The mapping at a way; empty when it is not there, not filled in, or not a mapping."""
    value = source.value
    for step in way:
        value = value.get(step)
        if value is None:
            return {}
        if not isinstance(value, dict):
            source.error("expected a mapping", way[: way.index(step) + 1])
            return {}
    return dict(value)


def _component(source: Source, section: str, id_: str, value: Any) -> ComponentSpec | None:
    way = (section, id_)
    place = source.key_place(way)
    found = _ID.fullmatch(id_)
    if found is None:
        source.error("expected a type, or type/name such as syslog/edge", way, place)
        return None
    block = dict(value) if isinstance(value, dict) else {}
    if TYPE in block:
        type_ = block.pop(TYPE)
        cls = _named_class(source, way, type_)
    else:
        type_ = found["type"]
        cls = _installed(source, way, type_)
    if not (value is None or isinstance(value, dict)):
        source.error("expected a mapping", way)
        return None
    return _checked(source, way, type_, cls, block) if cls else None


def _installed(source: Source, way: tuple[str, str], type_: str) -> type[Component[Any]] | None:
    try:
        return registry.load(way[0], type_)
    except registry.UnknownPlugin as e:
        source.error(str(e), way, source.key_place(way))
        return None


def _named_class(source: Source, way: tuple[str, str], name: Any) -> type[Component[Any]] | None:
    """That of the key `type`."""
    of = (*way, TYPE)
    if of in source.broken:
        return None
    if not (isinstance(name, str) and re.fullmatch(CLASS, name)):
        said = "expected module:Class; without this key the type is what the name begins with"
        source.error(said, of)
        return None
    try:
        return registry.load_class(way[0], name, source.directory)
    except registry.UnknownPlugin as e:
        source.error(str(e), of)
        return None


def _checked(
    source: Source,
    way: tuple[str, str],
    type_: str,
    cls: type[Component[Any]],
    block: dict[str, Any],
) -> ComponentSpec | None:
    section, id_ = way
    model = cls.config_type
    core_model = CORE.get(section, Config)
    if not _keeps_off(source, way, model, core_model):
        return None
    own, core = _parted(source, way, block, core_model)
    config = Block(source, way, own, model, others=core_model.model_fields).validate()
    if config is None or core is None:
        return None
    _warn(source, way, cls, config, block)
    return ComponentSpec(
        section,
        id_,
        type_,
        cls,
        config,
        core if isinstance(core, OutletOptions) else None,
        core if isinstance(core, IntakeOptions) else None,
        *source.key_place(way),
    )


def _keeps_off(source: Source, way: Way, model: type[Config], core: type[Config]) -> bool:
    """Whether a plugin's model leaves the core's keys alone."""
    taken = sorted({TYPE, *core.model_fields, *_aliases(core)} & set(names(model)))
    for name in taken:
        said = f"its plugin declares the key {name}, which is the core's: a fault of the plugin"
        source.error(said, way, source.key_place(way))
    return not taken


def _aliases(core: type[Config]) -> Mapping[str, str]:
    return {said: name for said, name in ALIASES.items() if name in core.model_fields}


def _parted(
    source: Source, way: Way, block: dict[str, Any], model: type[Config]
) -> tuple[dict[str, Any], Config | None]:
    """The plugin's part of a block, and the core's; None if that has errors."""
    own: dict[str, Any] = {}
    core: dict[str, Any] = {}
    written: dict[str, str] = {}
    for key, value in block.items():
        name = _aliases(model).get(key, key)
        if name not in model.model_fields:
            own[key] = value
        elif name in written:
            said = f"{written[name]} and {key} are the same key; give one"
            source.error(said, way, source.key_place((*way, key)))
        else:
            written[name] = key
            core |= {} if value is None else {name: value}
    return own, Block(source, way, core, model, written).validate()


def _warn(
    source: Source,
    way: tuple[str, str],
    cls: type[Component[Any]],
    config: Config,
    block: dict[str, Any],
) -> None:
    values = list(texts(block))
    for said in _warnings(cls, config):
        hidden = quotes(said, None, values)
        text = "its plugin warns; the text quotes a value and is not shown" if hidden else said
        source.warning(text, way, source.key_place(way))
    for model in (cls.config_type, CORE.get(way[0], Config)):
        for key, instead in deprecated(model, block):
            said = f"will go: {instead} ({provider(cls.__module__)})"
            source.warning(said, (*way, *key), source.key_place((*way, *key)))


def _warnings(cls: type[Component[Any]], config: Config) -> Iterator[str]:
    """What the hook `config_warnings` of a class says; nothing when it has none."""
    hook = getattr(cls, "config_warnings", None)
    try:
        yield from hook(config) if hook else ()
    except Exception as e:  # noqa: BLE001 - a warning must not be what stops the collector
        yield f"its plugin's config_warnings failed with {type(e).__name__}"
