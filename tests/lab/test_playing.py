"""Episodes to watch: a random policy keeps to what is legal, in any environment that says what is."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from numpy.typing import NDArray

from rewardlab.errors import BadInput, RunFailed
from rewardlab.lab.playing import choose_actions


class Corridor(gym.Env[Any, Any]):
    """Four steps; in each, one of five actions (numbered from 3) is legal, and nothing at all once it is stuck."""

    def __init__(self, stuck_after: int = 9) -> None:
        self.observation_space = gym.spaces.Discrete(5)
        self.action_space = gym.spaces.Discrete(5, start=3)
        self.stuck_after = stuck_after
        self.place = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        super().reset(seed=seed)
        self.place = 0
        return 0, {}

    def step(self, action: Any) -> tuple[int, float, bool, bool, dict[str, Any]]:
        assert action == 3 + self.place
        self.place += 1
        return self.place, 0.0, self.place == 4, False, {}

    def action_masks(self) -> NDArray[np.bool_]:
        return (np.arange(5) == self.place) & (self.place < self.stuck_after)


def test_a_strangers_masks_are_kept_to_through_wrappers() -> None:
    assert choose_actions(gym.wrappers.TimeLimit(Corridor(), 9), "random", 0, 0.9) == [3, 4, 5, 6]


def test_where_nothing_is_legal_the_run_fails_in_words() -> None:
    with pytest.raises(RunFailed, match="no legal action"):
        choose_actions(Corridor(stuck_after=2), "random", 0, 0.9)


def test_an_episode_without_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rewardlab.lab.playing.MAX_EPISODE_STEPS", 500)
    with pytest.raises(RunFailed, match="got no end after 500 steps; give the environment a time limit"):
        choose_actions(gym.make("MountainCar-v0", max_episode_steps=10_000), "random", 0, 0.9)


@pytest.mark.parametrize("name", ["MiniChess-v0", "Chess-v0", "Endgame-v0"])
def test_games_are_played_without_an_illegal_move(name: str) -> None:
    env = gym.make(f"rewardlab_envs:rewardlab/{name}", illegal_moves="refused")
    actions = choose_actions(env, "random", 4, 0.9)
    assert len(actions) >= 3
    assert actions == choose_actions(env, "random", 4, 0.9)
    assert actions != choose_actions(env, "random", 5, 0.9)


def test_only_finite_models_have_an_optimum_to_play() -> None:
    with pytest.raises(BadInput, match="'random'"):
        choose_actions(gym.make("rewardlab_envs:rewardlab/MiniChess-v0"), "optimal", 0, 0.9)
