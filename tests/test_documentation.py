"""docs/configuration.md names every key, component and subcommand that is installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import get_args

from pydantic import AliasChoices, BaseModel
from twisted.trial.unittest import SynchronousTestCase

from collector import registry
from collector.config.service import ServiceConfig
from collector.inputs.options import IntakeOptions
from collector.outputs.options import OutletOptions

_PAGE = Path(__file__).parent.parent / "docs" / "configuration.md"
_OURS = "twisted-log-collector"
Model = type[BaseModel]


def section(page: str, title: str) -> str:
    """The text below a heading, up to the next of its level or above; empty: there is none."""
    found = re.search(rf"^(#+) {re.escape(title)}$", page, re.MULTILINE)
    if found is None:
        return ""
    rest = page[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def named(text: str) -> set[str]:
    """What stands in backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))


def keys(model: Model, before: str = "") -> Iterator[set[str]]:
    """Of each key that holds a value: the spellings of it, any of which will do."""
    for name, field in model.model_fields.items():
        spellings = {before + spelling for spelling in (name, *_aliases(field.validation_alias))}
        below = list(_models(field.annotation))
        if not below:
            yield spellings
        for inner in below:
            yield from keys(inner, f"{before}{name}.")


def _aliases(alias: object) -> Iterator[str]:
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    yield from (choice for choice in choices if isinstance(choice, str))


def _models(annotation: object) -> Iterator[Model]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def missing(model: Model, text: str) -> list[str]:
    """The keys of a model that a text does not name."""
    have = named(text)
    return [" or ".join(sorted(spellings)) for spellings in keys(model) if not spellings & have]


class ConfigurationPageTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.page = _PAGE.read_text()

    def test_names_every_key_of_the_core(self) -> None:
        core = section(self.page, "Keys that every exporter has")
        self.assertEqual(missing(ServiceConfig, section(self.page, "service")), [])
        self.assertEqual(missing(OutletOptions, core), [])
        intake = section(self.page, "Keys that every receiver has")
        self.assertEqual(missing(IntakeOptions, intake), [])

    def test_names_every_key_of_every_component(self) -> None:
        lacking = {}
        for kind in registry.KINDS:
            chapter = section(self.page, kind.capitalize())
            for point in entry_points(group=f"collector.{kind}"):
                if point.dist is None or point.dist.name == _OURS:
                    model = registry.load(kind, point.name).config_type
                    text = section(chapter, point.name)
                    lacking[point.name] = missing(model, text) if text else ["a section"]
        self.assertIn("syslog", lacking)
        self.assertEqual({name: those for name, those in lacking.items() if those}, {})

    def test_names_every_subcommand(self) -> None:
        text = section(self.page, "Commands")
        for point in entry_points(group="collector.commands"):
            if point.dist is None or point.dist.name == _OURS:
                self.assertRegex(text, rf"`collector {point.name}\b")

    def test_every_subcommand_shows_an_example(self) -> None:
        for point in entry_points(group="collector.commands"):
            if point.dist is None or point.dist.name == _OURS:
                said = rf"examples?:\s(.*\n)*?.*collector {point.name}\b"
                self.assertRegex(point.load().__doc__, said)

    def test_a_key_that_is_not_named_is_noticed(self) -> None:
        text = section(self.page, "service").replace("`admin.token`", "")
        self.assertEqual(missing(ServiceConfig, text), ["admin.token"])
