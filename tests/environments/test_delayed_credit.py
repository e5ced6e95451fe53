"""Delayed credit: what arrives when, what it is worth from afar, and the tutorial's numbers on scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteEnv, objective_range, solve
from rewardlab.rewards import discounted_returns
from rewardlab_envs.delayed_credit import delayed_credit_task
from rewardlab_envs.delayed_credit.model import ACTIONS

ACCEPT = ACTIONS.index("accept")


def paid(first: int, reward: Any = "raw", **settings: Any) -> list[float]:
    """The rewards of one episode that begins with this decision."""
    env, rng = FiniteEnv(delayed_credit_task(**settings), reward), np.random.default_rng(0)
    env.reset(seed=0)
    rewards, terminated, action = [], False, first
    while not terminated:
        _, reward_now, terminated, _, _ = env.step(action)
        rewards.append(reward_now)
        action = int(rng.integers(2))
    return rewards


def test_thirty_nine_small_costs_and_then_the_prize() -> None:
    # The tutorial's stream; its mean and spread are what the normalisation there is made of.
    won = paid(ACCEPT)
    assert won == [-0.001] * 39 + [1000.0]
    assert max(np.abs(won)) / min(np.abs(won)) == pytest.approx(1e6)
    assert (np.mean(won), np.std(won)) == (pytest.approx(24.9990, abs=5e-5), pytest.approx(156.125, abs=5e-4))
    assert 1000 / -sum(won[:-1]) == pytest.approx(25641, abs=0.5)
    assert paid(1 - ACCEPT) == [-0.001] * 39 + [0.0]


@pytest.mark.parametrize("delay", [0, 1, 39, 500])
def test_the_prize_comes_after_the_delay(delay: int) -> None:
    assert paid(ACCEPT, "win_only", delay=delay, win=1.0) == [0.0] * delay + [1.0]


def test_credit_over_five_hundred_steps() -> None:
    task = delayed_credit_task(500, 1.0, 0.0)
    assert solve(task.model, task.objective_table, 0.99).expected_return == pytest.approx(0.99**500)
    assert pytest.approx(0.00657048, abs=5e-9) == 0.99**500
    assert discounted_returns(paid(ACCEPT, delay=500, win=1.0, step_cost=0.0))[0] == pytest.approx(0.00657048, abs=5e-9)


@pytest.mark.parametrize("reward", ["raw", "scaled", "win_only", "at_once"])
@pytest.mark.parametrize("gamma", [0.9, 0.99])
def test_honest_rewards_accept(reward: str, gamma: float) -> None:
    task = delayed_credit_task()
    table = task.model.reward_table(task.catalogue.reward(reward))
    assert solve(task.model, table, gamma).optimal[0].tolist() == [False, True]


def test_what_the_consolation_costs() -> None:
    task = delayed_credit_task()
    table = task.model.reward_table(task.catalogue.reward("consolation"))
    for gamma, horizon in ((0.99, None), (1.0, 600)):
        result = objective_range(task.model, table, task.objective_table, gamma=gamma, horizon=horizon)
        assert result.best < 0 < result.optimum
        assert result.worst == pytest.approx(result.best)


def test_the_promise_pays_at_once_and_keeps_the_decision() -> None:
    task = delayed_credit_task(3, 10.0, 0.0)
    for name in task.catalogue.potentials:
        values = task.catalogue.potential(name)(np.arange(task.model.n_states))
        shaped = task.objective_table + task.model.shaping_table(values, 0.9)
        assert solve(task.model, shaped, 0.9).optimal[0].tolist() == [False, True], name
    promised = task.model.shaping_table(task.catalogue.potential("promise")(np.arange(9)), 0.9)
    assert promised[0, :, 0].tolist() == [0, 9]


def test_what_an_agent_sees_and_we_see() -> None:
    task = delayed_credit_task(2)
    seen = np.array([[1, 0, 0], [0, 0, 1 / 3], [0, 0, 2 / 3], [0, 1, 1 / 3], [0, 1, 2 / 3], [0, 0, 1], [0, 1, 1]])
    np.testing.assert_allclose(task.observations, seen, atol=1e-7)
    assert [task.text_picture(state) for state in range(7)] == [
        "decide; what comes of it is seen 3 steps later",
        "declined; 2 steps to go",
        "declined; 1 steps to go",
        "accepted; 2 steps to go",
        "accepted; 1 steps to go",
        "nothing won",
        "won",
    ]


def test_bad_settings() -> None:
    with pytest.raises(BadInput) as refused:
        delayed_credit_task(501, 0.0, -1.0)
    assert [problem.where for problem in refused.value.problems] == ["delay", "win", "step_cost"]
    for delay in (True, 2.0, -1):
        with pytest.raises(BadInput, match=r"delay: got .*, expected a whole number of steps, 0 to 500"):
            delayed_credit_task(delay)  # type: ignore[arg-type]
