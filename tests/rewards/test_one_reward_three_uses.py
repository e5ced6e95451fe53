"""A reward is written once: one step, a vector, and the whole table are paid the same, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.mdp import FiniteEnv, FiniteTask, FiniteVectorEnv
from rewardlab.rewards import Reward, RewardChoice
from rewardlab.transitions import Transitions
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.delivery.rewards import REWARDS
from tests.mdp.tiny_models import slippery_fork, task_of


def late_and_far(steps: Transitions) -> np.ndarray:
    """Something that no event weight can say."""
    return np.sqrt(steps.event("order_minutes")) / 3 - np.where(steps.terminated, 0.1, steps.action % 2)


def bumped_or_paid(steps: Transitions) -> list[float]:
    """Returns a list, reads states, and is not symmetric in them."""
    return [float(a) / 7 - float(b) / 3 for a, b in zip(steps.state, steps.next_state, strict=True)]


DELIVERY, FORK = delivery_task(2), task_of(slippery_fork())
CHOICES: dict[str, tuple[FiniteTask, RewardChoice]] = {
    **{name: (DELIVERY, name) for name in REWARDS},
    "weights": (DELIVERY, {"delivered": 1.0, "minutes": -1 / 3, "picked_up": 0.1}),
    "function": (DELIVERY, Reward.from_function(late_and_far)),
    "stochastic": (FORK, "paid"),
    "stochastic_weights": (FORK, {"paid": 0.1, "bumped": -0.7}),
    "stochastic_function": (FORK, Reward.from_function(bumped_or_paid)),
}
EACH_CHOICE = pytest.mark.parametrize(("task", "choice"), CHOICES.values(), ids=CHOICES)


@EACH_CHOICE
def test_batch_of_one_vector_and_table_agree(task: FiniteTask, choice: RewardChoice) -> None:
    reward, batch = task.catalogue.reward(choice), task.model.transitions
    whole = reward(batch)
    table = task.model.reward_table(reward)
    assert (table[task.model.feasible] == whole).all()
    assert (table[~task.model.feasible] == 0).all()
    rng = np.random.default_rng(0)
    some = rng.choice(len(batch), size=64)
    assert (reward(batch.select(some)) == whole[some]).all()
    for row in some:
        assert reward(batch.select(slice(row, row + 1)))[0] == whole[row]
        assert reward(batch.select(np.array([row])))[0] == whole[row]
    lines = reward.lines(batch)
    assert (sum(lines.values()) == whole).all()


@EACH_CHOICE
def test_the_single_environment_pays_the_table(task: FiniteTask, choice: RewardChoice) -> None:
    table = task.model.reward_table(task.catalogue.reward(choice))
    env, rng = FiniteEnv(task, choice), np.random.default_rng(0)
    env.reset(seed=0)
    for state in rng.choice(np.flatnonzero(~task.model.terminal), size=200):
        env.reset(options={"state": int(state)})
        action = int(rng.choice(np.flatnonzero(task.model.legal[state])))
        _, reward, _, _, info = env.step(action)
        outcomes = matching(task, state, action, info["state"])
        assert reward in table[state, action, outcomes]
        assert info["objective"] in task.objective_table[state, action, outcomes]
        assert reward == sum(info["ledger"].values())


@EACH_CHOICE
def test_the_vector_environment_pays_the_table(task: FiniteTask, choice: RewardChoice) -> None:
    table = task.model.reward_table(task.catalogue.reward(choice))
    env, rng = FiniteVectorEnv(task, 500, choice), np.random.default_rng(0)
    states = rng.choice(np.flatnonzero(~task.model.terminal), size=500)
    env.reset(seed=0, options={"state": states})
    masks = env.action_masks()
    actions = np.argmax(rng.random(masks.shape) * masks, axis=1)
    _, rewards, _, _, infos = env.step(actions)
    for row in range(500):
        outcomes = matching(task, states[row], actions[row], infos["state"][row])
        assert rewards[row] in table[states[row], actions[row], outcomes]
        assert infos["objective"][row] in task.objective_table[states[row], actions[row], outcomes]


def matching(task: FiniteTask, state: int, action: int, reached: int) -> np.ndarray:
    """The outcomes that can have led there; one of them happened."""
    outcomes = np.flatnonzero(task.model.feasible[state, action] & (task.model.successor[state, action] == reached))
    assert len(outcomes) >= 1
    return outcomes


def test_the_objective_is_the_same_whatever_is_paid() -> None:
    streams = []
    for choice in REWARDS:
        env, rng = FiniteVectorEnv(DELIVERY, 8, choice), np.random.default_rng(0)
        env.reset(seed=0)
        streams.append([env.step(rng.integers(6, size=8))[-1]["objective"] for _ in range(40)])
    for stream in streams[1:]:
        np.testing.assert_array_equal(stream, streams[0])
