"""Batches of agents whose buffers give them something else than single steps: n-step returns, relabelled goals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from stable_baselines3 import DQN
from stable_baselines3.common.buffers import NStepReplayBuffer
from stable_baselines3.common.envs import BitFlippingEnv
from stable_baselines3.her import HerReplayBuffer
from torch import Tensor, nn

from rewardlab.agents.auxiliary import (
    AbstractObjective,
    AuxiliaryBatch,
    AuxiliaryObjectives,
    ObjectiveLoss,
    RewardPrediction,
    Task,
)
from rewardlab.errors import BadInput, Problem
from rewardlab.losses.modules import SquaredErrorLoss

OPTIONS: dict[str, Any] = {"learning_starts": 20, "batch_size": 32, "buffer_size": 200, "seed": 0, "device": "cpu"}


class Keep(AbstractObjective):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__("keep", 0.1)
        self.batches: list[AuxiliaryBatch] = []

    def problems(self, task: Task) -> list[Problem]:
        return []

    def make_head(self, task: Task) -> nn.Module:
        return nn.Linear(task.size, 1)

    def loss(self, head: nn.Module, encode: Callable[[Any], Tensor], batch: AuxiliaryBatch) -> ObjectiveLoss:
        self.batches.append(batch)
        return ObjectiveLoss(head(encode(batch.observations)).square().mean())


def test_n_step_returns_are_the_agents_own_and_batches_hold_single_steps() -> None:
    model = DQN("MlpPolicy", "CartPole-v1", n_steps=3, **OPTIONS)
    assert isinstance(model.replay_buffer, NStepReplayBuffer)
    keep = Keep()
    model.learn(150, callback=AuxiliaryObjectives([keep]))
    rewards = np.concatenate([batch.rewards.numpy() for batch in keep.batches])
    assert (rewards == 1).all(), "CartPole pays 1 a step; three of them would be 2.97"
    first = keep.batches[0]
    moved = (first.next_observations - first.observations)[:, 0] / 0.02
    np.testing.assert_allclose(moved.numpy(), first.observations[:, 1].numpy(), atol=1e-3, err_msg="Euler, one step")


def test_relabelled_goals_are_the_agents_own_and_batches_hold_what_was_aimed_at() -> None:
    env = BitFlippingEnv(n_bits=3, continuous=False, max_steps=3)
    goal = env.observation_space["desired_goal"]
    model = DQN("MultiInputPolicy", env, replay_buffer_class=HerReplayBuffer, **OPTIONS)
    keep = Keep()
    model.learn(150, callback=AuxiliaryObjectives([keep]))
    for batch in keep.batches:
        assert (batch.observations["desired_goal"] == 1).all(), f"this world aims at ones only: {goal}"
        reached = (batch.next_observations["achieved_goal"] == 1).all(dim=1)
        np.testing.assert_array_equal(batch.rewards.numpy(), np.where(reached.numpy(), 0, -1))


def test_a_buffer_that_keeps_observations_only_once_is_refused_before_training() -> None:
    options = OPTIONS | {"optimize_memory_usage": True, "replay_buffer_kwargs": {"handle_timeout_termination": False}}
    model = DQN("MlpPolicy", "CartPole-v1", **options)
    with pytest.raises(BadInput, match="loses the last observation of each episode, expected one that keeps it"):
        model.learn(50, callback=AuxiliaryObjectives([RewardPrediction(SquaredErrorLoss(), 0.1)]))
    assert model.num_timesteps == 0
