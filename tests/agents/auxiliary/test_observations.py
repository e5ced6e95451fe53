"""Observations and actions as vectors, by hand; and that batches hold what the environment showed, paid and ended."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv, VecNormalize
from torch import Tensor, nn

from rewardlab.agents.auxiliary import AuxiliaryBatch, AuxiliaryObjectives, OwnObjective
from rewardlab.agents.auxiliary.action_vector import ActionVector
from rewardlab.agents.auxiliary.observation_vector import ObservationVector
from rewardlab.agents.vector_adapter import VectorAdapter
from tests.agents.auxiliary.agents_in_script import ALGORITHMS, CONTINUOUS, LINE, STEPS, scripted_agent
from tests.agents.auxiliary.scripted_environment import REWARDS, Kind, Scripted

PICTURE = spaces.Box(0, 255, (1, 1, 2), np.uint8)
VECTORS: list[tuple[spaces.Space[Any], Any, list[float]]] = [
    (spaces.Box(-9, 9, (2, 2)), torch.tensor([[[1.0, -2.0], [3.0, 0.5]]]), [1, -2, 3, 0.5]),
    (spaces.Box(-9, 9, ()), torch.tensor([4.0]), [4]),
    # 51 / 255 = 0.2
    (PICTURE, torch.tensor([[[[0, 51]]]], dtype=torch.uint8), [0, 0.2]),
    (spaces.Discrete(3), torch.tensor([2]), [0, 0, 1]),
    # SB3's replay buffer gives whole numbers a second axis.
    (spaces.Discrete(3), torch.tensor([[1]]), [0, 1, 0]),
    (spaces.MultiDiscrete([2, 3]), torch.tensor([[1, 0]]), [0, 1, 1, 0, 0]),
    (spaces.MultiBinary(2), torch.tensor([[1, 0]], dtype=torch.int8), [1, 0]),
    (
        # In the order of the keys, whatever the order of the dictionary.
        spaces.Dict([("b", spaces.Discrete(2)), ("a", spaces.Box(-9, 9, (1,))), ("c", PICTURE)]),
        {"c": torch.full((1, 1, 1, 2), 255, dtype=torch.uint8), "b": torch.tensor([[0]]), "a": torch.tensor([[7.0]])},
        [7, 1, 0, 1, 1],
    ),
]


@pytest.mark.parametrize(("space", "observations", "expected"), VECTORS, ids=[str(row[0])[:30] for row in VECTORS])
def test_an_observation_as_a_vector(space: spaces.Space[Any], observations: Any, expected: list[float]) -> None:
    vector = ObservationVector(space)
    assert vector.size == len(expected)
    assert vector(observations).dtype == torch.float32
    np.testing.assert_allclose(vector(observations).numpy(), [expected], rtol=1e-6)


@pytest.mark.parametrize(
    ("space", "actions", "expected"),
    [
        (spaces.Discrete(3), torch.tensor([2, 0]), [[0, 0, 1], [1, 0, 0]]),
        (spaces.MultiDiscrete([2, 3]), torch.tensor([[1, 2]]), [[0, 1, 0, 0, 1]]),
        (spaces.MultiBinary(2), torch.tensor([[1.0, 0.0]]), [[1, 0]]),
        (spaces.Box(-1, 1, (1, 2)), torch.tensor([[[0.5, -1.0]]]), [[0.5, -1]]),
    ],
    ids=["one choice", "two choices", "switches", "numbers"],
)
def test_an_action_as_a_vector(space: spaces.Space[Any], actions: Tensor, expected: list[list[float]]) -> None:
    vector = ActionVector(space)
    assert vector.size == len(expected[0])
    np.testing.assert_array_equal(vector(actions).numpy(), expected)


def vector_of(how: str, algorithm: str, kind: Kind = "flat") -> VecEnv:
    """Two scripted environments, the second one episode ahead."""

    def make() -> Scripted:
        return Scripted(kind, LINE if algorithm in CONTINUOUS else None)

    if how == "VectorAdapter":
        return VectorAdapter(SyncVectorEnv([make, make], autoreset_mode=AutoresetMode.SAME_STEP))
    plain = DummyVecEnv([make, make])
    if how == "DummyVecEnv":
        return plain
    normalised = VecNormalize(plain, gamma=0.9)
    normalised.reset()
    for _ in range(20):
        normalised.step(np.array([plain.action_space.sample() for _ in range(2)]))
    normalised.training = False
    return normalised


def batches_of(algorithm: str, environment: VecEnv, **options: Any) -> list[AuxiliaryBatch]:
    """What objectives are given while an agent trains."""
    seen: list[AuxiliaryBatch] = []

    def look(head: nn.Module, encode: Any, batch: AuxiliaryBatch) -> Tensor:
        seen.append(batch)
        mean: Tensor = head(encode(batch.observations)).mean()
        return mean

    look_on = OwnObjective("look", lambda task: nn.Linear(task.size, 1), look, 0.1)
    # On-policy V is not 0 after the first update: what SB3 adds at truncations would show.
    scripted_agent(algorithm, environment, **options).learn(3 * STEPS, callback=AuxiliaryObjectives([look_on]))
    assert seen
    return seen


@pytest.mark.parametrize("how", ["DummyVecEnv", "VectorAdapter", "VecNormalize"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_batches_hold_what_was_shown_paid_and_ended(algorithm: str, how: str) -> None:
    environment = vector_of(how, algorithm)
    met = {"terminated": 0, "truncated": 0}
    for batch in batches_of(algorithm, environment):
        before, after = batch.observations.numpy(), batch.next_observations.numpy()
        rewards = batch.rewards.numpy()
        if isinstance(environment, VecNormalize):
            before, after = environment.unnormalize_obs(before), environment.unnormalize_obs(after)
            rewards = environment.unnormalize_reward(rewards)
        odd, steps = np.rint(before[:, 0]).astype(int), np.rint(before[:, 1]).astype(int)
        acted = batch.actions.reshape(len(batch), -1)[:, 0].numpy()
        expected = np.stack([odd, steps + 1, acted], axis=1)
        np.testing.assert_allclose(after, expected, atol=1e-4, err_msg="its own last observation, of no later episode")
        np.testing.assert_allclose(rewards, np.array(REWARDS)[steps], atol=1e-4, err_msg="without gamma times a value")
        np.testing.assert_array_equal(batch.terminated.numpy(), (odd == 0) & (steps == 2))
        np.testing.assert_array_equal(batch.truncated.numpy(), (odd == 1) & (steps == 3))
        met["terminated"] += int(batch.terminated.sum())
        met["truncated"] += int(batch.truncated.sum())
    assert met["terminated"] > 0
    assert met["truncated"] > 0
