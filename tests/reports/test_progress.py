"""Progress: plain lines where nobody watches, a bar in a terminal, and names that are no markup."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from rewardlab.lab import Event
from rewardlab.reports import ProgressDisplay
from tests.lab.small_experiment import plan_of, with_variant

NAMES = ["plain", "[bold]", "[/x]", "\\[/x]", "\\\\[red]x[/red]", "{task.total}", "<b>", "日本"]


def shown(name: str, *, terminal: bool) -> str:
    """What is shown of two runs, the first of which fails."""
    screen = io.StringIO()
    console = Console(file=screen, width=200, force_terminal=terminal, color_system=None, legacy_windows=False)
    first, second, *_ = plan_of(with_variant(name=name)).runs
    with ProgressDisplay(console, 2, 4000) as display:
        for run in (first, second):
            display(run, Event(0, "started"))
            display(run, Event(0, "progress", 100))
        display(first, Event(0, "failed", "step 7: got reward nan [/oh]"))
        display(second, Event(1, "finished", {}))
    return screen.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_each_end_is_a_line_where_nobody_watches(name: str) -> None:
    failed, finished = shown(name, terminal=False).splitlines()
    assert failed == f"{name}, seed 0 failed: step 7: got reward nan [/oh]"
    assert finished == "[2/2] repaired, seed 0: finished at 0 s"


@pytest.mark.parametrize("name", NAMES)
def test_a_terminal_shows_a_bar_and_every_failure(name: str) -> None:
    screen = shown(name, terminal=True)
    assert f"{name}, seed 0 failed: step 7: got reward nan [/oh]" in screen
    assert "2 of 2 runs" in screen
    assert "100 %" in screen
    assert "finished at" not in screen


@pytest.mark.parametrize("name", NAMES)
def test_a_terminal_shows_what_is_running_under_its_name(name: str) -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=200, force_terminal=True, color_system=None, legacy_windows=False)
    first, second, *_ = plan_of(with_variant(name=name)).runs
    with ProgressDisplay(console, 2, 4000) as display:
        for run in (first, second):
            display(run, Event(0, "started"))
            display(run, Event(0, "progress", 1000))
    assert f"{name}, seed 0; repaired, seed 0" in screen.getvalue()
    assert "0 of 2 runs" in screen.getvalue()
    assert " 25 %" in screen.getvalue()


def test_another_attempt_is_told_and_is_no_end() -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=200, color_system=None, legacy_windows=False)
    run = plan_of(with_variant(name="plain")).runs[0]
    with ProgressDisplay(console, 1, 4000) as display:
        display(run, Event(0, "started"))
        display(run, Event(0, "retried", "its process died [/oh]"))
        display(run, Event(0, "finished", {}))
    again, finished = screen.getvalue().splitlines()
    assert again == "plain, seed 0 begins again: its process died [/oh]"
    assert finished.startswith("[1/1] plain, seed 0: finished")
