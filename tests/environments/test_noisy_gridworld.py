"""A gridworld with noise in what is seen: noise that is noise, and nothing else than that is changed."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from rewardlab.errors import BadInput

NOISY, PLAIN = (f"rewardlab_envs:rewardlab/{name}-v0" for name in ("NoisyGridworld", "Gridworld"))
MAP = {"map": "S..\n.#.\n..G", "slip": 0.3}
CELLS = 8


def steps_of(env: Any, count: int) -> list[Any]:
    """What a seeded environment gives for a fixed list of actions; a single one is reset where it ends."""
    seen = [env.reset(seed=11)]
    rng = np.random.default_rng(5)
    for _ in range(count):
        shape = getattr(env, "num_envs", None)
        seen.append(env.step(rng.integers(0, 4, shape)))
        if shape is None and (seen[-1][2] or seen[-1][3]):
            seen.append(env.reset())
    return seen


def test_steps_are_those_of_the_gridworld_and_the_rest_is_uniform() -> None:
    noisy, plain = gym.make(NOISY, noise=40, **MAP), gym.make(PLAIN, **MAP)
    drawn = []
    for with_noise, without in zip(steps_of(noisy, 200), steps_of(plain, 200), strict=True):
        assert (with_noise[0][:CELLS] == without[0]).all()
        assert with_noise[1:] == without[1:]
        drawn.append(with_noise[0][CELLS:])
    numbers = np.array(drawn)
    assert numbers.shape == (len(drawn), 40)
    assert len(np.unique(numbers)) > 0.99 * numbers.size
    # A mean of at least 8,000 uniform numbers has a standard deviation of at most 0.0033.
    assert abs(numbers.mean() - 0.5) < 0.02
    assert abs(np.corrcoef(numbers[:-1].ravel(), numbers[1:].ravel())[0, 1]) < 0.06


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_a_vector_has_the_steps_of_the_gridworlds_and_noise_of_its_own_in_each_row(mode: AutoresetMode) -> None:
    noisy = gym.make_vec(NOISY, num_envs=4, noise=6, autoreset_mode=mode, max_episode_steps=7, **MAP)
    plain = gym.make_vec(PLAIN, num_envs=4, autoreset_mode=mode, max_episode_steps=7, **MAP)
    finals = 0
    for env in (noisy, plain):
        env.reset(seed=3)
    rng = np.random.default_rng(4)
    for _ in range(40):
        actions = rng.integers(0, 4, 4)
        (seen, *mine, infos), (known, *theirs, their_infos) = noisy.step(actions), plain.step(actions)
        assert seen in noisy.observation_space
        assert (seen[:, :CELLS] == known).all()
        assert len(np.unique(seen[:, CELLS:])) == 24
        assert all((one == other).all() for one, other in zip(mine, theirs, strict=True))
        assert infos.keys() == their_infos.keys()
        for index in np.flatnonzero(infos.get("_final_obs", [])):
            finals += 1
            last = infos["final_obs"][index]
            assert (last[:CELLS] == their_infos["final_obs"][index]).all()
            assert last[CELLS:].shape == (6,)
            assert not (last[CELLS:] == seen[index, CELLS:]).any()
        ended = mine[1] | mine[2]
        if mode is AutoresetMode.DISABLED and ended.any():
            for env in (noisy, plain):
                env.reset(options={"reset_mask": ended})
    assert (finals > 10) == (mode is AutoresetMode.SAME_STEP)


@pytest.mark.parametrize("noise", [0, -1, 1001, 2.0, True])
def test_an_odd_amount_of_noise_is_refused(noise: object) -> None:
    with pytest.raises(BadInput, match=rf"noise: got {noise}, expected a whole number in \[1, 1000\]"):
        gym.make(NOISY, noise=noise)
    with pytest.raises(BadInput, match=rf"noise: got {noise}, expected"):
        gym.make_vec(NOISY, num_envs=2, noise=noise)


def test_a_list_of_seeds_with_a_gap_begins_no_stream() -> None:
    many = gym.make_vec("rewardlab_envs:rewardlab/NoisyGridworld-v0", num_envs=2)
    seen = [many.reset(seed=seed)[0][0, -1] for seed in ([3, 4], [3, 4], [3, None], [3, None])]
    assert seen[0] == seen[1]
    assert len({*seen}) == 3
