"""What the pages show works: their Python runs, and their commands exist."""

from __future__ import annotations

import functools
import multiprocessing
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.house.code_blocks import Block, blocks, commands
from tests.house.project import ROOT

PAGES = sorted(
    [
        path
        for pattern in ("*.md", "docs/**/*.md", "experiments/*/*.md", "examples/*/*.md")
        for path in ROOT.glob(pattern)
    ]
)
PYTHON = [block for page in PAGES for block in blocks(page, "python")]
COMMANDS = [
    (f"{block}: {' '.join(words)}", words)
    for page in PAGES
    for block in blocks(page, "bash")
    for words in commands(block.code)
]
TARGETS = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_the_readme_shows_how_to_start() -> None:
    shown = [words for block in blocks(ROOT / "README.md", "bash") for words in commands(block.code)]
    assert ["make", "demo"] in shown
    assert ["make", "test"] in shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    inside = [target for target in targets if "://" not in target]
    assert [target for target in inside if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_the_python_of_a_page_runs(block: Block, tmp_path: Path) -> None:
    said = tmp_path / "said"
    process = _fork_server().Process(target=_run_alone, args=(block, tmp_path, said))
    process.start()
    process.join()
    assert process.exitcode == 0, f"{block}\n{said.read_text(encoding='utf-8')}"


def test_python_that_fails_is_found(tmp_path: Path) -> None:
    block = Block(Path("page.md"), 7, "python", "import rewardlab\nrewardlab.nothing\n")
    with pytest.raises(AssertionError, match=r"(?s)page\.md.*line 8.*has no attribute 'nothing'"):
        test_the_python_of_a_page_runs(block, tmp_path)


@functools.cache
def _fork_server() -> Any:
    """Each program gets a process of its own, but torch is imported once for all of them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["rewardlab.agents.preload", "scipy.sparse.linalg"])
    return context


def _run_alone(block: Block, folder: Path, said: Path) -> None:
    os.chdir(folder)
    os.environ["SB3_LOGDIR"] = str(folder / "sb3")
    with said.open("w", encoding="utf-8") as stream:
        for number in (1, 2):
            os.dup2(stream.fileno(), number)
        # As many lines above it as on the page, so that a traceback names the line of the page.
        program = compile("\n" * (block.line - 1) + block.code, str(block.page), "exec")
        exec(program, {"__name__": "__main__"})


@pytest.mark.parametrize("words", [words for _, words in COMMANDS], ids=[name for name, _ in COMMANDS])
def test_the_commands_of_a_page_exist(words: list[str]) -> None:
    assert _unknown(words) == []


@pytest.mark.parametrize(
    "line",
    [
        "make tset",
        "FAST=1 make demo tset",
        "rewardlab rnu delivery",
        "rewardlab run --sedes 3",
        "ls | rewardlab rnu",
        "rewardlab losses advsie",
        "rewardlab losses advise --dta x",
    ],
)
def test_a_command_that_does_not_exist_is_found(line: str) -> None:
    assert any(_unknown(words) for words in commands(line))


def test_a_shell_block_is_read_as_a_shell_does() -> None:
    code = "$ cd rewardlab && make test  # all of it\nVENV=.v make demo \\\n  ARGS='--seeds 3'\n\n# nothing\n"
    assert list(commands(code)) == [["cd", "rewardlab"], ["make", "test"], ["make", "demo", "ARGS=--seeds 3"]]


def _unknown(words: list[str]) -> list[str]:
    """The words of a command of ours that nothing answers to; of any other command, none."""
    program, *arguments = words
    if program == "make":
        return [word for word in arguments if "=" not in word and not word.startswith("-") and word not in TARGETS]
    if Path(program).name.startswith("python") and arguments[:2] == ["-m", "rewardlab.cli"]:
        arguments = arguments[2:]
    elif Path(program).name != "rewardlab":
        return []
    subcommand = next((word for word in arguments if not word.startswith("-")), "")
    known = _help_of(subcommand)
    if not known:
        return [subcommand]
    if "COMMAND" in known and subcommand:
        inner = next((word for word in arguments if not word.startswith("-") and word != subcommand), "")
        known = _help_of(subcommand, inner)
        if not known:
            return [inner]
    flags = (word.split("=")[0] for word in arguments if word.startswith("-"))
    return [flag for flag in flags if not re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", known)]


@functools.cache
def _help_of(*subcommands: str) -> str:
    """What a subcommand of rewardlab, or rewardlab itself, says of itself; empty if there is no such subcommand."""
    command = [sys.executable, "-m", "rewardlab.cli", *filter(None, subcommands), "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
