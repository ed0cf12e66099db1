"""The pages name every component, key and command that there is, and what they show is right."""

from __future__ import annotations

import argparse
import functools
import re
import shutil
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from collector.component import Config
from collector.config.load import check
from collector.run.cli import main as command_line
from tests import documents, reference
from tests.documents import ROOT, Block
from tests.pages import Page

_COMPONENTS = list(reference.components())
_MODELS = [*reference.CORE, *("/".join(component) for component in _COMPONENTS)]
_CONFIGURATIONS = list(documents.configurations())
_COMMAND = re.compile(
    r"(?:`|^\$ |^ {4}|^ {4}\S*/|^ {4}.* -- |&& )collector ([a-z][^\n`#|<>&]*)", re.MULTILINE
)


@pytest.mark.parametrize("path", reference.pages(), ids=lambda path: path.stem)
def test_a_table_is_what_the_models_say(path: Path) -> None:
    page = path.read_text()
    assert page == reference.written(page), "run `python -m tests.reference`"


@pytest.mark.parametrize(("section", "type_"), _COMPONENTS)
def test_a_component_has_a_page_with_its_keys_and_an_example(section: str, type_: str) -> None:
    page = reference.REFERENCE / section / f"{type_}.md"
    assert page.exists(), "write it, with the comments of the others"
    assert f"<!-- keys of {section}/{type_} -->" in page.read_text()
    assert f"]({section}/{type_}.md)" in (reference.REFERENCE / "README.md").read_text()
    examples = [block for block in _CONFIGURATIONS if Path(ROOT / block.page) == page]
    shown = [documents.read_yaml(block.text).get(section, {}) for block in examples]
    assert any(id.partition("/")[0] == type_ for ids in shown for id in ids)


@pytest.mark.parametrize("what", _MODELS)
def test_a_key_has_a_sentence_and_shows_a_value(what: str) -> None:
    for key in reference.keys(reference.model_of(what)):
        assert _is_said(key), f"{key.way} needs a comment `#:`"
        row = reference._row(key)
        shown = "`" in "|".join(row.split("|")[2:4]) or "such as `" in row.lower()
        assert shown or key.is_block or "has no effect" in key.said, f"{key.way} has no example"


def _is_said(key: reference.Key) -> bool:
    return key.said.endswith((".", "`"))


@pytest.mark.parametrize("what", _MODELS)
def test_an_example_of_a_key_is_taken_by_it(what: str) -> None:
    for key in reference.keys(reference.model_of(what)):
        if not key.is_block:
            for example in key.examples:
                form: Any = Annotated[key.field.annotation, None, *key.field.metadata]
                adapter: TypeAdapter[Any] = TypeAdapter(form)
                value = _tuples(documents.read_yaml(example))
                try:
                    adapter.validate_python(value)
                except ValidationError:  # one of several, which the model takes alone too
                    adapter.validate_python((value,))


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def test_a_key_without_a_comment_is_noticed() -> None:
    class Novel(Config):
        # No comment that says what it is.
        key: int = 1

    (key,) = reference.keys(Novel)
    assert not _is_said(key)


@pytest.mark.parametrize("block", _CONFIGURATIONS, ids=str)
def test_a_configuration_is_valid(block: Block, tmp_path: Path) -> None:
    for example in (ROOT / "examples").glob("*.py"):
        shutil.copy(example, tmp_path)
    for name, content in Page(str(ROOT / block.page)).files.items():
        (tmp_path / name).write_text(content)
    file = tmp_path / "configuration.yaml"
    file.write_text(documents.whole(block.text))
    errors = [str(problem) for problem in check(file, {}) if problem.level == "error"]
    assert errors == []


def test_there_are_configurations() -> None:
    assert len(_CONFIGURATIONS) > len(_COMPONENTS)


_NAMES = {point.name for point in entry_points(group="collector.commands")}


def _shown() -> dict[str, str]:
    """The commands that pages show, and where."""
    return {
        words: path.name
        for path in documents.pages()
        for words in _COMMAND.findall(path.read_text())
    }


@pytest.mark.parametrize("words", _shown())
def test_a_command_on_a_page_exists_with_its_options(words: str) -> None:
    name = re.split(r"[^a-z-]", words)[0]
    assert name in _NAMES
    given = set(re.findall(r"(?<!\S)--[\w-]+", words))
    assert given <= {option for options in _options(name) for option in options}


@functools.cache
def _options(name: str) -> list[tuple[str, ...]]:
    """The spellings of each option of a command, and of its actions."""
    parser = command_line.parser([name])
    (commands,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    return list(_options_of(commands.choices[name]))


def _options_of(parser: argparse.ArgumentParser) -> Iterator[tuple[str, ...]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _options_of(below)
        elif action.option_strings and "--help" not in action.option_strings:
            yield tuple(action.option_strings)


@pytest.mark.parametrize("name", sorted(_NAMES))
def test_a_command_shows_an_example(name: str) -> None:
    (point,) = entry_points(group="collector.commands", name=name)
    assert re.search(rf"examples?:\s(.*\n)*?.*collector {name}\b", point.load().__doc__)


@pytest.mark.parametrize("name", sorted(_NAMES))
def test_a_command_and_its_options_are_on_a_page(name: str) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text().partition("## Commands")[2]
    assert f"`collector {name}" in page
    everything = "".join(path.read_text() for path in documents.pages())
    for spellings in _options(name):
        assert any(f"{spelling}" in everything for spelling in spellings), spellings


_LINK = re.compile(r"\]\((?!\w+:)([^)\s]+)\)")


def test_links_lead_to_a_file_and_a_heading() -> None:
    links = [(page, link) for page in documents.pages() for link in _LINK.findall(_prose(page))]
    assert links
    assert [f"{page}: {link}" for page, link in links if not _leads(page, link)] == []


def _leads(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not anchor or anchor in _anchors(target.resolve()))


@functools.cache
def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", _prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def _prose(page: Path) -> str:
    """What stands outside of blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
