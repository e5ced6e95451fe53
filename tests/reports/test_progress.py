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
    lines = screen.getvalue().splitlines()
    for label in ("0 of 2 runs, 2 running", f"  {name}, seed 0", "  repaired, seed 0"):
        assert any(label in line and " 25 %" in line for line in lines)


def test_now_and_then_a_line_says_how_far_the_whole_is_where_nobody_watches() -> None:
    """A quarter of all steps after 60 s: 180 s are left. The next line comes half a minute later."""
    screen = io.StringIO()
    console = Console(file=screen, width=200, color_system=None, legacy_windows=False)
    now = [0.0]
    first = plan_of(with_variant(name="plain")).runs[0]
    with ProgressDisplay(console, 2, 4000, clock=lambda: now[0]) as display:
        display(first, Event(0, "started"))
        for now[0], steps in ((10.0, 1000), (60.0, 2000), (70.0, 2100), (89.0, 2200), (90.0, 3000)):
            display(first, Event(0, "progress", steps))
    assert screen.getvalue().splitlines() == [
        "[0/2] 25 % of all steps; about 180 s left",
        "[0/2] 38 % of all steps; about 150 s left",
    ]


def test_runs_of_other_processes_count_when_they_end() -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=200, color_system=None, legacy_windows=False)
    with ProgressDisplay(console, 2, 4000) as display:
        display(plan_of(with_variant(name="plain")).runs[0], Event(-1, "finished", {}))
    assert screen.getvalue().startswith("[1/2] plain, seed 0: finished")


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


def test_that_it_waits_for_others_is_said() -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=200, force_terminal=False, color_system=None, legacy_windows=False)
    first, *_ = plan_of(with_variant(name="one")).runs
    with ProgressDisplay(console, 2, 4000) as display:
        display(first, Event(-1, "waiting", 2))
        display(first, Event(-1, "waiting", 1))
    lines = screen.getvalue().splitlines()
    assert lines == ["waiting for 2 runs of another process", "waiting for 1 run of another process"]
