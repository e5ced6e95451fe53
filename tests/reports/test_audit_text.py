"""Audits and trajectories as text: within the width, pictures side by side and whole, commands that can be copied."""

from __future__ import annotations

import dataclasses
import shlex

import numpy as np
import pytest

from rewardlab.audit import Audit, Finding, Trajectory, audit
from rewardlab.cli.parser import make_parser
from rewardlab.mdp import FiniteEnv
from rewardlab.reports.audit_text import audit_lines
from rewardlab.reports.trajectory_text import trajectory_lines
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.gridworld import gridworld_task

STORY = "parcel for B at the depot, ordered 2 minutes ago; 1 left"
MAP = ". A . B\n~ . # .\n@ . D ."


def walk(steps: int, picture: str = "", **more: object) -> Trajectory:
    """A trajectory of some steps, each paid 1.5 and achieving -0.25, of which every picture is the same."""
    pictures = (picture,) * (steps + 1) if picture else ()
    amounts = (1.5,) * steps, (-0.25,) * steps
    whole = Trajectory("a walk", tuple(range(steps + 1)), (3,) * steps, ("go",) * steps, *amounts, pictures=pictures)
    return dataclasses.replace(whole, **more)  # type: ignore[arg-type]


def drawn(lines: list[str]) -> list[str]:
    """The frames: what stands between the heading and the sum."""
    return lines[1:-2]


def test_a_walk_without_pictures_by_hand() -> None:
    assert trajectory_lines(walk(2, terminated=True)) == [
        "a walk (2 steps):",
        "1: go            paid 1.5, achieved -0.25",
        "2: go            paid 1.5, achieved -0.25",
        "the episode is over: 3 paid, -0.5 achieved so far",
        "replay: rewardlab watch ... --state 0 --actions 3,3",
    ]


def test_pictures_stand_side_by_side_with_their_captions() -> None:
    # Each frame shows where the action is taken, so that two steps are two frames.
    lines = drawn(trajectory_lines(walk(2, MAP)))
    assert [line.split("   ")[0].rstrip() for line in lines] == [*MAP.splitlines(), "1: go", "paid 1.5, achieved -0.25"]
    beside = lines[0].index(". A . B", 1)
    assert beside == len("paid 1.5, achieved -0.25") + 3
    assert [line[beside:] for line in lines] == [*MAP.splitlines(), "2: go", "paid 1.5, achieved -0.25"]


@pytest.mark.parametrize("width", [24, 50, 51, 60, 80, 110, 200])
def test_frames_keep_to_the_width_and_use_it(width: int) -> None:
    # A frame is as wide as "paid 1.5, achieved -0.25", 24 characters, with 3 between two of them.
    lines = drawn(trajectory_lines(walk(7, MAP), width))
    assert max(map(len, lines)) <= width
    in_a_row = min(7, (width + 3) // 27)
    firsts = [line for line in lines if line.startswith(". A . B")]
    assert [line.count(". A . B") for line in firsts] == [
        min(in_a_row, 7 - done) for done in range(0, 7, in_a_row)
    ]  # fmt: skip


def test_after_twelve_frames_the_steps_go_on_in_words() -> None:
    lines = trajectory_lines(walk(14, MAP))
    assert sum(line.count(". A . B") for line in lines) == 12
    assert [line.split()[0] for line in lines if line.startswith("1") and ": go   " in line][-2:] == ["13:", "14:"]


def test_a_story_under_a_map_is_broken_and_the_map_is_not() -> None:
    wide = "@ . . . . . . . . . . . . . . . . G"
    lines = drawn(trajectory_lines(walk(1, f"{wide}\n{STORY}")))
    assert lines[:-2] == [wide, "parcel for B at the depot,", "ordered 2 minutes ago; 1", "left"]


@pytest.mark.parametrize(
    "row",
    ["# " * 20 + "#", "#" * 40, "   . . @   " * 4 + ".", "1 2 33 44 " * 4 + "5", "S" + "FFHF" * 10, "| : | : : |" * 4],
)
def test_a_wide_map_of_any_look_is_whole(row: str) -> None:
    assert drawn(trajectory_lines(walk(1, f"{row}\n{row}")))[:2] == [row, row]


def test_a_map_of_the_gridworld_wider_than_a_story_is_whole() -> None:
    task = gridworld_task(map="S............G\n##############")
    case = audit(task, "progress_bonus", gamma=0.99)
    (shown,) = [finding.trajectories for finding in case.findings if finding.name == "exploit"]
    lines = trajectory_lines(shown[0])
    rows = shown[0].pictures[0].splitlines()
    assert len(rows[0]) == 27
    for row in rows:
        assert any(line.startswith(row) for line in lines)


def test_frames_of_different_heights_end_on_one_line() -> None:
    low, high = "@ .", f"@ .\n. .\n{STORY}"
    lines = drawn(trajectory_lines(walk(2, pictures=(low, high, low))))
    captions = [line for line in lines if "1: go" in line or "2: go" in line]
    assert len(captions) == 1
    assert captions[0].split() == ["1:", "go", "2:", "go"]


def test_pictures_of_one_line_are_no_pictures() -> None:
    assert trajectory_lines(walk(2, "state 3")) == trajectory_lines(walk(2))


def test_what_is_known_of_it_stands_in_the_heading() -> None:
    heading = trajectory_lines(walk(1, probability=0.12345, exploits=("one", "two")))[0]
    assert heading == "a walk (1 step, probability 0.123, known as one, two):"


def test_what_repeats_says_from_where() -> None:
    assert trajectory_lines(walk(3, repeats_from=1))[-2] == "and from step 2 on the same again, for ever"


def test_an_episode_that_is_not_over_does_not_say_so() -> None:
    assert trajectory_lines(walk(2))[-2] == "3 paid, -0.5 achieved so far"


def test_the_replay_is_one_line_however_long_and_the_command_line_takes_it() -> None:
    lines = trajectory_lines(walk(200, MAP, states=(17, *range(200))), 40)
    line = lines[-1]
    assert len(line) > 400
    words = shlex.split(line.removeprefix("replay: rewardlab ").replace("...", "ENV"))
    options = make_parser().parse_args(words)
    assert (options.state, options.actions) == (17, [3] * 200)


@pytest.fixture(scope="module")
def unsafe() -> Audit:
    return audit(FiniteEnv(delivery_task(1, "ADB"), "speed"))


@pytest.mark.parametrize("width", [60, 80, 110, 160])
def test_an_audit_keeps_to_the_width(unsafe: Audit, width: int) -> None:
    lines = audit_lines(unsafe, width)
    assert [line for line in lines if len(line) > width and "replay: " not in line] == []
    assert not any("\n" in line or line != line.rstrip() for line in lines)


@pytest.mark.parametrize("width", [1, 5, 59])
def test_a_terminal_that_is_too_narrow_is_taken_for_sixty(unsafe: Audit, width: int) -> None:
    assert audit_lines(unsafe, width) == audit_lines(unsafe, 60)


def test_an_audit_says_the_verdict_first_then_each_finding(unsafe: Audit) -> None:
    lines = audit_lines(unsafe)
    assert lines[0] == "FiniteEnv: does 'speed' ask for 'on_time'?"
    assert lines[1] == f"criterion: {unsafe.criterion}"
    assert lines[3] == "UNSAFE: a policy that is optimal for the proxy falls short of the objective."
    headings = [f"{finding.level.upper():<8} {finding.name} ({finding.basis})" for finding in unsafe.findings]
    assert [line for line in lines if line in headings] == headings
    text = " ".join(" ".join(lines).split())
    for finding in unsafe.findings:
        for part in (finding.question, finding.verdict, finding.advice, *finding.evidence):
            # What another finding has told is named, and what verdict and advice say is left out.
            told = " ".join(part.split()) in text or f"{part.partition(':')[0]}: see " in text
            assert told or part == f"{finding.verdict.partition(', but mind ')[2][:-1]}; {finding.advice}"


def test_a_state_is_drawn_and_its_map_is_whole(unsafe: Audit) -> None:
    said, *picture = unsafe.finding("optimal_set").evidence[-1].splitlines()
    assert said.startswith("for instance in state ")
    *rows, story = picture
    assert rows
    assert story.startswith("parcel for ")
    text = "\n".join(line.strip() for line in audit_lines(unsafe, 60))
    shown = text.partition("- for instance in state ")[2].partition("what to do")[0]
    assert "\n".join(rows) in shown


def test_the_same_evidence_is_told_once() -> None:
    pair = "two policies: paid 2 against 1; goal 3 against 4"
    findings = [
        Finding(name, "Is it?", "note", "Yes.", "sampled", (pair, f"of {name} alone")) for name in ("one", "two")
    ]
    lines = audit_lines(plain(*findings))
    assert [line for line in lines if line.startswith("   - ")] == [
        f"   - {pair}", "   - of one alone", "   - two policies: see one", "   - of two alone",
    ]  # fmt: skip


def test_evidence_that_is_the_verdict_and_the_advice_is_not_told_again() -> None:
    finding = Finding("name", "Is it?", "note", "No: place: broken.", "sampled", ("place: broken; mend it",), "mend it")
    assert audit_lines(plain(finding))[6:] == ["  Is it?", "  -> No: place: broken.", "     what to do: mend it"]


def test_a_description_is_no_name_in_quotes() -> None:
    found = Audit("Cart", "the environment's reward", "upright", "criterion", ())
    assert audit_lines(found)[0] == "Cart: does the environment's reward ask for 'upright'?"


def test_the_replay_is_the_command_that_was_given() -> None:
    assert (
        trajectory_lines(walk(1), watch="rewardlab watch ENV")[-1]
        == "replay: rewardlab watch ENV --state 0 --actions 3"
    )


def plain(*findings: Finding) -> Audit:
    return Audit("subject", "proxy", "objective", "criterion", findings)


@pytest.mark.parametrize(
    ("data", "start"), [({"safe": True}, "SAFE: "), ({"safe": False}, "UNSAFE: "), ({}, "NOT DECIDED: ")]
)
def test_the_verdict_is_that_of_the_optimal_set(data: dict[str, bool], start: str) -> None:
    finding = Finding("optimal_set", "Is it?", "fine", "So.", "proven on the model", data=data)
    assert audit_lines(plain(finding))[3].startswith(start)


def test_nothing_asked_is_not_decided() -> None:
    assert audit_lines(plain())[3].startswith("NOT DECIDED: ")


def test_a_finding_by_hand() -> None:
    finding = Finding("name", "Is it?", "caution", "Yes.", "sampled", ("one", "two"), "do this", {}, (walk(1),))
    assert audit_lines(plain(finding))[5:] == [
        "CAUTION  name (sampled)",
        "  Is it?",
        "  -> Yes.",
        "   - one",
        "   - two",
        "",
        "     a walk (1 step):",
        "     1: go            paid 1.5, achieved -0.25",
        "     1.5 paid, -0.25 achieved so far",
        "     replay: rewardlab watch ... --state 0 --actions 3",
        "     what to do: do this",
    ]


def test_amounts_are_those_of_the_trajectory(unsafe: Audit) -> None:
    for shown in unsafe.finding("exploit").trajectories:
        lines = trajectory_lines(shown)
        text = "\n".join(lines)
        for paid, meant in zip(shown.proxy, shown.objective, strict=True):
            assert f"paid {paid:.4g}, achieved {meant:.4g}" in text
        if shown.repeats_from is None:
            assert f"{np.sum(shown.proxy):.4g} paid, {np.sum(shown.objective):.4g} achieved so far" in lines[-2]
