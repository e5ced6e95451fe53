"""Known faults of other labs at the border of rewards and learners: rewards that an agent never gets to learn from.

Those of wrappers alone are in `tests/wrappers`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from stable_baselines3 import DQN, PPO

from rewardlab.agents.vector_adapter import VectorAdapter
from rewardlab.mdp import FiniteModel, FiniteTask, FiniteVectorEnv
from rewardlab.rewards import Bonus, Catalogue, Reward
from rewardlab.wrappers import VectorUnsafeBonus

PAID = Reward.from_event_weights({"first": 1.0}, name="paid")
BONUS = Bonus.from_event_weights({"second": 1000.0})


def _task() -> FiniteTask:
    """One place and two actions, ``first`` and ``second``; either ends the episode in an end of its own."""
    successor = np.array([[[1], [2]], [[1], [1]], [[2], [2]]])
    events = {name: np.zeros(successor.shape) for name in ("first", "second")}
    events["first"][0, 0], events["second"][0, 1] = 1.0, 1.0
    ends = np.array([False, True, True])
    model = FiniteModel(successor, np.ones(successor.shape), ends, ~ends * 1.0, events=events)
    catalogue = Catalogue({"paid": PAID}, "paid", ("first", "second"))
    return FiniteTask(model, catalogue, 5, ("first", "second"), np.eye(3, dtype=np.float32))


def _adapter(*, bonus: bool, count: int = 8) -> VectorAdapter:
    env: Any = FiniteVectorEnv(_task(), count, autoreset_mode=AutoresetMode.SAME_STEP)
    return VectorAdapter(VectorUnsafeBonus(env, BONUS) if bonus else env)


@pytest.mark.parametrize("bonus", [False, True])
def test_b15_a_huge_bonus_decides_what_is_learned(bonus: bool) -> None:
    # A bonus that is added once returns have been computed changes nothing: 1 for ``first`` would still be learned.
    agent = PPO("MlpPolicy", _adapter(bonus=bonus), n_steps=16, batch_size=64, learning_rate=0.01, seed=0, device="cpu")
    agent.learn(1024)
    chosen, _ = agent.predict(np.eye(3, dtype=np.float32)[:1], deterministic=True)
    assert chosen.tolist() == [int(bonus)]


def test_b14_what_an_off_policy_learner_stores_is_what_was_paid_with_its_bonus() -> None:
    agent = DQN("MlpPolicy", _adapter(bonus=True, count=4), learning_starts=1000, buffer_size=400, seed=0, device="cpu")
    agent.learn(200)
    actions, stored = agent.replay_buffer.actions[:50, :, 0], agent.replay_buffer.rewards[:50]
    assert set(np.unique(actions)) == {0, 1}
    np.testing.assert_array_equal(stored, np.where(actions == 0, 1.0, 1000.0))


def test_b14_returns_and_advantages_are_computed_from_the_bonus_too() -> None:
    agent = PPO("MlpPolicy", _adapter(bonus=True, count=4), n_steps=16, batch_size=64, seed=0, device="cpu")
    agent.learn(64)
    buffer = agent.rollout_buffer  # flattened by the update, as its actions are
    paid = np.where(buffer.actions.ravel() == 0, 1.0, 1000.0)
    np.testing.assert_allclose(buffer.returns.ravel(), paid, rtol=1e-5)  # every episode has one step


def test_b25_what_watches_sees_the_last_state_of_each_copys_own_episode() -> None:
    adapter = _adapter(bonus=False, count=3)
    adapter.reset()
    actions = np.array([0, 1, 1])
    observations, rewards, dones, infos = adapter.step(actions)
    assert dones.all()
    # What is returned is of the next episode already, which begins in state 0.
    assert observations.argmax(axis=1).tolist() == [0, 0, 0]
    assert [info["state"] for info in infos] == [1, 2, 2]
    assert [info["terminal_observation"].argmax() for info in infos] == [1, 2, 2]
    assert [info["events"]["second"] for info in infos] == [0.0, 1.0, 1.0]
    assert [info["episode"]["objective"] for info in infos] == rewards.tolist() == [1.0, 0.0, 0.0]
