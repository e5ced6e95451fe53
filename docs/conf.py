"""How `make docs` builds the site. The pages are plain Markdown, and read as well on a forge."""

from __future__ import annotations

import re
from typing import Any

project = "rewardlab"
root_doc = "docs/index"
# The whole tree is the source, so that a link from a page to an experiment's or to the README is the same for both.
include_patterns = ["docs/**.md", "experiments/*/README.md", "examples/**README.md", "*.md"]
exclude_patterns = [".*", "build", "dist", "results", "**/results", "**/.venv", "**/node_modules"]

extensions = ["myst_parser"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = "rewardlab"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_extra_path = ["site"]

_SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_PAGE = re.compile(r"^ *- \[([^\]]+)\]\(([^)#]+)\.md\)", re.MULTILINE)


def setup(app: Any) -> None:
    """Called by Sphinx: the navigation is taken from the lists of links on the first page, and so written once."""
    app.connect("source-read", _add_navigation)


def _add_navigation(app: Any, name: str, source: list[str]) -> None:
    if name != root_doc:
        return
    for title, body in _SECTION.findall(source[0]):
        pages = "\n".join(f"{page} <{target}>" for page, target in _PAGE.findall(body))
        if pages:
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{pages}\n```\n"
