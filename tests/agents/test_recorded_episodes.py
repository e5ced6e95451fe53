"""What is kept of the final policy's episodes: the best, the median and the first that shows an exploit."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.agents.evaluation import play_single
from rewardlab.agents.recorded_episodes import PLAYED_EPISODES, recorded_episodes
from rewardlab.errors import RunFailed
from tests.lab.small_experiment import DELIVERY

PICK_UP, DROP = 4, 5


class _PaidBySeed(gym.Env[Any, Any]):
    """Ends after one step, in which it pays what its seed stands for."""

    observation_space = gym.spaces.Discrete(2)
    action_space = gym.spaces.Discrete(2)

    def __init__(self, pays: list[float]) -> None:
        self.pays, self.now = pays, 0.0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        self.now = self.pays[seed or 0]
        return 0, {}

    def step(self, action: Any) -> tuple[int, float, bool, bool, dict[str, Any]]:
        return 1, self.now, True, False, {}


def _always(*actions: int) -> Any:
    """A policy that repeats these actions for ever."""
    calls = iter(range(10**9))
    return lambda *seen: np.array([actions[next(calls) % len(actions)]])


@pytest.mark.parametrize(
    ("pays", "best", "median"),
    [
        # Sorted: 1 1 2 3 4 5 6 9, so that the lower median, the fourth, is 3: seed 0.
        ([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0], 5, 0),
        # Of equals the first; the lower median of 0 0 0 0 1 1 1 1 is the fourth 0, which is seed 6.
        ([0.0, 1.0] * 4, 1, 6),
        ([7.0] * 8, 0, 3),
    ],
)
def test_best_and_median_are_those_by_objective(pays: list[float], best: int, median: int) -> None:
    episodes = recorded_episodes(_PaidBySeed(pays), _always(1), 0)["episodes"]
    kept = episodes["kept"]
    assert episodes["played"] == PLAYED_EPISODES == len(pays)
    assert (kept[episodes["best"]]["seed"], kept[episodes["median"]]["seed"]) == (best, median)
    assert kept[episodes["best"]]["objective"] == max(pays)
    assert len(kept) == len({best, median})
    assert episodes["exploiting"] is None


def test_without_an_exploit_the_replay_is_the_first_episode() -> None:
    found = recorded_episodes(_PaidBySeed([float(seed) for seed in range(8)]), _always(0), 0)
    assert found["replay"] == {"seed": 0, "actions": [0], "exploits": []}


def test_an_episode_without_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rewardlab.agents.evaluation.MAX_EPISODE_STEPS", 500)
    env = gym.make("MountainCar-v0", max_episode_steps=10_000)
    with pytest.raises(RunFailed, match="a replay: got no end after 500 steps; give the environment a time limit"):
        recorded_episodes(env, _always(1), 0)


def test_the_first_exploiting_episode_is_the_replay_and_can_be_played_again() -> None:
    env = gym.make(DELIVERY, reward="speed")
    found = recorded_episodes(env, _always(PICK_UP, DROP), 100)
    exploiting = found["episodes"]["kept"][found["episodes"]["exploiting"]]
    assert {name: exploiting[name] for name in found["replay"]} == found["replay"]
    assert exploiting["seed"] == 100
    assert "drop_at_once" in exploiting["exploits"]
    for episode in found["episodes"]["kept"]:
        coming = iter(episode["actions"])
        actions, _, objective = play_single(env, lambda *seen, now=coming: np.array([next(now)]), episode["seed"])
        assert (actions, objective) == (episode["actions"], episode["objective"])
