"""Environments of others are really trained in, compared, audited and shown: from the command to the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rewardlab.outside import ANY_ID
from tests.command_line import call, rows

pytestmark = pytest.mark.slow

LANDER = '''
import numpy as np


def landed(steps):
    """1 in the step in which the lander comes to rest."""
    return (steps.terminated & (steps.event("reward") == 100)).astype(float)


def fuel(steps):
    """What the engines burn: 0.3 the main one, 0.03 those at the sides."""
    return np.select([steps.action == 2, steps.action != 0], [0.3, 0.03], 0.0)


def low(observations):
    return -np.abs(observations[:, 1])
'''


def spec(out: Path, settings: dict[str, Any], *variants: dict[str, Any]) -> Path:
    """A small experiment as a file: TOML is written as JSON, which is the same for these values but for the colon."""

    def value(data: Any) -> str:
        if isinstance(data, dict):
            return "{ " + ", ".join(f"{json.dumps(key)} = {value(part)}" for key, part in data.items()) + " }"
        return f"[{', '.join(map(value, data))}]" if isinstance(data, list) else json.dumps(data)

    lines = [
        'version = 2\nname = "outside"\nseeds = 1\nbudget_steps = 256\nevaluation_episodes = 3\nprobe_episodes = 1',
        f'[environment]\nid = "{ANY_ID}"\nsettings = {value(settings)}',
        '[algorithm]\nname = "ppo"\nnum_envs = 4\nsettings = { n_steps = 32, batch_size = 64, n_epochs = 1 }',
        *("[[variants]]\n" + "\n".join(f"{key} = {value(part)}" for key, part in each.items()) for each in variants),
    ]
    path = out / "outside.toml"
    path.write_text("\n\n".join(lines), encoding="utf-8")
    return path


def finished(folder: Path) -> list[dict[str, Any]]:
    """The results of the runs in a folder, all of which came to their end."""
    found = [*rows(folder).values()]
    assert {row[0] for row in found} == {"finished"}
    return [json.loads(row[2]) for row in found]


def test_cart_pole_is_compared_by_the_command(tmp_path: Path) -> None:
    out = tmp_path / "out"
    settings = ["--set", "env=CartPole-v1", "--set", 'rewards={"alive": {"steps": 1.0, "terminated": -10.0}}']
    words = ["--reward", "alive", "--reward", "terminated=-1", "--seeds", 1, "--steps", 4000]
    said = call("compare", ANY_ID, *settings, *words, "--out", out)
    assert said.code == 0, said.err
    for result in finished(out):
        evaluation = result["evaluation"]
        # 1 a step, and at the end -10 where it fell and the time was not up.
        assert evaluation["rewards"]["own"] == pytest.approx(evaluation["steps"])
        fell = evaluation["events"]["terminated"]
        assert evaluation["rewards"]["alive"] == pytest.approx(evaluation["steps"] - 10.0 * fell)
        assert evaluation["objective"] == evaluation["rewards"]["own"]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "terminated=-1" in page
    assert "<img" in page or "data:image" in page  # what is played is seen


def test_a_lander_is_paid_for_landing_and_shaped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("Box2D")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # of the processes that train
    (tmp_path / "my_lander.py").write_text(LANDER, encoding="utf-8")
    settings = {
        "env": "LunarLander-v3",
        "events": {"landed": "my_lander:landed", "fuel": "my_lander:fuel"},
        "rewards": {"soft": {"landed": 1.0, "fuel": -0.001}},
        "potentials": {"low": "my_lander:low"},
        "objective": "soft",
    }
    shaped = {"name": "b", "reward": "soft", "wrappers": [{"kind": "potential_shaping", "potential": "low"}]}
    file = spec(tmp_path, settings, {"name": "a", "reward": "own"}, shaped)
    said = call("run", file, "--allow-code", "my_lander", "--out", tmp_path / "out")
    assert said.code == 0, said.err
    for result in finished(tmp_path / "out"):
        events = result["evaluation"]["events"]
        assert events["fuel"] >= 0.0
        assert result["evaluation"]["objective"] == pytest.approx(events["landed"] - 0.001 * events["fuel"])
    words = [each for key, part in settings.items() for each in ("--set", f"{key}={as_word(part)}")]
    audited = call("audit", ANY_ID, "--allow-code", "my_lander", *words, "--reward", "own", "--episodes", 10)
    assert audited.code == 0, audited.err
    assert "does 'own' ask for 'soft'?" in audited.words


def test_minigrid_is_trained_in_through_its_wrappers(tmp_path: Path) -> None:
    pytest.importorskip("minigrid")
    settings = {
        "env": "minigrid:MiniGrid-Empty-5x5-v0",
        "observed_by": ["minigrid.wrappers:ImgObsWrapper", "gymnasium.wrappers:FlattenObservation"],
        "rewards": {"quick": {"reward": 1.0, "steps": -0.01}},
    }
    file = spec(tmp_path, settings, {"name": "a", "reward": "own"}, {"name": "b", "reward": "quick"})
    said = call("run", file, "--allow-code", "minigrid", "--out", tmp_path / "out")
    assert said.code == 0, said.err
    for result in finished(tmp_path / "out"):
        rewards, steps = result["evaluation"]["rewards"], result["evaluation"]["steps"]
        assert rewards["quick"] == pytest.approx(rewards["own"] - 0.01 * steps)


def as_word(value: object) -> str:
    """A setting as it is written after ``--set KEY=``."""
    return value if isinstance(value, str) else json.dumps(value)
