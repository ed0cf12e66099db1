"""The JSON Schema of configurations with what is installed: editors complete and check by it.

It says less than `check` does: that two keys contradict each other it does not know. What a
substitution will give nobody knows beforehand, so one may stand for any number, switch or choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import create_model
from pydantic.json_schema import models_json_schema

from collector import registry
from collector.component import Config
from collector.fields import written_duration, written_size

from .comments import comments
from .components import ALIASES, CLASS, CORE, TYPE
from .description import Description
from .keys import Model, models_below, names
from .service import ServiceConfig
from .trials import Trial

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SUBSTITUTION: Schema = {"type": "string", "pattern": r"\$\{(env|file):"}
_NOTHING: Schema = {"type": "null"}
#: What may follow a type: `/edge`.
_NAME = r"(/\w[\w.-]*)?$"
_ABOUT = ("description", "default", "examples")
#: Types of which not every text is one.
_CLOSED = ("integer", "number", "boolean")
_WRITTEN = {"seconds": written_duration, "bytes": written_size}


def schema(description: Description | None = None) -> Schema:
    """Of a whole file. Plugins that cannot be imported are left out.

    With that of a file, also the classes of modules that it names, by the ids that they have there.
    """
    sections = {section: dict(_installed(section)) for section in registry.KINDS}
    own = _own(description) if description else {}
    every = [model for found in sections.values() for model in found.values()]
    every += own.values()
    refs, definitions = _defined([ServiceConfig, Trial, *every])
    service = definitions[refs[ServiceConfig]]
    service["properties"]["pipelines"] = _pipelines()
    service["required"] = ["pipelines"]
    said = {section: _section(found, refs, definitions) for section, found in sections.items()}
    for (section, id_), model in own.items():
        said[section].setdefault("properties", {})[id_] = _reference(refs[model])
    return {
        "$schema": _DIALECT,
        "title": "collector configuration",
        "type": "object",
        "properties": {
            **said,
            "service": _reference(refs[ServiceConfig]),
            "tests": {"type": "array", "items": _reference(refs[Trial])},
        },
        "required": ["receivers", "exporters", "service"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _installed(section: str) -> Iterator[tuple[str, Model]]:
    """Each type, and a model of all that its block takes: the plugin's keys and the core's."""
    for type_ in registry.names(section):
        try:
            own = registry.load(section, type_).config_type
        except registry.UnknownPlugin:
            continue
        yield type_, _whole(section, type_, own)


def _own(description: Description) -> dict[tuple[str, str], Model]:
    """The same by section and id, of what has the key `type`."""
    own = (spec for spec in description.components.values() if ":" in spec.type)
    return {
        (spec.section, spec.id): _whole(
            spec.section, spec.id, spec.cls.config_type, type=(str, ...)
        )
        for spec in own
    }


def _whole(section: str, name: str, own: type[Config], **fields: Any) -> Model:
    bases = (own, CORE[section]) if section in CORE else (own,)
    model: Model = create_model(f"{section}.{name}", __base__=bases, __doc__=own.__doc__, **fields)
    return model


def _defined(models: Iterable[Model]) -> tuple[dict[Model, str], dict[str, Schema]]:
    """The names of all models and of those inside them, and the schemas by name."""
    every = dict.fromkeys(found for model in models for found in _with_inner(model))
    found, whole = models_json_schema([(model, "validation") for model in every], by_alias=False)
    refs = {model: found[model, "validation"]["$ref"].rpartition("/")[2] for model in every}
    definitions: dict[str, Schema] = whole["$defs"]
    for model, name in refs.items():
        _finish(model, definitions[name])
    return refs, definitions


def _with_inner(model: Model) -> Iterator[Model]:
    yield model
    for inner in models_below(model):
        yield from _with_inner(inner)


def _finish(model: Model, of: Schema) -> None:
    """What pydantic does not know: our comments, units and substitutions, and other spellings."""
    of.pop("title", None)
    properties: Schema = of.setdefault("properties", {})
    for name, said in comments(model).items():
        properties[name]["description"] = said
    for name, given in properties.items():
        given.pop("title", None)
        _write_default(given)
        properties[name] = _substitutable(given)
    for spelling, name in {**names(model), **ALIASES}.items():
        if name in properties and spelling not in properties:
            properties[spelling] = properties[name]
            of["required"] = [key for key in of.get("required", ()) if key != name]
    for key in set(getattr(model, "deprecated_keys", ())) & set(properties):
        properties[key] = {**properties[key], "deprecated": True}


def _write_default(given: Schema) -> None:
    """`1s` in place of 1.0, as it stands in a file."""
    unit = next(
        (said["x-unit"] for said in (given, *given.get("anyOf", ())) if "x-unit" in said), ""
    )
    if unit and isinstance(given.get("default"), int | float):
        given["default"] = _WRITTEN[unit](given["default"])


def _substitutable(node: Schema) -> Schema:
    """The same, and a text with a substitution wherever not any text may stand."""
    said = dict(node)
    for key in ("items", "additionalProperties"):
        if isinstance(said.get(key), dict):
            said[key] = _substitutable(said[key])
    if "anyOf" in said:
        said["anyOf"] = [_substitutable(choice) for choice in said["anyOf"]]
    closed = "enum" in said or "const" in said or said.get("type") in _CLOSED
    if not closed:
        return said
    about = {key: said.pop(key) for key in _ABOUT if key in said}
    return {**about, "anyOf": [said, _SUBSTITUTION]}


def _section(
    types: Mapping[str, Model], refs: Mapping[Model, str], definitions: Mapping[str, Schema]
) -> Schema:
    """Each type, alone or with a name of the user's; a class of a module has any id and keys."""
    patterns: dict[str, Schema] = {}
    for type_, model in types.items():
        block = _reference(refs[model])
        needs = definitions[refs[model]].get("required")
        patterns[f"^{type_}{_NAME}"] = block if needs else {"anyOf": [block, _NOTHING]}
    named = {"properties": {TYPE: {"type": "string", "pattern": f"^{CLASS}$"}}, "required": [TYPE]}
    return {"type": "object", "patternProperties": patterns, "additionalProperties": named}


def _pipelines() -> Schema:
    ids = {"type": "array", "items": {"type": "string"}}
    of = {
        "type": "object",
        "properties": {"receivers": ids, "processors": ids, "exporters": ids},
        "required": ["receivers", "exporters"],
        "additionalProperties": False,
    }
    found = {f"^logs{_NAME}": of}
    return {"type": "object", "patternProperties": found, "additionalProperties": False}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}
