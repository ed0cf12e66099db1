"""Sphinx: the pages of the repository in, a site out that needs no network. See `make docs`.

The source is the whole repository, so that links between its pages are links of the site too, and
are checked.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

_PROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]

project = _PROJECT["name"]
author = copyright = _PROJECT["authors"][0]["name"]  # noqa: A001 Sphinx asks for that name
release = version = _PROJECT["version"]

root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md", "newsfragments/README.md"]
exclude_patterns = [".*", "build", "dist"]
extensions = ["myst_parser"]

# Anchors of all headings, called as GitHub calls them.
myst_heading_anchors = 6

html_theme = "furo"
html_title = f"{project} {version}"
html_extra_path = ["_site"]
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_copy_source = False
html_show_sphinx = False

# On GitHub a table of contents would be a block of code. There it is a comment.
_CONTENTS = re.compile(r"<!-- toctree\n(.*?)-->", re.DOTALL)


def _with_contents(app: Any, page: str, source: list[str]) -> None:
    """Such a comment in, the directive out, without patterns that match nothing."""
    folder = (Path(app.srcdir) / page).parent

    def directive(found: re.Match[str]) -> str:
        lines = [
            line
            for line in found[1].splitlines()
            if "*" not in line or any(folder.glob(line + ".md"))
        ]
        return "\n".join(["```{toctree}", ":hidden:", *lines, "```"])

    source[0] = _CONTENTS.sub(directive, source[0])


def setup(app: Any) -> None:
    """See Sphinx."""
    app.connect("source-read", _with_contents)
