"""`rewardlab audit`: its exit codes, its JSON, what it refuses, and that what it shows can be played again."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

from rewardlab.audit import audit
from tests.command_line import Said, call

BOATS = "rewardlab_envs:rewardlab/BoatRace-v0"
GRID = "rewardlab_envs:rewardlab/Gridworld-v0"
DELIVERY = "rewardlab_envs:rewardlab/Delivery-v0"


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "110")


def data_of(*arguments: object) -> dict[str, Any]:
    """The findings of an audit, read from its JSON."""
    said = call("audit", *arguments, "--json", "--fail-on", "never")
    assert (said.code, said.err) == (0, "")

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    found: dict[str, Any] = json.loads(said.out, parse_constant=refuse)
    return found


def level_of(*arguments: object) -> str:
    return str(data_of(*arguments)["level"])


UNSAFE = (BOATS, "--reward", "arrows")
NOTED = (GRID, "--set", "map=robot", "--reward", "sparse", "--gamma", 0.9)


@pytest.mark.parametrize(
    ("fail_on", "code"), [(None, 1), ("unsafe", 1), ("caution", 1), ("note", 1), ("never", 0)], ids=str
)
def test_an_unsafe_reward_fails_unless_nothing_may(fail_on: str | None, code: int) -> None:
    said = call("audit", *UNSAFE, *(() if fail_on is None else ("--fail-on", fail_on)))
    assert (said.code, said.err) == (code, "")
    assert "UNSAFE: a policy that is optimal for the proxy falls short of the objective." in said.out


def test_it_fails_from_the_level_that_was_asked_for() -> None:
    levels = ("unsafe", "caution", "note")
    for arguments in (NOTED, (BOATS,), (GRID, "--set", "map=robot"), UNSAFE):
        level = level_of(*arguments)
        for fail_on in levels:
            worse = level in levels and levels.index(level) <= levels.index(fail_on)
            assert call("audit", *arguments, "--fail-on", fail_on).code == int(worse), (arguments, fail_on)


def test_a_reward_that_is_the_objective_is_safe() -> None:
    said = call("audit", BOATS)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("rewardlab/BoatRace-v0: does 'performance' ask for 'performance'?\n")
    assert "\nSAFE: " in said.out


def test_json_is_what_python_is_told() -> None:
    env = gym.make(BOATS)
    expected = audit(env, "arrows", gamma=0.9).as_dict()
    assert data_of(*UNSAFE, "--gamma", 0.9) == json.loads(json.dumps(expected))


def test_json_fails_as_words_do() -> None:
    assert call("audit", *UNSAFE, "--json").code == 1


def test_settings_reach_the_environment() -> None:
    # Two orders make more states than one.
    one, two = (data_of(DELIVERY, "--set", f"orders={orders}", "--set", "town_map=ADB") for orders in (1, 2))
    states = [re.findall(r"all states: (\d+) same", " ".join(finding["evidence"]))
              for data in (one, two) for finding in data["findings"] if finding["name"] == "optimal_set"]  # fmt: skip
    assert int(states[0][0]) < int(states[1][0])


def test_against_and_weights_choose_both_rewards() -> None:
    data = data_of(BOATS, "--reward", "arrows=3,steps=-1", "--against", "arrows")
    assert (data["proxy"], data["objective"]) == ("+3*arrows -1*steps", "arrows")
    assert data["safe"] is True
    assert data_of(BOATS, "--reward", "performance", "--against", "arrows")["safe"] is True
    assert data_of(BOATS, "--reward", "arrows", "--against", "performance")["safe"] is False


def test_shaping_is_named_and_harmless() -> None:
    data = data_of(BOATS, "--shaping", "arrow_ahead", "--gamma", 0.9)
    assert (data["proxy"], data["safe"]) == ("performance + arrow_ahead", True)


def test_a_horizon_allows_gamma_one() -> None:
    data = data_of(*UNSAFE, "--gamma", 1, "--horizon", 8)
    assert data["criterion"].startswith("gamma 1 over 8 steps")
    assert data["safe"] is False


@pytest.mark.parametrize(
    ("arguments", "start", "end"),
    [
        (f"{BOATS} --reward arows", "--reward: got 'arows', expected a known reward:", "did you mean 'arrows'?"),
        (f"{BOATS} --against perfrmance", "--against: got 'perfrmance', expected a known", "mean 'performance'?"),
        (f"{BOATS} --reward arows=1", "--reward.arows: got 'arows', expected a known event:", "mean 'arrows'?"),
        (f"{BOATS} --reward arrows=x", "--reward arrows=x: got 'x', expected a number", "=-0.01"),
        (f"{BOATS} --reward arrows=nan", "weight of term 'arrows': got nan, expected a finite number", ""),
        (f"{BOATS} --shaping arow_ahead", "--shaping: got 'arow_ahead', expected a known pot", "mean 'arrow_ahead'?"),
        (f"{BOATS} --gamma 1", "--gamma: got 1, expected a number in [0, 1); for gamma 1 give a horizon", ""),
        (f"{BOATS} --gamma 99", "--gamma: got 99.0, expected a number in [0, 1]", "; did you mean 0.99?"),
        (f"{BOATS} --against arrows=x", "--against arrows=x: got 'x', expected a number", "=-0.01"),
        (f"{BOATS} --search 1000", "--search: got 1000, expected None: this environment has a table", ""),
        (f"{BOATS} --wrapper clipp:max_reward=1", "--wrapper[0].kind: got 'clipp', expected a known", "mean 'clip'?"),
        (f"{BOATS} --horizon 0", "argument --horizon: got '0', expected a whole number in [1, ", "--help`"),
        (f"{BOATS} --horizon 1000000", "--horizon: got 1000000 steps of a model of 8 states", "make the task smaller"),
        (f"{BOATS} --set speed=1", "--set.speed: got 'speed', expected a known setting", ""),
        (f"{BOATS} --set speed", "argument --set: got 'speed', expected KEY=VALUE", "--help`"),
        (f"{BOATS} --fail-on unsave", "argument --fail-on: invalid choice: 'unsave'", "did you mean 'unsafe'?"),
        (f"{BOATS} --agianst arrows", "unrecognized arguments: --agianst arrows", "did you mean '--against'?"),
        (f"{BOATS[:-3]}-v1", "ENV: got 'rewardlab_envs:rewardlab/BoatRace-v1'", "BoatRace-v0'?"),
        ("evil:Foo-v0", "ENV: got 'evil:Foo-v0', expected a module among", "--allow-code evil"),
        ("CartPole-v1 --horizon 5", "--horizon: got 5, expected None for an environment that is no table", ""),
        ("CartPole-v1 --episodes 3", "--episodes: got 3, expected a whole number, at least 10", ""),
        ("FrozenLake-v1 --reward speed", "--reward: got 'speed', expected a known reward: reward", ""),
        ("", "the following arguments are required: ENV", "see `rewardlab audit --help`"),
    ],
)
def test_a_slip_is_refused_in_one_line(arguments: str, start: str, end: str) -> None:
    said = call("audit", *arguments.split())
    assert (said.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert line.startswith(f"rewardlab: {start}")
    assert line.endswith(end)


def test_several_slips_are_told_line_by_line() -> None:
    said = call("audit", BOATS, "--reward", "arows", "--against", "x\n\x1b[2Jy", "--shaping", "nothing")
    assert (said.code, said.out) == (2, "")
    lines = said.err.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["--reward", "--against", "--shaping"]
    assert "got 'x\\n\\x1b[2Jy'" in lines[1]


@pytest.mark.parametrize("command", ["audit", "repair", "watch"])
def test_what_is_wrong_by_itself_is_told_at_once(command: str) -> None:
    said = call(command, f"{BOATS}x", "--gamma", 99, "--reward", "arrows=x")
    assert (said.code, said.out) == (2, "")
    assert [line.split(": ")[1] for line in said.err.splitlines()] == ["--gamma", "--reward arrows=x", "ENV"]


@pytest.mark.parametrize(
    "command", [f"audit {BOATS}", f"distances {BOATS}", f"repair {BOATS} --reward arrows", "lesson huber-table"]
)
def test_a_place_that_is_no_folder_is_told_before_the_work_is_done(command: str, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    out = tmp_path / "taken" / "further" / "results"
    said = call(*command.split(), "--out", out)
    assert (said.code, said.out) == (2, "")
    there = out.parent if command.startswith("repair") else out
    assert said.err == f"rewardlab: --out: got '{there}', and '{tmp_path / 'taken'}' is a file, expected a folder\n"


def test_findings_are_said_before_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full by then takes no hours of search away."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rewardlab.lab.written_beside.write_text", full)
    said = call("audit", *UNSAFE, "--out", tmp_path)
    assert said.code == 4
    assert "UNSAFE" in said.out


ODD = """
from dataclasses import replace
import gymnasium
from rewardlab.mdp import FiniteEnv
from tests.mdp.tiny_models import stay_or_switch, task_of

task = replace(task_of(stay_or_switch()), action_names=("st\\x1b[2Jay", "swi\\ntch"))
gymnasium.register("Odd-v0", entry_point=lambda **settings: FiniteEnv(task, **settings))
"""
"""A stranger's environment, the names of whose actions would drive a terminal."""


def test_names_of_strangers_drive_no_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "odd_module.py").write_text(ODD)
    said = call("audit", "odd_module:Odd-v0", "--allow-code", "odd_module", "--reward", "paid=-1")
    gym.registry.pop("Odd-v0", None)
    assert said.code == 1
    assert "st\\x1b[2Jay" in said.out
    assert "--allow-code odd_module" in said.out  # or its replay would be refused
    assert "\x1b" not in said.out


def shown_by(said: Said) -> list[tuple[str, list[str]]]:
    """Of each trajectory shown: how to replay it, and the lines before that from its heading on."""
    shown, lines = [], []
    for line in map(str.strip, said.out.splitlines()):
        lines.append(line)
        if " step" in line and line.endswith("):"):
            lines = [line]
        if line.startswith("replay: "):
            shown.append((line.removeprefix("replay: rewardlab "), lines))
    return shown


@pytest.mark.parametrize(
    ("environment", "settings", "reward"),
    [
        (BOATS, (), "arrows"),
        (DELIVERY, ("--set", "orders=1"), "speed"),
        (GRID, ("--set", "map=robot"), "progress_bonus"),
    ],
    ids=["boats", "delivery", "grid"],
)
def test_what_is_shown_can_be_played_again(environment: str, settings: tuple[str, ...], reward: str) -> None:
    said = call("audit", environment, *settings, "--reward", reward)
    shown = shown_by(said)
    assert shown
    for command, lines in shown:
        watched = call(*shlex.split(command))
        assert (watched.code, watched.err) == (0, "")
        amounts = re.findall(r"paid (-?[\d.e-]+), achieved (-?[\d.e-]+)", "\n".join(lines))
        frames = watched.out.strip().split("\n\n")
        assert len(frames) == len(amounts) + 1
        paid, meant = (sum(float(amount) for amount in column) for column in zip(*amounts, strict=True))
        # watch prints two digits of what is paid and three of the objective.
        assert float(re.findall(r"in all (-?[\d.]+)$", frames[-1], re.MULTILINE)[0]) == pytest.approx(paid, abs=0.006)
        assert float(re.findall(r"objective in all (-?[\d.]+)", frames[-1])[0]) == pytest.approx(meant, abs=6e-4)


def test_a_toy_text_is_replayed_where_it_begins_and_nowhere_else() -> None:
    # CliffWalking begins in state 36, whatever it is told.
    said = call("watch", "CliffWalking-v1", "--policy", "random", "--state", 36, "--actions", "0,1")
    assert (said.code, said.err) == (0, "")
    said = call("watch", "CliffWalking-v1", "--policy", "random", "--state", 3, "--actions", "0,1")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("rewardlab: --state: got 3, expected 36, where the episode of seed 0 begins; this env")


@pytest.mark.parametrize("environment", [BOATS, "FrozenLake-v1"])
def test_actions_that_there_are_not_are_refused_before_anything_is_played(environment: str) -> None:
    said = call("watch", environment, "--actions", "0,77")
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines() == ["rewardlab: --actions: got 77, expected actions of Discrete(4)"]


def test_the_optimum_is_played_from_the_state_that_was_asked_for() -> None:
    # On the empty floor of 6 x 6 cells the exit is in the corner below state 0, five steps away; episodes begin in the
    # opposite corner, so that their optimum would run into a wall.
    said = call("watch", GRID, "--set", "map=robot", "--set", "slip=0", "--state", 0)
    assert (said.code, said.err) == (0, "")
    frames = said.out.strip().split("\n\n")
    assert "step 5: " in frames[-1]
    assert "the task is over" in frames[-1]


def test_an_environment_without_a_table_is_sampled() -> None:
    said = call("audit", "CartPole-v1", "--episodes", 10, "--fail-on", "never")
    assert (said.code, said.err) == (0, "")
    assert "NOT DECIDED: the environment is no table" in said.out
    assert said.out == call("audit", "CartPole-v1", "--episodes", 10, "--fail-on", "never").out
    assert said.out != call("audit", "CartPole-v1", "--episodes", 10, "--seed", 1, "--fail-on", "never").out
