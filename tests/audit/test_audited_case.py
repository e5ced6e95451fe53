"""What is audited is what the learner sees: rewards through wrappers, worn or named, and shaping on top."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.audit.audited_case import audited_case
from rewardlab.audit.auditing import audit
from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteEnv
from rewardlab.wrappers import PotentialShaping, RewardClipping
from rewardlab_envs.boat_race import boat_race_task
from rewardlab_envs.gridworld import gridworld_task

TASK = gridworld_task("two_exits")
GAMMA = 0.97
DISTANCE = TASK.catalogue.potential("distance")
CLIP = {"kind": "clip", "min_reward": -0.05, "max_reward": 0.05}
SHAPE = {"kind": "potential_shaping", "potential": "distance"}


def seen(*arguments: object, **settings: object) -> np.ndarray:
    return audited_case(*arguments, gamma=GAMMA, **settings).proxy  # type: ignore[arg-type]


def test_a_stack_that_is_worn_is_a_stack_that_is_named() -> None:
    inside = PotentialShaping(RewardClipping(FiniteEnv(TASK), -0.05, 0.05), DISTANCE, gamma=GAMMA)
    worn = seen(inside)
    assert worn == pytest.approx(seen(TASK, wrappers=[CLIP, SHAPE]), abs=1e-12)
    assert worn == pytest.approx(seen(TASK, wrappers=[CLIP], shaping="distance"), abs=1e-12)
    # The other way round, it is something else, and by hand: clip(objective + shaping).
    other = seen(TASK, wrappers=[SHAPE, CLIP])
    case = audited_case(TASK, gamma=GAMMA)
    model, states = case.model, case.states
    potential = np.where(model.terminal, 0.0, DISTANCE(states))
    shaped = case.objective + GAMMA * potential[model.successor] - potential[:, None, None]
    assert other == pytest.approx(np.where(model.feasible, np.clip(shaped, -0.05, 0.05), 0.0), abs=1e-12)
    assert np.abs(other - worn).max() > 0.01


def test_another_reward_is_paid_through_the_same_wrappers() -> None:
    wrapped = RewardClipping(FiniteEnv(TASK, "goal"), -0.05, 0.05)
    assert seen(wrapped, "any_exit") == pytest.approx(np.clip(seen(TASK, "any_exit"), -0.05, 0.05))
    assert audited_case(wrapped, "any_exit").proxy_name == "any_exit + clip"


def test_the_terms_add_up_to_what_is_paid() -> None:
    case = audited_case(TASK, "progress_bonus", wrappers=[CLIP], shaping="distance", gamma=GAMMA)
    assert set(case.terms) >= {"approach", "clip", "shaping"}
    assert sum(case.terms.values()) == pytest.approx(case.proxy, abs=1e-12)


def test_the_verdict_is_about_the_whole_stack() -> None:
    assert audit(TASK, wrappers=[SHAPE], gamma=GAMMA).safe
    worn = gym.wrappers.TransformReward(FiniteEnv(TASK), lambda reward: -reward)
    answer = audit(worn, gamma=GAMMA)
    assert not answer.safe
    assert "transform" in answer.proxy
    clipped = audit(TASK, wrappers=[SHAPE, CLIP], gamma=GAMMA)
    assert clipped.finding("stack").level == "caution"
    assert clipped.safe == audit(TASK, seen_outcomes(clipped_table()), gamma=GAMMA).safe


def clipped_table() -> np.ndarray:
    shaped = TASK.objective_table + TASK.model.shaping_table(DISTANCE(np.arange(TASK.model.n_states)), GAMMA)
    return np.clip(shaped, -0.05, 0.05)


def seen_outcomes(table: np.ndarray) -> np.ndarray:
    return np.where(TASK.model.feasible, table, 0.0)


def test_what_cannot_be_read_is_refused_and_never_ignored() -> None:
    class Mystery(gym.Wrapper):
        def step(self, action):
            observation, reward, *rest = self.env.step(action)
            return observation, reward * 2, *rest

    with pytest.raises(BadInput, match="Mystery"):
        audit(Mystery(FiniteEnv(TASK)), gamma=GAMMA)


def test_settings_for_an_environment_that_wears_wrappers_are_refused() -> None:
    with pytest.raises(BadInput, match="one of the two"):
        audit(RewardClipping(FiniteEnv(TASK), -1, 1), wrappers=[CLIP])


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        audit(TASK, "goall", against="gole", shaping="distanze", wrappers=[{"kind": "clipp"}], gamma=97)
    said = str(refused.value)
    assert all(word in said for word in ("did you mean 'goal'?", "'gole'", "'distance'", "wrappers[0].kind", "0.97"))


@pytest.mark.parametrize(
    "task", [TASK, boat_race_task(), gridworld_task("four_by_three")], ids=["exits", "boat", "slip"]
)
def test_distances_of_the_same_and_of_the_opposite(task) -> None:
    potential = np.random.default_rng(0).normal(size=task.model.n_states)
    same = audit(task, 2 * task.objective_table, shaping=potential, gamma=GAMMA).finding("distances")
    assert same.level == "fine"
    assert [*same.data.values()] == pytest.approx([0, 0, 0], abs=1e-6)
    opposite = audit(task, -task.objective_table, gamma=GAMMA).finding("distances")
    assert opposite.level == "note"
    assert [*opposite.data.values()] == pytest.approx([1, 1, 1], abs=1e-6)
