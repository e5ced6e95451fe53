"""What docs/start.md shows of a command's output is what the command prints."""

from __future__ import annotations

import re

import pytest

from tests.command_line import call
from tests.house.code_blocks import commands
from tests.house.project import ROOT

PAGE = (ROOT / "docs" / "start.md").read_text(encoding="utf-8")
CUT = "..."
QUICK = {"audit", "repair"}  # those of the others take minutes
SHOWN = [
    pytest.param(words[1:], text, id=words[1])
    for code, text in re.findall(r"^```bash\n([^`]*)^```\n\n```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for words in commands(code)
    if words[1] in QUICK
]


@pytest.mark.slow
@pytest.mark.parametrize(("words", "text"), SHOWN)
def test_what_is_shown_is_printed(words: list[str], text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    printed = call(*words).out
    for part in text.split(f"{CUT}\n"):
        assert part in printed


def test_there_is_something_to_compare() -> None:
    assert [parameters.values[0][0] for parameters in SHOWN] == ["audit", "repair"]
