"""The other commands, and how all of them answer to a slip of the pen."""

from __future__ import annotations

import argparse
import csv
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import rewardlab
from rewardlab.cli.parser import make_parser
from rewardlab.cli.usage import parsed
from tests.command_line import COMMAND, call
from tests.lab.small_experiment import DELIVERY


def refused(*arguments: object) -> str:
    """The one line that is said about arguments that are refused."""
    said = call(*arguments)
    assert (said.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert line.startswith("rewardlab: ")
    return line.removeprefix("rewardlab: ")


def test_the_version_is_said() -> None:
    said = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert (said.stdout, said.stderr) == (f"rewardlab {rewardlab.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "start", "end"),
    [
        ("rnu", "argument COMMAND: invalid choice: 'rnu'", "; did you mean 'run'?"),
        ("", "the following arguments are required: COMMAND", "; see `rewardlab --help`"),
        ("run", "the following arguments are required: EXPERIMENT", "; see `rewardlab run --help`"),
        ("run delivery --sedes 3", "unrecognized arguments: --sedes 3", "; did you mean '--seeds'?"),
        ("run delivery --seed 3", "unrecognized arguments: --seed 3", "; another command has it, this one does not"),
        ("run delivery --seed=3", "unrecognized arguments: --seed=3", "; another command has it, this one does not"),
        ("losses --jsn", "unrecognized arguments: --jsn", "; did you mean '--json'?"),
        ("losses --foo", "unrecognized arguments: --foo", "; see `rewardlab losses --help`"),
        ("results mini other", "unrecognized arguments: other", "; see `rewardlab results --help`"),
        ("run delivery --engine locall", "argument --engine: invalid choice: 'locall'", "; did you mean 'local'?"),
        ("run dlivery", "EXPERIMENT: got 'dlivery', expected a known experiment", "; did you mean 'delivery'?"),
        ("run delivery --workers 0", "--workers: got 0, expected a number of processes in [1, 256]", ""),
        ("run delivery --workers -1", "--workers: got -1, expected a number of processes in [1, 256]", ""),
        ("run delivery --workers 1000", "--workers: got 1000, expected a number of processes in [1, 256]", ""),
        ("run delivery --seeds 0", "argument --seeds: got '0', expected a whole number in [1, 10000]", "--help`"),
        ("run delivery --seeds 1.5", "argument --seeds: got '1.5', expected a whole number in [1, 10000]", "--help`"),
        ("run delivery --seeds 1000000", "argument --seeds: got '1000000', expected a whole number in", "--help`"),
        ("compare CartPoll-v1 --reward environment", "compare: environment.id: got 'CartPoll-v1'", "'CartPole-v1'?"),
        ("compare CartPole-v1 --gamma 99", "--gamma: got 99.0, expected a number in [0, 1]", "; did you mean 0.99?"),
        ("compare CartPole-v1 --gamma nan", "--gamma: got nan, expected a number in [0, 1]", ""),
        ("compare CartPole-v1 --steps -5", "argument --steps: got '-5', expected a whole number in [1, ", "--help`"),
        (
            f"compare {DELIVERY} --seeds 2000",
            "--seeds: got 1 variants with 2,000 seeds: 2,000 runs",
            "meant, add --yes",
        ),
        (f"compare {DELIVERY} --reward speeed", "compare: variants[0].reward: got 'speeed'", "; did you mean 'speed'?"),
        (f"compare {DELIVERY} --reward delivred=1", "compare: variants[0].reward.delivred: got ", "mean 'delivered'?"),
        (
            f"compare {DELIVERY} --reward delivered=nan",
            "compare: variants[0].reward.delivered: got nan",
            "finite number",
        ),
        (f"compare {DELIVERY} --reward delivered=x", "--reward delivered=x: got 'x', expected a number", "=-0.01"),
        (f"compare {DELIVERY} --reward delivered=1,", "--reward delivered=1,: got '', expected a number", "=-0.01"),
        (f"compare {DELIVERY} --reward dropped=1,dropped=2", "--reward dropped=1,dropped=2: got event 'dropped' ", ""),
        (
            f"compare {DELIVERY} --reward speed --reward speed",
            "compare: variants[1].name: got name 'speed' again",
            "compare: variants[0].name",
        ),
        (f"compare {DELIVERY} --reward speed --shaping work", "compare: variants[1].wrappers[0].pot", "'work_left'?"),
        (
            f"list {DELIVERY[:-4]}-v0",
            f"NAME: got '{DELIVERY[:-4]}-v0', expected an envi",
            f"; did you mean '{DELIVERY}'?",
        ),
        (
            "list rewardlab_env",
            "NAME: got 'rewardlab_env', expected a known plugin",
            "; did you mean 'rewardlab_envs'?",
        ),
        ("watch evil:Foo-v0", "ENV: got 'evil:Foo-v0', expected a module among", "--allow-code evil"),
        ("watch FrozenLake-v1", "--policy: got 'optimal', expected 'random'; only finite models", "exact solution"),
        ("watch FrozenLake-v1 --reward speed", "--reward: got 'speed', expected 'environment': this", "no catalogue"),
        (f"watch {DELIVERY} --policy optimum", "argument --policy: invalid choice: 'optimum'", "mean 'optimal'?"),
        (
            f"watch {DELIVERY} --reward sped",
            "--reward: got 'sped', expected a known reward:",
            "; did you mean 'speed'?",
        ),
        (
            "watch CartPole-v1",
            "ENV: got CartPole-v1, expected an environment with render mode",
            "--out FILE.gif writes them",
        ),
        (f"watch {DELIVERY} --delay -1", "argument --delay: got '-1', expected seconds in [0, 3600]", "--help`"),
        (f"watch {DELIVERY} --seed -1", "argument --seed: got '-1', expected a whole number in [0, ", "--help`"),
    ],
)
def test_a_slip_is_refused_in_one_line(
    arguments: str, start: str, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    line = refused(*arguments.split())
    assert line.startswith(start)
    assert line.endswith(end)
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_can_neither_break_a_line_nor_drive_the_terminal() -> None:
    line = refused("compare", DELIVERY, "--reward", "x\n\x1b[2Jy")
    assert line.startswith("compare: variants[0].name: got 'x\\n\\x1b[2Jy', expected a name without control characters")


def test_a_name_of_several_lines_is_told_in_one() -> None:
    assert refused("run", "no\nsuch\x1bfile.toml").startswith(
        "no\\nsuch\\x1bfile.toml: got no file, expected a TOML file"
    )


def test_compare_trains_every_reward_with_and_without_shaping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    rewards = ("--reward", "speed", "--reward", "delivered=1,minutes=-0.01")
    said = call(
        "compare",
        DELIVERY,
        *rewards,
        "--shaping",
        "work_left",
        "--seeds",
        1,
        "--steps",
        400,
        "--out",
        tmp_path / "out",
    )
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("compare: 4 runs, 0 of them finished\n")
    replays = sorted(path.name for path in (tmp_path / "out").glob("replay*"))
    assert replays == [
        "replay-1-speed.gif",
        "replay-2-speed-work-left.gif",
        "replay-3-delivered-1-minutes-0-01.gif",
        "replay-4-delivered-1-minutes-0-01-work-left.gif",
    ]
    with (tmp_path / "out" / "results.csv").open(encoding="utf-8", newline="") as file:
        values = {row["variant"]: row for row in csv.DictReader(file)}
    custom, speed = values["delivered=1,minutes=-0.01"], values["speed"]
    # These weights are those of the objective.
    assert float(custom["paid"]) == pytest.approx(float(custom["objective"]))
    assert speed["paid"] == speed["rewards/speed"] != speed["objective"]


@pytest.mark.slow
def test_compare_takes_any_environment_with_its_own_reward(tmp_path: Path) -> None:
    said = call("compare", "CartPole-v1", "--reward", "environment", "--seeds", 1, "--steps", 4000, "--out", tmp_path)
    assert (said.code, said.err) == (0, "")
    paid, objective = (
        line.split()[-1] for line in said.out.splitlines() if line.startswith((" paid", "paid", " obj", "obj"))
    )
    assert paid == objective
    assert float(paid) > 20
    assert "exact optimum" not in said.out
    assert (tmp_path / "curves.png").exists()


def test_a_list_shows_environments_and_experiments() -> None:
    listed = call("list")
    assert (listed.code, listed.err) == (0, "")
    assert DELIVERY in listed.words
    assert "delivery What does a courier learn" in listed.words


def test_what_an_environment_offers_is_listed_where_it_is_asked_for() -> None:
    listed = call("list", DELIVERY)
    assert (listed.code, listed.err) == (0, "")
    for part in (
        "reward on_time (the objective): ",
        "reward speed: 1 / minutes",
        "Exploit drop_at_once: ",
        "potential work_left: ",
        "events minutes, picked_up, dropped, delivered",
    ):
        assert part in listed.words
    assert "BoatRace" not in listed.words


def watch(*options: object) -> list[str]:
    """The frames of an episode that somebody plays in Delivery."""
    said = call("watch", DELIVERY, *options)
    assert (said.code, said.err) == (0, "")
    return said.out.strip().split("\n\n")


def test_the_optimum_of_speed_drops_the_parcel_at_the_depot() -> None:
    frames = watch("--reward", "speed", "--seed", 0)
    assert len(frames) == 41
    pick_up, drop = frames[1].splitlines(), frames[2].splitlines()
    assert pick_up[-3:] == ["step 1: pick up", "paid +0.00   in all 0.00", "objective in all -0.001"]
    assert drop[2] == "C . @ ."
    assert "at the depot" in drop[3]
    assert drop[-3:] == ["step 2: drop", "paid +10.00   in all 10.00", "objective in all -0.002"]
    assert frames[-1].splitlines()[-3] == "step 40: drop  - time is up"
    assert frames[-1].splitlines()[-2] == "paid +10.00   in all 200.00"


def test_the_optimum_of_the_objective_delivers() -> None:
    frames = watch("--seed", 0)
    assert frames[-1].splitlines()[-4] == "all parcels have arrived"
    assert "the task is over" in frames[-1]
    paid, objective = (line.rpartition(" ")[2] for line in frames[-1].splitlines()[-2:])
    assert float(paid) == pytest.approx(float(objective), abs=0.01)
    assert float(objective) > 1


def test_a_random_policy_is_the_same_for_the_same_seed() -> None:
    frames = watch("--policy", "random", "--seed", 3)
    assert frames == watch("--policy", "random", "--seed", 3)
    assert frames != watch("--policy", "random", "--seed", 4)


def test_a_random_policy_plays_any_environment_with_text() -> None:
    options = ("watch", "FrozenLake-v1", "--policy", "random", "--seed", 3)
    said = call(*options)
    assert said.code == 0
    assert "objective in all" in said.out
    assert said.out == call(*options).out


def test_a_reader_may_leave_early() -> None:
    with subprocess.Popen([*COMMAND, "watch", DELIVERY], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("environment", "row"),
    [pytest.param("CartPole-v1", "environment", marks=pytest.mark.slow), (DELIVERY, "on_time")],
)
def test_comparing_nothing_compares_the_objective(environment: str, row: str, tmp_path: Path) -> None:
    said = call("compare", environment, "--seeds", 1, "--steps", 4000, "--out", tmp_path)
    assert said.code == 0
    assert row in said.out


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Every command, also those below others."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield command
                yield from commands(command)


def test_the_help_of_each_command_says_what_it_does_and_shows_it() -> None:
    parser = make_parser()
    assert len(list(commands(parser))) == 19
    for command in commands(parser):
        assert (command.description or "").endswith("."), command.prog
        assert all(action.help or action.metavar == "COMMAND" for action in command._actions), command.prog
        *_, title, example = command.format_help().splitlines()
        assert title == "example:"
        words = shlex.split(example)
        assert " ".join(words).startswith(command.prog)
        assert parsed(parser, words[1:]).parser is command


def test_an_interrupt_is_told_in_a_line_with_an_exit_code_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def ctrl_c() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rewardlab.lab.shipped.shipped_experiments", ctrl_c)
    said = call("list")
    assert (said.code, said.err) == (130, "rewardlab: stopped\n")
    said = call("run", "delivery")
    assert (said.code, said.out) == (130, "")
    assert said.err == "rewardlab: stopped; what is finished is kept, and the same command goes on from there\n"
    monkeypatch.setattr("rewardlab.lab.shipped.shipped_experiments", lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(SystemExit) as ended:
        call("list")
    assert ended.value.code == 143


@pytest.mark.parametrize("command", ["audit", "compare", "watch", "distances", "repair"])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_is_told_whose_code_is_waited_for(
    command: str, is_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import may never return, and whoever waits has to know of what."""
    monkeypatch.setenv("TTY_COMPATIBLE", str(int(is_terminal)))
    said = call(command, "nobody[b]:Env-v0", "--allow-code", "nobody[b]")
    assert said.code == 2
    assert ("importing and making nobody[b]:Env-v0" in said.err) == is_terminal


@pytest.mark.parametrize("command", [("run", "delivery"), ("report", "delivery"), ("audit", "any:Env-v0")])
def test_an_empty_place_is_not_taken_for_the_current_folder(command: tuple[str, ...]) -> None:
    said = call(*command, "--out", "")
    assert said.code == 2
    assert "--out: got '', expected a file or folder" in said.err
