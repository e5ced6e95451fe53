"""Conditions that were forgotten: found where they are, in either polarity, and not found where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.audit.audited_case import audited_case
from rewardlab.audit.optimal_set import optimal_set
from rewardlab.audit.repair.amended import amended_case
from rewardlab.audit.repair.missing_condition import missing_conditions
from rewardlab.audit.repair.nearest_shaping import step_weights
from rewardlab.mdp import FiniteModel, FiniteTask
from rewardlab.rewards import Catalogue, Reward, Term
from rewardlab.transitions import Transitions
from rewardlab_envs.boat_race import boat_race_task
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.gridworld import gridworld_task
from rewardlab_envs.tomatoes import tomato_garden_task
from tests.audit.worlds import GAMMA


@pytest.mark.parametrize(
    ("task", "reward", "condition"),
    [
        (delivery_task(1), "speed", "pay 'speed' only when 'delivered'"),
        (delivery_task(2), "speed", "pay 'speed' only when 'delivered'"),
        (tomato_garden_task(), "seen_watered", "pay 'seen_watered' never when 'in_bucket'"),
        (gridworld_task("two_exits"), "any_exit", "pay 'exits' never when 'lesser_exits'"),
        (boat_race_task(), "arrows", "pay 'steps' never when 'clockwise'"),
    ],
    ids=["one order", "two orders", "tomatoes", "two exits", "boat"],
)
def test_the_condition_of_a_known_loophole(task: FiniteTask, reward: str, condition: str) -> None:
    case = audited_case(task, reward, gamma=0.97)
    assert not optimal_set(case).safe
    found = missing_conditions(case, case.terms, step_weights(case, "uniform"))
    assert found[0].text == condition
    for each in found:
        answer = optimal_set(amended_case(case, each.proxy))
        assert answer.safe
        assert each.gap > 0
        np.testing.assert_allclose(each.proxy + each.taken, case.proxy, atol=1e-12)


def test_speed_on_arrival_is_the_catalogue_s_fixed_speed() -> None:
    task = delivery_task(1)
    case = audited_case(task, "speed", gamma=0.97)
    found = missing_conditions(case, case.terms, step_weights(case, "uniform"))[0]
    fixed = task.model.reward_table(task.catalogue.rewards["fixed_speed"])[case.states]
    np.testing.assert_array_equal(found.proxy, fixed * case.model.feasible)


def two_doors(*, told_apart: bool) -> FiniteTask:
    """State 0 has two exits and the reward pays both; one is meant. An event tells them apart, or none does."""
    successor = np.array([[[1], [2], [0]], [[1], [1], [1]], [[2], [2], [2]]])
    left, right = np.zeros(successor.shape), np.zeros(successor.shape)
    left[0, 0] = right[0, 1] = 1.0
    events = {"left": left + right, "wrong": right if told_apart else 0 * right}
    model = FiniteModel(successor, np.ones(successor.shape), np.arange(3) > 0, np.eye(3)[0], events=events)

    def pay_by_state(steps: Transitions) -> np.ndarray:
        return 1.0 * ((steps.state == 0) & (steps.next_state == 1))

    rewards = {
        "meant": Reward("meant", (Term("meant", pay_by_state),)),
        "paid": Reward.from_event_weights({"left": 1.0}, name="paid"),
    }
    return FiniteTask(model, Catalogue(rewards, "meant", tuple(events)), 10, ("left", "right", "wait"))


def test_a_planted_condition_is_found_and_a_missing_event_is_not_made_up() -> None:
    case = audited_case(two_doors(told_apart=True), "paid", gamma=GAMMA)
    found = missing_conditions(case, case.terms, step_weights(case, "uniform"))
    assert [condition.text for condition in found] == ["pay 'left' never when 'wrong'"]
    # Left now is paid 1; to wait for one step first loses 1 - gamma.
    assert found[0].gap == pytest.approx(1 - GAMMA)
    blind = audited_case(two_doors(told_apart=False), "paid", gamma=GAMMA)
    assert not optimal_set(blind).safe
    assert missing_conditions(blind, blind.terms, step_weights(blind, "uniform")) == []
