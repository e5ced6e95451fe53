"""Runs that fail, are killed or are interrupted: told in a line, and nothing else is lost."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import COMMAND, call, is_alive, rows
from tests.lab.small_experiment import small_spec, write_toml
from tests.lab.spoilt_environments import SPOILT, write_spoilt_module


def spoilt_spec(*rewards: str) -> dict[str, Any]:
    """One seed for each reward, of which most spoil the environment."""
    return small_spec(
        environment={"id": SPOILT},
        algorithm={"name": "a2c", "num_envs": 2, "settings": {"n_steps": 5}},
        variants=[{"name": f"pays {reward}", "reward": reward} for reward in rewards],
        seeds=[0],
        budget_steps=200,
        evaluation_episodes=3,
    )


def test_failed_runs_are_told_and_counted_and_their_siblings_finish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(write_spoilt_module(tmp_path))
    monkeypatch.setenv("COLUMNS", "120")
    spec = write_toml(tmp_path / "spec.toml", spoilt_spec("nan", "fine", "raise", "kill", "inf", "vague"))
    said = call("run", spec, "--out", tmp_path / "out", "--workers", 2, "--allow-code", "spoilt_module")
    assert (said.code, said.err) == (1, "")
    for line in (
        "pays nan, seed 0: diverged: probe: episode 0, step 5: got reward nan, expected a finite ",
        "pays inf, seed 0: diverged: probe: episode 0, step 5: got reward inf, expected a finite ",
        r"pays raise, seed 0: ZeroDivisionError: a stranger divides by zero (in step, line ",
        "pays vague, seed 0: diverged: step 1, environment 0: got objective nan, expected a finite ",
        "pays kill, seed 0: its process died (signal SIGKILL); was it out of memory, or killed?",
    ):
        assert said.out.count(f"\n{line}") == 1
        assert " ".join((tmp_path / "out" / "table.txt").read_text(encoding="utf-8").split()).count(line.strip()) == 1
    # A reason is one line even where that is longer than the terminal.
    assert re.search(r"^pays nan, seed 0: .{100,} reward and observations$", said.out, re.MULTILINE)
    (seeds,) = re.findall(r"^ *seeds +(.*?) *$", said.out, re.MULTILINE)
    assert re.split(r"\s{2,}", seeds) == ["0 of 1", "1 of 1", "0 of 1", "0 of 1", "0 of 1", "0 of 1"]
    states = {row[1]: row[0] for row in rows(tmp_path / "out").values()}
    told = [json.loads(row[4]).get("diverged") for row in rows(tmp_path / "out").values()]
    assert sorted(len(each["last_steps"]) for each in told if each) == [1, 5, 5]
    assert sorted(states.values()) == ["failed"] * 5 + ["finished"]
    assert "Traceback" not in said.out
    assert {path.name for path in (tmp_path / "out").glob("replay*")} == set()
    assert "no replay of pays fine: spoilt_module:Line-v0 draws no images\n" in said.out


def test_a_failed_run_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(write_spoilt_module(tmp_path))
    spec = write_toml(tmp_path / "spec.toml", spoilt_spec("raise", "fine"))
    command = ("run", spec, "--out", tmp_path / "out", "--allow-code", "spoilt_module")
    assert call(*command).code == 1
    again = call(*command)
    assert again.code == 1
    assert again.out.startswith("small: 2 runs, 1 of them finished\npays raise, seed 0 failed: ZeroDivisionError")


def test_code_that_is_not_allowed_is_not_run(tmp_path: Path) -> None:
    said = call("run", write_toml(tmp_path / "spec.toml", spoilt_spec("fine")), "--out", tmp_path / "out")
    assert said.code == 2
    assert said.err.endswith("or allow its code to run with --allow-code spoilt_module\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_an_interrupted_experiment_leaves_no_process_and_goes_on(
    sent: signal.Signals, code: int, tmp_path: Path
) -> None:
    # The first variant is done soon, the second never.
    spec = small_spec(seeds=[0], budget_steps=400, evaluation_episodes=1)
    spec["variants"][0] |= {"algorithm": {"settings": {"n_epochs": 1}}}
    spec["variants"][1] |= {"algorithm": {"settings": {"n_epochs": 1_000_000}}}
    write_toml(tmp_path / "spec.toml", spec)
    command = [*COMMAND, "run", "spec.toml", "--out", "out", "--workers", "2"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(2)]
        children = others_in_session(process.pid)
        os.killpg(process.pid, sent)
        _, said = process.communicate(timeout=30)
    assert told[1].startswith("[1/2] hacked, seed 0: finished at ")
    assert len(children) >= 2
    assert process.returncode == code
    if sent is signal.SIGINT:
        assert said == "rewardlab: stopped; what is finished is kept, and the same command goes on from there\n"
    deadline = time.monotonic() + 10
    while any(map(is_alive, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [child for child in children if is_alive(child)] == []
    assert sorted(row[0] for row in rows(tmp_path / "out").values()) == ["finished", "waiting"]
    spec["variants"][1] |= {"reward": "on_time", "algorithm": {"settings": {"n_epochs": 1}}}
    again = call("run", write_toml(tmp_path / "spec.toml", spec), "--out", tmp_path / "out")
    assert again.code == 0
    assert again.out.startswith("small: 2 runs, 1 of them finished\n")


def others_in_session(session: int) -> list[int]:
    """The other processes of a session: the fork server, and those that it made."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if entry.name.isdigit() and int(fields[3]) == session and int(entry.name) != session:
            found.append(int(entry.name))
    return found
