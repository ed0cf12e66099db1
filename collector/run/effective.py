"""The configuration in effect: what was said and the defaults of what was not, for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from ..config.components import TYPE
from ..config.description import ComponentSpec, Description
from ..fields import seconds, size, written_duration, written_size

_HIDDEN = "***"
#: How a value is written that one of these has read.
_WRITTEN: Mapping[Any, Callable[[Any], str]] = {seconds: written_duration, size: written_size}


def effective(description: Description, hide: Callable[[str], str]) -> dict[str, Any]:
    """JSON-like, in the shape of a file. `hide` takes the secrets out of a text."""
    sections: dict[str, Any] = {}
    for (section, id_), spec in description.components.items():
        sections.setdefault(section, {})[id_] = _block(spec, hide)
    pipelines = {
        spec.id: {
            "receivers": list(spec.receivers),
            "processors": list(spec.processors),
            "exporters": list(spec.exporters),
        }
        for spec in description.pipelines
    }
    service = {**_shown(description.service, hide), "pipelines": pipelines}
    return {**sections, "service": service}


def _block(spec: ComponentSpec, hide: Callable[[str], str]) -> dict[str, Any]:
    models = [model for model in (spec.config, spec.outlet, spec.intake) if model is not None]
    said = {key: value for model in models for key, value in _shown(model, hide).items()}
    return {TYPE: spec.type, **said} if ":" in spec.type else said


def _shown(value: Any, hide: Callable[[str], str]) -> Any:
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {name: _field(getattr(value, name), fields[name], hide) for name in fields}
    if isinstance(value, SecretStr):
        return _HIDDEN if value.get_secret_value() else ""
    if isinstance(value, Mapping):
        return {hide(str(key)): _shown(item, hide) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(item, hide) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return hide(str(value))  # whatever else a plugin's model makes of it, a proxy for instance


def _field(value: Any, field: FieldInfo, hide: Callable[[str], str]) -> Any:
    for read in field.metadata:
        written = _WRITTEN.get(getattr(read, "func", None))
        if written is not None and isinstance(value, int | float):
            return written(value)
    return _shown(value, hide)
