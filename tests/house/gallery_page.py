"""Reads docs/gallery.md: which experiment stands there with which figure, commands and hashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.house.code_blocks import commands
from tests.house.project import ROOT

PAGE = ROOT / "docs" / "gallery.md"
DIGITS = 16
"""Of a hash, as the page shows it."""

_SECTION = re.compile(r"^## (\S+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shown:
    """One experiment as the page shows it."""

    name: str
    figure: Path
    commands: tuple[tuple[str, ...], ...]
    page: Path
    spec: str
    table: str


def shown_experiments(text: str) -> list[Shown]:
    """The sections of the page, in order. One that lacks a part has it empty."""
    found = []
    for name, body in _SECTION.findall(text):
        code = "\n".join(re.findall(r"^```bash\n(.*?)^```$", body, re.MULTILINE | re.DOTALL))
        found.append(
            Shown(
                name,
                PAGE.parent / _first(r"!\[[^\]]+\]\(([^)]+)\)", body),
                tuple(tuple(words) for words in commands(code)),
                PAGE.parent / _first(r"\[Its page\]\(([^)]+)\)", body),
                _first(r"spec `([0-9a-f]+)`", body),
                _first(r"table `([0-9a-f]+)`", body),
            )
        )
    return found


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""
