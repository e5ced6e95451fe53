"""Policy iteration agrees with the other solver, improves in every round, and starts from anywhere."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.mdp import expected_return, policy_iteration, solve
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.gridworld import gridworld_task
from tests.mdp.tiny_models import PAID, exit_or_stay, random_model, slippery_fork, stay_or_switch


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("gamma", [0.0, 0.9, 0.999])
def test_it_agrees_with_solve(seed: int, gamma: float) -> None:
    model = random_model(np.random.default_rng(seed), states=12, actions=4, outcomes=3, ends=2)
    table = model.reward_table(PAID)
    ours, other = policy_iteration(model, table, gamma).solution, solve(model, table, gamma)
    np.testing.assert_allclose(ours.values, other.values, rtol=1e-12, atol=1e-12 / (1 - gamma))
    assert (ours.optimal == other.optimal).all()
    assert ((ours.action_values == -np.inf) == (other.action_values == -np.inf)).all()
    assert ours.expected_return == pytest.approx(other.expected_return, abs=1e-12 / (1 - gamma))


@pytest.mark.parametrize("task", [delivery_task(1), gridworld_task("ng"), gridworld_task("coins")], ids=range(3))
def test_it_agrees_with_solve_on_whole_environments(task) -> None:  # type: ignore[no-untyped-def]
    for name in task.catalogue.rewards:
        table = task.model.reward_table(task.catalogue.reward(name))
        ours, other = policy_iteration(task.model, table, 0.97).solution, solve(task.model, table, 0.97)
        np.testing.assert_allclose(ours.values, other.values, atol=1e-11)
        assert (ours.optimal == other.optimal).all(), name


@pytest.mark.parametrize("seed", range(10))
def test_every_round_is_better_than_the_last(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng, states=15, actions=4, outcomes=2)
    table = model.reward_table(PAID)
    result = policy_iteration(model, table, 0.9)
    assert (np.diff(result.returns) >= -1e-12).all()
    assert len(result.policies) == len(result.returns) <= 12
    for actions, value in zip(result.policies, result.returns, strict=True):
        assert expected_return(model, table, np.eye(4)[actions], 0.9) == pytest.approx(value, abs=1e-12)
    assert result.solution.optimal[np.arange(14), result.policies[-1][:14]].all(), "it ends with optimal actions"


def test_it_begins_where_it_is_told_and_stops_at_once_at_the_optimum() -> None:
    model = stay_or_switch()
    table = model.reward_table(PAID)
    from_worst = policy_iteration(model, table, 0.9, first=np.array([0, 0]))
    # In state 1 either action is worth nothing at first, so only state 0 learns to switch; then state 1 follows.
    assert from_worst.policies.tolist() == [[0, 0], [1, 0], [1, 1]]
    assert from_worst.returns.tolist() == pytest.approx([0, 0.5, 5])
    assert len(policy_iteration(model, table, 0.9, first=from_worst.policies[-1]).returns) == 1


def test_a_tie_is_no_reason_to_change() -> None:
    model = exit_or_stay(exits=(1.0, 1.0))
    result = policy_iteration(model, model.reward_table(PAID), 0.9, first=np.array([2, 0, 0]))
    assert len(result.policies) == 1
    assert result.solution.optimal[0].tolist() == [False, True, True]


def test_what_is_refused() -> None:
    model = slippery_fork()
    table = model.reward_table(PAID)
    with pytest.raises(BadInput, match=r"gamma: got 1, expected a number in \[0, 1\)"):
        policy_iteration(model, table, 1.0)
    with pytest.raises(BadInput, match="policy: got an action that is not legal"):
        policy_iteration(model, table, 0.9, first=np.array([0, 2, 1, 0, 0, 0]))
