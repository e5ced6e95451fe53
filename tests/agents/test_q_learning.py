"""Tabular Q-learning: the update by hand, the exact optimum, and shaping as initial values (Wiewiora 2003)."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.agents import QLearner, q_update
from rewardlab.agents.curve_recorder import CurveRecorder
from rewardlab.errors import Diverged
from rewardlab.mdp import FiniteModel, FiniteTask, FiniteVectorEnv, solve
from rewardlab.rewards import Catalogue, Reward, shaping
from rewardlab.wrappers import VectorLedger


def row(*values: float) -> np.ndarray:
    return np.array(values)


def chain_task() -> FiniteTask:
    """Four states in a row and an exit at each end: left pays 1 on arrival, right pays 2. Actions: left, right."""
    successor = np.array([[[0], [0]], [[0], [2]], [[1], [3]], [[2], [4]], [[3], [5]], [[5], [5]]])
    terminal = np.array([True, False, False, False, False, True])
    paid = np.zeros(successor.shape)
    paid[1, 0], paid[4, 1] = 1.0, 2.0
    start = np.array([0, 0.25, 0.25, 0.25, 0.25, 0])
    model = FiniteModel(successor, np.ones(successor.shape), terminal, start, events={"exit": paid})
    catalogue = Catalogue({"exit": Reward.from_event_weights({"exit": 1.0}, name="exit")}, "exit", ("exit",))
    return FiniteTask(model, catalogue, 20, ("left", "right"))


def test_one_update_by_hand() -> None:
    table = np.array([[0.0, 1.0], [3.0, -np.inf]])
    # 1 + 0.5 * (2 + 0.9 * 3 - 1) = 2.85
    q_update(table, row(0), row(1), row(2.0), row(1), row(False), learning_rate=0.5, gamma=0.9)
    assert table[0, 1] == pytest.approx(2.85, abs=1e-15)
    # After a termination nothing follows: 2.85 + 0.5 * (2 - 2.85) = 2.425
    q_update(table, row(0), row(1), row(2.0), row(1), row(True), learning_rate=0.5, gamma=0.9)
    assert table[0, 1] == pytest.approx(2.425, abs=1e-15)
    assert table[1, 1] == -np.inf


def test_rows_that_share_an_entry_all_count() -> None:
    table = np.zeros((1, 1))
    q_update(table, row(0, 0), row(0, 0), row(1.0, 3.0), row(0, 0), row(True, True), learning_rate=0.5, gamma=0.9)
    assert table[0, 0] == 2.0


@pytest.mark.parametrize("max_episode_steps", [20, 1])
def test_learner_finds_the_exact_values_of_a_deterministic_chain(max_episode_steps: int) -> None:
    """Also where a time limit cuts off every step: then all is learned from the last states of episodes."""
    task = chain_task()
    env = VectorLedger(FiniteVectorEnv(task, 4, max_episode_steps=max_episode_steps, autoreset_mode="SameStep"))
    legal = task.model.legal
    learner = QLearner(
        env, legal, 0.9, np.random.default_rng(0), learning_rate=0.5, exploration_initial_eps=1, exploration_final_eps=1
    )
    recorder = CurveRecorder(8_000, lambda _: None)
    assert learner.learn(8_000, recorder, seed=1) == 8_000
    exact = solve(task.model, task.objective_table, 0.9)
    running = ~task.model.terminal
    np.testing.assert_allclose(learner.table[running], exact.action_values[running], atol=1e-9)
    np.testing.assert_array_equal(learner.act(np.arange(1, 5)), exact.optimal[1:5].argmax(axis=1))
    assert recorder.points[-1]["ledger"] == {"exit": recorder.points[-1]["paid"], "unaccounted": 0.0}


@pytest.mark.parametrize(
    ("slip", "equal"),
    [("none", True), ("terminal potential kept", False), ("zeroed at truncations", False), ("no gamma", False)],
)
def test_shaping_equals_initial_values(slip: str, equal: bool) -> None:
    """Wiewiora (2003): shaped Q + potential == Q that began at the potential, after every one of 20,000 updates."""
    rng = np.random.default_rng(0)
    n_states, n_actions, gamma, rate = 12, 3, 0.95, 0.3
    potential = rng.normal(size=n_states) * 3
    shaped, started = np.zeros((n_states, n_actions)), np.tile(potential[:, None], n_actions)
    largest = 0.0
    for _ in range(20_000):
        state, action, following = rng.integers(n_states), rng.integers(n_actions), rng.integers(n_states)
        reward, terminated, truncated = rng.normal(), rng.random() < 0.1, rng.random() < 0.1
        after = 0.0 if slip == "zeroed at truncations" and truncated else potential[following]
        ended = False if slip == "terminal potential kept" else terminated
        added = shaping(row(potential[state]), row(after), row(ended), 1.0 if slip == "no gamma" else gamma)
        step = (row(state), row(action)), (row(following), row(bool(terminated)))
        q_update(shaped, *step[0], reward + added, *step[1], learning_rate=rate, gamma=gamma)
        q_update(started, *step[0], row(reward), *step[1], learning_rate=rate, gamma=gamma)
        largest = max(largest, float(np.abs(shaped + potential[:, None] - started).max()))
    assert (largest < 1e-12) == equal


def test_absurd_reward_is_named() -> None:
    class Absurd(gym.vector.VectorRewardWrapper):
        def rewards(self, rewards):
            return np.where(np.arange(4) == 2, np.nan, rewards)

    env = VectorLedger(Absurd(FiniteVectorEnv(chain_task(), 4, autoreset_mode="SameStep")))
    learner = QLearner(env, chain_task().model.legal, 0.9, np.random.default_rng(0))
    with pytest.raises(Diverged, match=r"step 1, environment 2: got reward nan .*, expected a finite number"):
        learner.learn(100, CurveRecorder(100, lambda _: None), seed=0)
