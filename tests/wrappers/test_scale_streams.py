"""The running scale on 10,000 random streams, in every autoreset mode.

For one environment the vector wrapper pays what the scalar one pays. For many, the accumulators are those of as many
scalar wrappers, and statistics and rewards are those of a plain computation on all paid steps together.
"""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, VectorEnv

from rewardlab.wrappers import ReturnScaling, VectorReturnScaling
from tests.wrappers.battery import GAMMA, accumulators, scales
from tests.wrappers.played import Happened, happened, random_stream
from tests.wrappers.scripted_env import ScriptedEnv

STREAMS = pytest.mark.parametrize("streams", [1_500, pytest.param(10_000, marks=pytest.mark.slow)])
WIDTH = 500
STEPS = 7
WARM_UP = 3


class Replay(VectorEnv):
    """Plays what happened, as plain arrays."""

    single_observation_space = gym.spaces.Box(-np.inf, np.inf, (1,), np.float64)
    single_action_space = gym.spaces.Discrete(2)

    def __init__(self, past: Happened, mode: AutoresetMode) -> None:
        self.past, self.num_envs, self.taken = past, past.reward.shape[1], 0
        self.metadata = {"autoreset_mode": mode}

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return np.zeros((self.num_envs, 1)), {}

    def step(self, actions: Any) -> Any:
        past, now = self.past, self.taken
        self.taken += 1
        return np.zeros((self.num_envs, 1)), past.reward[now], past.terminated[now], past.truncated[now], {}


def replayed(past: Happened, mode: AutoresetMode) -> tuple[np.ndarray, np.ndarray, VectorReturnScaling]:
    """Rewards ``[T, N]``, accumulators after each step ``[T, N]``, and the wrapper."""
    env = VectorReturnScaling(Replay(past, mode), gamma=GAMMA, warm_up=WARM_UP)
    env.reset()
    rewards, running = np.zeros_like(past.reward), np.zeros_like(past.reward)
    for step in range(len(past.reward)):
        rewards[step] = env.step(None)[1]
        running[step] = env.running_scale.accumulators
        if mode is AutoresetMode.DISABLED and past.restarted[step].any():
            env.reset(options={"reset_mask": past.restarted[step]})
    return rewards, running, env


def scalar(stream: Any, abandon: np.ndarray) -> tuple[list[float], list[float]]:
    """Rewards and accumulators of one scalar wrapper."""
    env = ReturnScaling(ScriptedEnv(stream), gamma=GAMMA, warm_up=WARM_UP)
    env.reset()
    rewards, running = [], []
    for give_up in abandon:
        _, reward, terminated, truncated, _ = env.step(0)
        rewards.append(float(reward))
        running.append(float(env.running_scale.accumulators[0]))
        if terminated or truncated or give_up:
            env.reset()
    return rewards, running


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
@STREAMS
def test_one_environment_in_a_vector_is_paid_as_alone(mode: AutoresetMode, streams: int) -> None:
    rng = np.random.default_rng(0)
    for _ in range(streams):
        stream = random_stream(rng, STEPS)
        abandon = (rng.random((STEPS, 1)) < 0.1) & (mode is AutoresetMode.DISABLED)
        past = happened([stream], mode, abandon)
        rewards, running, _ = replayed(past, mode)
        paid = past.paid[:, 0]
        assert (rewards[~paid] == 0.0).all()
        expected = scalar(stream, abandon[: paid.sum(), 0])
        np.testing.assert_allclose([rewards[paid, 0], running[paid, 0]], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
@STREAMS
def test_many_share_one_scale_of_accumulators_that_are_their_own(mode: AutoresetMode, streams: int) -> None:
    rng = np.random.default_rng(1)
    for _ in range(streams // WIDTH):
        played = [random_stream(rng, STEPS) for _ in range(WIDTH)]
        abandon = (rng.random((STEPS, WIDTH)) < 0.1) & (mode is AutoresetMode.DISABLED)
        past = happened(played, mode, abandon)
        rewards, running, env = replayed(past, mode)
        for index, stream in enumerate(played):
            paid = past.paid[:, index]
            alone = scalar(stream, abandon[: paid.sum(), index])[1]
            np.testing.assert_allclose(running[paid, index], alone, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(rewards, scales(warm_up=WARM_UP)(past), rtol=1e-12, atol=1e-12)
        pooled = accumulators(past)[past.paid]
        found = env.running_scale.returns
        assert found.count == past.paid.sum() == len(pooled), "a reset row is no sample"
        assert (found.mean, found.variance) == pytest.approx((pooled.mean(), pooled.var()), rel=1e-12)
